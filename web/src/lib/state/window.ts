// A stretch of a thread without a gap.
import type { MessageRow, TimelineItem, TimelinePage } from '../api/types';
import { compareKeys, LiveIndex } from '../live/index';
import { timelineKey } from '../live/order';

export type Item = TimelineItem & { version: number };

export const versioned = (item: TimelineItem): Item =>
  item.t === 'message' ? item : { ...item, version: 1 };
/** Items one after the other without a gap, and the cursors of what is older and newer. */
export class Window {
  readonly index = new LiveIndex<Item>(timelineKey);
  before: string | null = null;
  after: string | null = null;

  constructor(page?: TimelinePage) {
    if (!page) return;
    this.addOlder(page);
    this.after = page.after;
  }

  /** The rows held, newest first, as pages of older ones come. */
  get rows(): Item[] {
    return this.index.order.map((id) => this.index.get(id) as Item);
  }

  /** The id of the newer of two: of one that may be here, and of a message. */
  newer(id: string, message: MessageRow): string {
    const held = this.index.get(id);
    return held && compareKeys(timelineKey(message), timelineKey(held)) >= 0 ? id : message.id;
  }

  addOlder(page: TimelinePage): void {
    this.index.load(page.items.map(versioned).reverse(), page.before !== null);
    this.before = page.before;
  }

  addNewer(page: TimelinePage): void {
    this.index.merge();
    this.index.load([...page.items.map(versioned).reverse(), ...this.rows], this.before !== null);
    this.after = page.after;
  }

  /** Takes all of a window that ends where this one begins, or within it. */
  join(older: Window): void {
    older.index.merge();
    this.index.load(older.rows, older.before !== null);
    this.before = older.before;
  }
}
