import { expect, test } from 'vitest';
import { firstReaching } from './reach';

test('the element at a line is found by asking few of many', () => {
  let asked = 0;
  const column = Array.from({ length: 1000 }, (_, i) => ({
    getBoundingClientRect: () => (asked++, { bottom: (i + 1) * 10 }),
  }));
  expect(firstReaching(column, 4205)).toBe(420);
  expect(asked).toBeLessThan(12);
  expect(firstReaching(column, -5)).toBe(0);
  expect(firstReaching(column, 10_000)).toBe(1000);
  expect(firstReaching([], 5)).toBe(0);
});
