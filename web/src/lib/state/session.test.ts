import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeService, json } from '../../testing/service';
import { live } from './live.svelte';
import { session } from './session.svelte';

let service: FakeService;
let who = 'mira';
const reload = vi.fn<() => void>();

const me = () => ({
  id: who,
  name: who,
  permissions: [],
  teams: [],
  keys: {},
  screen: {},
  language: 'en',
  csrf: `of-${who}`,
});
const boot = () => ({
  me: me(),
  now: 1,
  agents: [],
  teams: [],
  channels: [],
  views: [],
  tags: [],
  zone: 'Asia/Tokyo',
  product: '',
});

beforeEach(() => {
  vi.useFakeTimers();
  who = 'mira';
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  vi.spyOn(location, 'reload').mockImplementation(reload);
  service.on('GET /session/state', () => json({ logged_in: true }));
  service.on('GET /bootstrap', () => json(boot()));
  service.on('GET /session', () => json(me()));
});

afterEach(() => {
  live.stop();
  reload.mockClear();
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function refused(): Promise<void> {
  await session.resume();
  service.deliverAll();
  service.cut(4401);
  await vi.advanceTimersByTimeAsync(50);
}

it('goes on when the service refused the connection of a session that still stands', async () => {
  await refused();
  expect(reload).not.toHaveBeenCalled();
  expect(session.id).toBe('mira');
  expect(session.zone).toBe('Asia/Tokyo');
});

it('begins anew when another tab has logged somebody else in', async () => {
  await session.resume();
  who = 'jonas';
  service.deliverAll();
  service.cut(4401);
  await vi.advanceTimersByTimeAsync(50);
  expect(reload).toHaveBeenCalled();
});

it('what was told while the service could not be asked is loaded when it can be again', async () => {
  await session.resume();
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(50);
  let away = true;
  service.on('GET /bootstrap', () =>
    away ? Promise.reject(new TypeError('Failed to fetch')) : json({ ...boot(), zone: 'Europe/Berlin' }),
  );
  service.push({ t: 'reload', what: 'agents', id: 'mira' });
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(500);
  expect(session.zone).toBe('Asia/Tokyo');
  away = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(session.zone).toBe('Europe/Berlin');
});

it('nobody else becomes who is logged in here because his state moved', async () => {
  await session.resume();
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(50);
  who = 'jonas';
  service.push({ t: 'presence', agents: [{ id: 'mira', state: 'away' }] } as never);
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(50);
  expect(session.id).toBe('mira');
  expect(reload).toHaveBeenCalled();
});

it('an answer that comes after the logout logs nobody in', async () => {
  await session.resume();
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(50);
  let answer: () => void = () => undefined;
  service.on('GET /session', () => new Promise((done) => (answer = () => done(json(me())))));
  service.push({ t: 'presence', agents: [{ id: 'mira', state: 'busy' }] } as never);
  service.deliverAll();
  await session.logOut();
  answer();
  await vi.advanceTimersByTimeAsync(50);
  expect([session.me, session.state]).toEqual([null, 'out']);
  expect(reload).not.toHaveBeenCalled();
});
