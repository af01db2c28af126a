// The orders of lists and threads as keys; they repeat the service's own, so that both agree where a row belongs.
import type { ConversationRow, Priority, Sort, TimelineItem } from '../api/types';
import type { Key } from './index';

/** Stands for "never" wherever an instant is sorted by: 9999-12-31T23:59:59.999Z. */
export const FAR_FUTURE = 253_402_300_799_999;

/** Who waits longest first, then the others, newest activity first. */
const turn = (row: ConversationRow) => row.waiting_since ?? 2 * FAR_FUTURE - row.updated_at;

const RANK: Record<Priority, number> = { low: 0, normal: 1, high: 2, urgent: 3 };

export const sortKey: Record<Sort, (row: ConversationRow) => Key> = {
  activity: (row) => [-row.updated_at, row.id],
  waiting: (row) => [row.waiting_since ?? FAR_FUTURE, row.id],
  due: (row) => [row.sort_due ?? FAR_FUTURE, row.id],
  priority: (row) => [-RANK[row.priority], turn(row), row.id],
};

/** A thread's items, newest first; quiet lines stand after the message of the same instant, as the journal numbers them. */
export function timelineKey(item: TimelineItem): Key {
  if (item.t === 'message') return [-item.arrived_at, 1, item.id];
  const [writer = 0, n = 0] = item.id.split('-').map(Number);
  return [-item.at, 0, -writer, -n];
}
