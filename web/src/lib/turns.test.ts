import { expect, test } from 'vitest';
import { byTurn, moved } from './turns';

const one = (name: string, order: number, id = name) => ({ id, name, order });

/** The names after one of them was moved, and how many entries had to be changed for it. */
function after(list: ReturnType<typeof one>[], index: number, by: -1 | 1): [string, number] {
  const changes = moved([...list].sort(byTurn), index, by);
  const orders = new Map(changes.map(([{ id }, order]) => [id, order]));
  const now = list.map((each) => ({ ...each, order: orders.get(each.id) ?? each.order }));
  expect(new Set(now.map((each) => each.order)).size).toBe(now.length);
  return [
    now
      .sort(byTurn)
      .map((each) => each.name)
      .join(' '),
    changes.length,
  ];
}

test('of the same order the name decides, not the id that nobody sees', () => {
  const list = [one('refunds', 1, 'a'), one('Billing', 1, 'b'), one('VIP', 0, 'c')];
  expect(list.sort(byTurn).map(({ name }) => name)).toEqual(['VIP', 'Billing', 'refunds']);
});

test('two that are apart change places and leave the others alone', () => {
  const list = [one('A', 10), one('B', 20), one('C', 30), one('D', 40)];
  expect(after(list, 1, 1)).toEqual(['A C B D', 2]);
  expect(after(list, 3, -1)).toEqual(['A B D C', 2]);
});

test('after a move no two have the same order', () => {
  const list = [one('A', 1), one('B', 1), one('C', 1), one('D', 2)];
  expect(after(list, 1, -1)[0]).toBe('B A C D');
  expect(after(list, 2, 1)[0]).toBe('A B D C');
  expect(after([one('A', 10_000), one('B', 10_000)], 0, 1)[0]).toBe('B A');
});
