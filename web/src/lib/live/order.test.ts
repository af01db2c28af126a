import { expect, test } from 'vitest';
import type { TimelineItem } from '../api/types';
import { compareKeys } from './index';
import { timelineKey } from './order';

const line = (id: string, at: number) => ({ t: 'event', id, at }) as TimelineItem;
const message = (id: string, at: number) => ({ t: 'message', id, arrived_at: at }) as TimelineItem;

test('what happened in one instant is shown in the order in which it happened', () => {
  const items = [line('3-10', 5), message('b', 5), line('3-9', 5), message('a', 4), line('3-11', 6)];
  const newestFirst = [...items].sort((a, b) => compareKeys(timelineKey(a), timelineKey(b)));
  expect(newestFirst.map((item) => item.id).reverse()).toEqual(['a', 'b', '3-9', '3-10', '3-11']);
});
