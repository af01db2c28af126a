import { expect, test } from 'vitest';
import type { Queue } from '../../lib/api/types';
import { leadsBack } from './overflow';

const queue = (id: string, overflow: string | null, fields: Partial<Queue> = {}) =>
  ({ id, name: id, overflow, overflow_empty: true, overflow_ms: 0, ...fields }) as Queue;

test('a circle is found however long it is, and nothing else is taken for one', () => {
  const pair = [queue('b', 'a')];
  expect(leadsBack('a', 'b', pair)?.id).toBe('b');
  expect(leadsBack('a', 'b', [queue('b', 'c'), queue('c', 'a')])?.id).toBe('c');
  expect(leadsBack('a', 'b', [queue('b', 'c'), queue('c', 'b')])).toBeUndefined();
  expect(leadsBack('a', 'b', [queue('b', null)])).toBeUndefined();
  expect(leadsBack('a', 'b', [queue('b', 'a', { overflow_empty: false })])).toBeUndefined();
  expect(leadsBack('a', 'b', [queue('b', 'a', { overflow_empty: false, overflow_ms: 1 })])?.id).toBe('b');
  expect(leadsBack('a', '', pair)).toBeUndefined();
  expect(leadsBack('', 'b', pair)).toBeUndefined();
});
