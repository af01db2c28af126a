import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeService } from '../../testing/service';
import { live } from '../state/live.svelte';

let service: FakeService;

beforeEach(() => {
  vi.useFakeTimers();
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  live.start(() => undefined);
  service.deliverAll();
});

afterEach(() => {
  live.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('a browser without a network says so at once, and looks for the service again by itself', async () => {
  expect(live.lost).toBe(false);
  dispatchEvent(new Event('offline'));
  expect(live.lost).toBe(true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(live.lost).toBe(true);
  service.deliverAll();
  expect(live.lost).toBe(false);
});

it('who comes back to the page after a while is known to be there at once, not with the next beat', async () => {
  for (let beats = 0; beats < 30; beats++) {
    await vi.advanceTimersByTimeAsync(30_000);
    service.deliverAll();
  }
  expect(service.said.at(-1)).toEqual({ t: 'beat', active: false });
  const before = service.said.length;
  dispatchEvent(new Event('pointermove'));
  expect(service.said.slice(before)).toEqual([{ t: 'beat', active: true }]);
  dispatchEvent(new Event('pointermove'));
  expect(service.said).toHaveLength(before + 1);
});
