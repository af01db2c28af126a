// One open conversation, live: its head, its messages and quiet lines, what was seen of it.
import { api, Latest } from '../api/client';
import { ApiError, mayRetry } from '../api/errors';
import type { ConversationDetail, ConversationRow, MessageRow, TimelineItem } from '../api/types';
import type { ServerFrame } from '../live/frames';
import { compareKeys, LiveIndex } from '../live/index';
import { timelineKey } from '../live/order';
import { drafts } from './drafts.svelte';
import { live } from './live.svelte';
import { reads } from './reads.svelte';

const OLDER = 50;
const MARK_AFTER_MS = 600;
const PATIENCE_MS = 1500;
const RETRY_AFTER_MS = 4000;

type Item = TimelineItem & { version: number };

const versioned = (item: TimelineItem): Item => (item.t === 'message' ? item : { ...item, version: 1 });
const newIndex = () => new LiveIndex<Item>(timelineKey);

export type ThreadState = 'loading' | 'ready' | 'missing' | 'failed';

export class Thread {
  readonly number: string;
  row = $state.raw<ConversationRow | null>(null);
  state = $state<ThreadState>('loading');
  /** Oldest first. */
  items = $state.raw<readonly TimelineItem[]>([]);
  more = $state(false);
  loadingOlder = $state(false);
  /** The first message that was not read when the conversation was opened. */
  firstUnread = $state<string | null>(null);

  #index = newIndex();
  #incoming: LiveIndex<Item> | null = null;
  #before: string | null = null;
  #latest = new Latest();
  #follow: { sub: string; stop: () => void } | null = null;
  #frame = 0;
  #divided = false;
  #keptUnread = false;
  #marked = '';
  #marking: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #lastSeen = '';

  /** `known` is the row of the list, shown until the conversation itself has come. */
  constructor(number: string, known?: ConversationRow) {
    this.number = number;
    if (known) {
      this.row = known;
      this.#begin(known.id);
      this.#patience = setTimeout(() => this.state === 'loading' && void this.#fetch(), PATIENCE_MS);
    } else {
      void this.#fetch();
    }
  }

