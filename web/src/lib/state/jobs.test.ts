import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeService, json } from '../../testing/service';
import type { JobRow } from '../api/types';
import { jobs } from './jobs.svelte';
import { live } from './live.svelte';
import { toasts } from './toasts.svelte';

let service: FakeService;
let made = 0;
let id: string;

const row = (state: 'running' | 'done') =>
  ({
    id,
    state,
    change: { status: 'resolved' },
    total: 3,
    done: state === 'done' ? 3 : 0,
    skipped: {},
  }) as JobRow;
const frame = (state: 'running' | 'done') =>
  service.push({ t: 'job', id, state, total: 3, done: 0, skipped: 0 } as Parameters<typeof service.push>[0]);

beforeEach(async () => {
  vi.useFakeTimers();
  id = `job-${made++}`;
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('GET /jobs', () => json([]));
  live.start(() => undefined);
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(10);
});

afterEach(() => {
  live.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('a job that ended before the answer to its start arrived is told once and runs no more', async () => {
  let arrives = (_: Response): void => undefined;
  service.on('POST /jobs', () => new Promise<Response>((done) => (arrives = done)));
  service.on(`GET /jobs/${id}`, () => json(row('done')));
  const before = toasts.all.length;
  const started = jobs.start({ status: 'resolved' }, { conversations: ['a', 'b', 'c'] });
  await vi.advanceTimersByTimeAsync(0);
  frame('done');
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(10);
  arrives(json(row('running'), 201));
  await started;
  expect(jobs.running).toEqual([]);
  expect(toasts.all.slice(before).map((one) => one.text)).toEqual(['Close: 3 done']);
});

it('an older answer does not wake a job that ended', async () => {
  let late = (_: Response): void => undefined;
  service.on('POST /jobs', () => json(row('running'), 201));
  service.on(`GET /jobs/${id}`, () => new Promise<Response>((done) => (late = done)));
  frame('running');
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(0);
  const old = late;
  await jobs.start({ status: 'resolved' }, { conversations: ['a', 'b', 'c'] });
  service.on(`GET /jobs/${id}`, () => json(row('done')));
  frame('done');
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(10);
  expect(jobs.running).toEqual([]);
  old(json(row('running')));
  await vi.advanceTimersByTimeAsync(10);
  expect(jobs.running).toEqual([]);
});
