import { expect, test } from 'vitest';
import type { ConversationRow, TimelineItem } from '../api/types';
import { compareKeys } from './index';
import { sortKey, timelineKey } from './order';

const line = (id: string, at: number) => ({ t: 'event', id, at }) as TimelineItem;
const message = (id: string, at: number) => ({ t: 'message', id, arrived_at: at }) as TimelineItem;

test('what happened in one instant is shown in the order in which it happened', () => {
  const items = [line('3-10', 5), message('b', 5), line('3-9', 5), message('a', 4), line('3-11', 6)];
  const newestFirst = [...items].sort((a, b) => compareKeys(timelineKey(a), timelineKey(b)));
  expect(newestFirst.map((item) => item.id).reverse()).toEqual(['a', 'b', '3-9', '3-10', '3-11']);
});

test('of two equally urgent ones, who waits longer is first; who waits for nothing comes behind, newest first', () => {
  const row = (id: string, waiting_since: number | null, updated_at: number) =>
    ({ id, priority: 'high', waiting_since, updated_at }) as ConversationRow;
  const rows = [row('old', null, 10), row('short', 30, 31), row('new', null, 40), row('long', 5, 50)];
  const sorted = [...rows].sort((a, b) => compareKeys(sortKey.priority(a), sortKey.priority(b)));
  expect(sorted.map(({ id }) => id)).toEqual(['long', 'short', 'new', 'old']);
});
