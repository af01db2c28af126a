import '../../lib/i18n/later';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Me } from '../../lib/api/types';
import { FakeService, json } from '../../testing/service';

let service: FakeService;

/** The page is loaded: nothing is known but what its tab keeps. */
async function load(who: string) {
  vi.resetModules();
  const { session } = await import('../../lib/state/session.svelte');
  session.me = { id: who, permissions: [] } as unknown as Me;
  const { keepUndos } = await import('./kept.svelte');
  const { toasts } = await import('../../lib/state/toasts.svelte');
  const { undoable } = await import('../../lib/state/actions');
  keepUndos();
  flushSync();
  return { toasts, undoable, session };
}

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('PUT /agents/a1/availability', () => json({}));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const set = {
  do: 'agent',
  id: 'a1',
  name: 'Ada',
  left: { availability: 'busy', break_reason: '' },
  back: { availability: 'online', break_reason: '' },
} as const;

it('what was done before the page was loaded again can be undone, once', async () => {
  const before = await load('sue');
  before.undoable('Ada is busy', set);
  flushSync();
  const after = await load('sue');
  expect(after.toasts.remembered.map((one) => one.text)).toEqual(['Ada is busy']);
  after.toasts.undoLast();
  await vi.waitFor(() => expect(service.requests).toHaveLength(1));
  expect(service.requests[0]?.body).toEqual({ ...set.back, left: set.left });
  flushSync();
  expect((await load('sue')).toasts.remembered).toEqual([]);
});

it('by nobody else', async () => {
  const before = await load('sue');
  before.undoable('Ada is busy', set);
  flushSync();
  expect((await load('ben')).toasts.remembered).toEqual([]);
});

it('nor by who logs in after him in the same page', async () => {
  const { undoable, session } = await load('sue');
  undoable('Ada is busy', set);
  flushSync();
  session.me = { id: 'ben', permissions: [] } as unknown as Me;
  flushSync();
  undoable('Ben paused a queue', set);
  flushSync();
  expect((await load('ben')).toasts.remembered.map((one) => one.text)).toEqual(['Ben paused a queue']);
});

it('for its usual time', async () => {
  const before = await load('sue');
  before.undoable('Ada is busy', set);
  flushSync();
  vi.advanceTimersByTime(60_000);
  const after = await load('sue');
  expect(after.toasts.remembered).toHaveLength(1);
  vi.advanceTimersByTime(7_000);
  expect(after.toasts.remembered).toEqual([]);
});
