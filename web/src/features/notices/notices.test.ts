import { cleanup, render } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeService } from '../../testing/service';
import type { NoticeRow } from '../../lib/api/types';
import { href, router } from '../../lib/router.svelte';
import { live } from '../../lib/state/live.svelte';
import { prefs } from '../../lib/state/prefs.svelte';
import { toasts } from '../../lib/state/toasts.svelte';
import Notices from '../inbox/Notices.svelte';
import { target } from './words';

/** What the desktop was told. */
const told: { words: string; body: string | undefined; click: () => void }[] = [];
class Desktop {
  static readonly permission = 'granted';
  onclick: () => void = () => undefined;
  readonly close = () => undefined;
  constructor(words: string, { body }: NotificationOptions) {
    told.push({ words, body, click: () => this.onclick() });
  }
}

const notice = (change: Partial<NoticeRow>) =>
  ({
    id: 'n1',
    kind: 'mention',
    at: 1,
    conversation: 'k1',
    number: 7,
    subject: 'Broken zip',
    customer: { id: 'c1', name: 'Ada' },
    channel: 'mail',
    actor: { kind: 'system', id: '' },
    message: null,
    read_at: null,
    ...change,
  }) as NoticeRow;
const alert = notice({
  kind: 'alert',
  conversation: null,
  number: 0,
  subject: 'Too many',
  customer: { id: '', name: '' },
  channel: '',
});

let service: FakeService;

async function hear(row: NoticeRow): Promise<void> {
  service.push({ t: 'notice', row, c: [1, 0] });
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(1000);
}

beforeEach(async () => {
  vi.useFakeTimers();
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  vi.stubGlobal('Notification', Desktop);
  Object.defineProperty(navigator, 'locks', {
    configurable: true,
    value: { request: (_: string, hold: () => Promise<void>) => hold() },
  });
  told.length = 0;
  prefs.current = { ...prefs.current, tone: 'drop', volume: 0 };
  live.start(() => undefined);
  render(Notices);
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(0);
});

afterEach(() => {
  cleanup();
  for (const one of toasts.all) toasts.dismiss(one.id);
  live.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('a notice leads to its conversation', async () => {
  await hear(notice({}));
  expect(toasts.all.map(({ open }) => open?.href)).toEqual(['/inbox/mine/7']);
  expect(told.map(({ body }) => body)).toEqual(['#7 Ada Broken zip']);
  told[0]?.click();
  expect(href(router.route)).toBe('/inbox/mine/7');
});

it('says who wrote in what one follows', async () => {
  await hear(notice({ kind: 'followed', actor: { kind: 'customer', id: 'c1' } }));
  expect(toasts.all.map(({ text }) => text)).toEqual(['Ada wrote, and you follow it (#7)']);
  expect(told.map(({ words }) => words)).toEqual(['Ada wrote, and you follow it']);
});

it('an alert is about no conversation: the desktop leads to the board, and the screen says it as it stands, not twice', async () => {
  await hear(alert);
  expect(toasts.all).toEqual([]);
  expect(told.map(({ words, body }) => [words, body])).toEqual([['Alert: Too many', '']]);
  told[0]?.click();
  expect(href(router.route)).toBe('/board');
  expect(href(target(alert))).toBe('/board');
});
