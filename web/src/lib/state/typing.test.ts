import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { betweenKeys } from './typing';

const key = () => dispatchEvent(new KeyboardEvent('keydown', { key: 'a' }));

beforeAll(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterAll(() => vi.useRealTimers());

/** Types at a pace for a second, and tells how long after the last key each work was done. */
function typing(every: number, delays: readonly number[]): { at: number; sinceKey: number }[] {
  const done: { at: number; sinceKey: number }[] = [];
  vi.advanceTimersByTime(1000);
  const start = performance.now();
  let last = start;
  for (const ms of delays)
    betweenKeys(() => done.push({ at: performance.now() - start, sinceKey: performance.now() - last }), ms);
  for (let at = 0; at < 1000; at += every) {
    last = performance.now();
    key();
    vi.advanceTimersByTime(every);
  }
  vi.advanceTimersByTime(1000);
  return done;
}

test.each([60, 100, 130, 200])(
  'with a key each %i ms, work falls right behind a letter, none waits for long',
  (every) => {
    const delays = Array.from({ length: 60 }, (_, i) => 5 + i * 15);
    const done = typing(every, delays);
    expect(done).toHaveLength(delays.length);
    for (const { sinceKey, at } of done.slice(0, 50)) {
      expect(sinceKey).toBeGreaterThanOrEqual(40);
      expect(sinceKey).toBeLessThan(60);
      expect(at).toBeLessThan(1000);
    }
    done.forEach(({ at }, i) => expect(at - (delays[i] as number)).toBeLessThanOrEqual(290));
  },
);

test('a key held down does not keep work away', () => {
  const [first] = typing(25, [10]);
  expect(first?.at).toBeLessThan(70);
});

test('nobody types: it is done in its time; called off, never', () => {
  vi.advanceTimersByTime(1000);
  const work = vi.fn();
  betweenKeys(work, 100);
  vi.advanceTimersByTime(100);
  expect(work).toHaveBeenCalledTimes(1);

  key();
  betweenKeys(work, 10)();
  const stop = betweenKeys(work, 10);
  vi.advanceTimersByTime(20);
  stop();
  vi.advanceTimersByTime(1000);
  expect(work).toHaveBeenCalledTimes(1);
});
