// What a thread draws, from its items: days, the mark of what is unread, messages and quiet lines. Pure.
import type { EventRow, MessageRow, TimelineItem } from '../../lib/api/types';
import { day, dayOf } from '../../lib/i18n/time';

export type Block =
  | { kind: 'day'; key: string; text: string }
  | { kind: 'unread'; key: string }
  | { kind: 'event'; key: string; event: EventRow }
  | { kind: 'message'; key: string; message: MessageRow };

/** What was made of an item once: a thread that grows draws only what is new. */
const known = new WeakMap<TimelineItem, Block>();
const days = new WeakMap<TimelineItem, Block & { kind: 'day' }>();

function blockOf(item: TimelineItem): Block {
  let block = known.get(item);
  if (!block) {
    block =
      item.t === 'event'
        ? { kind: 'event', key: item.id, event: item }
        : { kind: 'message', key: item.id, message: item };
    known.set(item, block);
  }
  return block;
}

function dayBefore(item: TimelineItem, text: string): Block {
  const held = days.get(item);
  if (held?.text === text) return held;
  const made = { kind: 'day', key: `day-${item.id}`, text } as const;
  days.set(item, made);
  return made;
}

const instant = (item: TimelineItem) => (item.t === 'message' ? item.arrived_at : item.at);

/** Each offer that nobody took counts on from the one before it: of those that follow each other the last one is told. */
const countsOn = (item: TimelineItem, last: Block | undefined) =>
  item.t === 'event' &&
  item.type === 'conversation.offer_ended' &&
  last?.kind === 'event' &&
  last.event.type === item.type;

/** `tells` says whether an event has a line of its own. */
export function blocks(
  items: readonly TimelineItem[],
  firstUnread: string | null,
  now: number,
  tells: (event: EventRow) => boolean,
): Block[] {
  const made: Block[] = [];
  let [start, end] = [0, 0];
  for (const item of items) {
    if (item.t === 'event' && !tells(item)) continue;
    const at = instant(item);
    if (at < start || at >= end) {
      [start, end] = dayOf(at);
      made.push(dayBefore(item, day(at, now)));
    }
    if (item.id === firstUnread) made.push({ kind: 'unread', key: 'unread' });
    if (countsOn(item, made.at(-1))) made.pop();
    made.push(blockOf(item));
  }
  return made;
}
