import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeService, json } from '../../testing/service';
import { meaning, standing } from './alerts.svelte';
import { live } from './live.svelte';

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

it('an answer that was overtaken does not bring back an alert that is over', async () => {
  let late = (_: Response) => undefined as void;
  service.on('GET /queues', () => json([]));
  service.on('GET /alerts/standing', () => new Promise((resolve) => (late = resolve)));
  standing.open();
  service.on('GET /alerts/standing', () => json([]));
  service.push({ t: 'reload', what: 'alerts', id: '' });
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(500);
  late(json([{ alert: 'a1', name: 'Full', measure: 'waiting', above: 5, raised_at: 1 }]));
  await vi.advanceTimersByTimeAsync(5000);
  expect(standing.all).toEqual([]);
});

it('an alert on a queue that is gone says what the queue was called', async () => {
  service.on('GET /queues', () => json([]));
  service.on('GET /removed', () => json([{ id: 'queues:q1', name: 'Returns', version: 1 }]));
  const words = () => meaning({ measure: 'waiting', above: 5, queue: 'q1' });
  words();
  await vi.waitFor(() => expect(words()).toContain('Returns (removed)'));
});
