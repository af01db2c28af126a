import { expect, test } from 'vitest';
import { untilCalm } from './typing';

test('what is drawn waits for a pause of who types, and after a while for the gap between two keys only', () => {
  const key = performance.now();
  dispatchEvent(new KeyboardEvent('keydown', { key: 'a' }));
  expect(untilCalm(key, key + 10)).toBeGreaterThan(50);
  expect(untilCalm(key, key + 90)).toBe(0);
  expect(untilCalm(key - 500, key + 10)).toBeGreaterThan(10);
  expect(untilCalm(key - 500, key + 50)).toBe(0);
});
