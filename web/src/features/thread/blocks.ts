// What a thread draws, from its items: days, the mark of what is unread, messages and quiet lines. Pure.
import type { EventRow, MessageRow, TimelineItem } from '../../lib/api/types';
import { day, daysBetween } from '../../lib/i18n/time';

export type Block =
  | { kind: 'day'; key: string; text: string }
  | { kind: 'unread'; key: string }
  | { kind: 'event'; key: string; event: EventRow }
  | { kind: 'message'; key: string; message: MessageRow };

const instant = (item: TimelineItem) => (item.t === 'message' ? item.arrived_at : item.at);

/** `tells` says whether an event has a line of its own. */
export function blocks(
  items: readonly TimelineItem[],
  firstUnread: string | null,
  now: number,
  tells: (event: EventRow) => boolean,
): Block[] {
  const made: Block[] = [];
  let before: number | null = null;
  for (const item of items) {
    if (item.t === 'event' && !tells(item)) continue;
    const at = instant(item);
    if (before === null || daysBetween(before, at) !== 0) {
      made.push({ kind: 'day', key: `day-${item.id}`, text: day(at, now) });
    }
    before = at;
    if (item.id === firstUnread) made.push({ kind: 'unread', key: 'unread' });
    if (item.t === 'event') made.push({ kind: 'event', key: item.id, event: item });
    else made.push({ kind: 'message', key: item.id, message: item });
  }
  return made;
}
