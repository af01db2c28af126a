import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeService, json } from '../../testing/service';
import type { NoticeRow } from '../api/types';
import { live } from './live.svelte';
import { notices } from './notices.svelte';

let service: FakeService;
let told: NoticeRow[];

const notice = (id: string) =>
  ({ id, kind: 'mention', at: 1, conversation: 'k1', read_at: null }) as NoticeRow;

beforeEach(async () => {
  vi.useFakeTimers();
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  told = [notice('n1')];
  service.on('GET /me/notices', () => json({ notices: told, next: null, unread: told.length }));
  live.start(() => undefined);
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(10);
});

afterEach(() => {
  live.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it.each([
  ['what the agent may see is another', { t: 'resync', sub: null }],
  ['a conversation came into his sight, or left it', { t: 'reload', what: 'notices', id: 'k1' }],
] as const)('notices are asked for anew when %s', async (_, frame) => {
  expect(notices.unread).toBe(1);
  told = [];
  service.push(frame);
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(2500);
  expect(notices.rows).toEqual([]);
  expect(notices.unread).toBe(0);
});

it('what is shown of them stays when another comes', async () => {
  const all = Array.from({ length: 50 }, (_, n) => notice(`n${n}`));
  const page = (limit: number, from: number) =>
    json({ notices: all.slice(from, from + limit), next: from + limit < 50 ? 'n30' : null, unread: 50 });
  service.on('GET /me/notices', ({ searchParams }) =>
    page(Number(searchParams.get('limit')), searchParams.has('after') ? 30 : 0),
  );
  await notices.load();
  expect(notices.rows).toHaveLength(30);
  await notices.more();
  expect(notices.rows).toHaveLength(50);
  all.unshift(notice('new'));
  service.push({ t: 'notice', row: all[0] as NoticeRow, c: [1, 0] });
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(2500);
  expect(notices.rows).toHaveLength(51);
});
