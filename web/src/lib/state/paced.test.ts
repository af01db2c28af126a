import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError, NetworkError } from '../api/errors';
import { paced } from './paced';

let loads: (() => void)[] = [];
const load = () => new Promise<void>((done) => loads.push(done));

beforeEach(() => {
  vi.useFakeTimers();
  loads = [];
});
afterEach(() => vi.useRealTimers());

it('loads at once, and once more for all that was asked meanwhile, after a rest', async () => {
  const refresh = paced(load);
  const first = refresh();
  expect(loads).toHaveLength(1);
  const later = [refresh(), refresh(), refresh()];
  await vi.advanceTimersByTimeAsync(100);
  loads[0]?.();
  await first;
  await vi.advanceTimersByTimeAsync(390);
  expect(loads).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(20);
  expect(loads).toHaveLength(2);
  loads[1]?.();
  await Promise.all(later);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(loads).toHaveLength(2);
  void refresh();
  expect(loads).toHaveLength(3);
});

it('rests two seconds at most, and goes on after a load that failed', async () => {
  const failing = vi.fn(async () => {
    await new Promise((done) => setTimeout(done, 10_000));
    throw new Error('away');
  });
  const refresh = paced(failing);
  const first = refresh();
  void refresh();
  await vi.advanceTimersByTimeAsync(10_000);
  await first;
  expect(failing).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(failing).toHaveBeenCalledTimes(2);
});

it('loads again by itself what met no service, ever less often, and not what was refused', async () => {
  const problem = { type: '', title: '', status: 404, detail: '', code: 'not_found' };
  const load = vi
    .fn<() => Promise<void>>()
    .mockRejectedValueOnce(new NetworkError())
    .mockRejectedValueOnce(new ApiError({ ...problem, status: 503 }))
    .mockResolvedValueOnce()
    .mockRejectedValue(new ApiError(problem));
  const refresh = paced(load);
  await refresh();
  await vi.advanceTimersByTimeAsync(990);
  expect(load).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(20);
  expect(load).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(1_900);
  expect(load).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(200);
  expect(load).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(load).toHaveBeenCalledTimes(3);
  await refresh();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(load).toHaveBeenCalledTimes(4);
});