  close(): void {
    this.#latest.next();
    this.#follow?.stop();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#marking);
    clearTimeout(this.#patience);
    clearTimeout(this.#retry);
  }

  get id(): string {
    return this.row?.id ?? '';
  }

  /** The newest message that was really on the screen; the service compares it with what has come since. */
  get seen(): string {
    return this.#lastSeen;
  }

  get messages(): MessageRow[] {
    return this.items.filter((item): item is MessageRow => item.t === 'message');
  }

  get newest(): MessageRow | undefined {
    return this.items.findLast((item): item is MessageRow => item.t === 'message');
  }

  async reload(): Promise<void> {
    await this.#fetch();
  }

  async loadOlder(): Promise<void> {
    if (this.loadingOlder || this.#before === null || !this.row) return;
    this.loadingOlder = true;
    const index = this.#index;
    try {
      const page = await api.timeline(this.row.id, this.#before, OLDER);
      if (index !== this.#index) return;
      index.load(page.items.map(versioned).reverse(), page.before !== null);
      this.#before = page.before;
      this.more = page.before !== null;
      this.#show();
    } catch {
      // The next scroll to the top asks again.
    } finally {
      this.loadingOlder = false;
    }
  }

  /** Takes a row that came as an answer to a command. */
  take(row: ConversationRow): void {
    if (this.row && row.id === this.row.id && row.version >= this.row.version) this.row = row;
  }

  takeMessage(message: MessageRow): void {
    if (this.#put(message)) this.#show();
  }

  /** This message was on the screen long enough to be read. */
  saw(message: MessageRow): void {
    const seen = this.#index.get(this.#lastSeen);
    if (!seen || compareKeys(timelineKey(message), timelineKey(seen)) < 0) this.#lastSeen = message.id;
    if (this.#keptUnread || !this.row || reads.unread(this.row) === 0) return;
    if (this.#marked === this.#lastSeen || this.#lastSeen !== this.newest?.id) return;
    clearTimeout(this.#marking);
    this.#marking = setTimeout(() => void this.#mark(this.#lastSeen), MARK_AFTER_MS);
  }

  /** Leaves it unread until it is opened again. */
  async markUnread(): Promise<void> {
    if (!this.row) return;
    clearTimeout(this.#marking);
    this.#keptUnread = true;
    this.#marked = '';
    const mark = await api.markRead(this.row.id, '');
    reads.set(mark.conversation, mark.inbound);
  }

  async #mark(message: string): Promise<void> {
    if (!this.row || this.#keptUnread) return;
    this.#marked = message;
    try {
      const mark = await api.markRead(this.row.id, message);
      reads.set(mark.conversation, mark.inbound);
    } catch {
      this.#marked = '';
    }
  }

  #begin(id: string): void {
    this.#follow = live.follow(
      { t: 'thread', conversation: id },
      { frame: (frame) => this.#hear(frame), sync: () => void this.#fetch() },
    );
  }

  async #fetch(): Promise<void> {
    const current = this.#latest.next();
    clearTimeout(this.#retry);
    const incoming = newIndex();
    this.#incoming = incoming;
    try {
      const detail = await api.conversation(this.row?.id ?? this.number);
      if (!current()) return;
      this.#take(detail, incoming);
    } catch (error) {
      if (!current()) return;
      const missing = error instanceof ApiError && (error.status === 404 || error.status === 403);
      if (missing) this.state = 'missing';
      else if (this.state === 'loading') this.state = 'failed';
      if (mayRetry(error)) this.#retry = setTimeout(() => void this.#fetch(), RETRY_AFTER_MS);
    }
  }

  #take(detail: ConversationDetail, incoming: LiveIndex<Item>): void {
    const { row, timeline } = detail;
    incoming.load(timeline.items.map(versioned).reverse(), timeline.before !== null);
    this.#index = incoming;
    this.#incoming = null;
    this.#before = timeline.before;
    this.more = timeline.before !== null;
    if (!this.row || this.row.id !== row.id || row.version >= this.row.version) this.row = row;
    reads.set(row.id, detail.read);
    drafts.adopt(row.id, detail.drafts);
    this.#show();
    this.#divide(detail);
    this.state = 'ready';
    if (this.#follow) live.synced(this.#follow.sub);
    else this.#begin(row.id);
  }

  /** Where the reader left off; stays in place while the conversation is open. */
  #divide(detail: ConversationDetail): void {
    if (this.#divided) return;
    this.#divided = true;
    let unread = detail.row.inbound - detail.read;
    if (unread <= 0 || detail.read === 0) return;
    for (const message of this.messages.reverse()) {
      if (message.kind !== 'customer') continue;
      unread--;
      if (unread === 0) this.firstUnread = message.id;
    }
  }

  #hear(frame: ServerFrame): void {
    if (frame.t === 'put') {
      this.take(frame.row);
      return;
    }
    if (frame.t === 'gone') {
      if (frame.id === this.row?.id && frame.version >= this.row.version) this.state = 'missing';
      return;
    }
    if (frame.t !== 'message' && frame.t !== 'event') return;
    if (this.#put(frame.row)) this.#soon();
  }

  /** A message that was moved to another conversation comes with that one's id. */
  #put(row: TimelineItem): boolean {
    const item = versioned(row);
    if (row.t === 'message' && row.conversation !== this.row?.id) {
      this.#incoming?.gone(item.id, item.version);
      return this.#index.gone(item.id, item.version);
    }
    this.#incoming?.put(item);
    return this.#index.put(item);
  }

  #soon(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#show();
    });
  }

  #show(): void {
    this.#index.merge();
    this.items = this.#index.order.map((id) => this.#index.get(id) as TimelineItem).reverse();
  }
}
