import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeService, json } from '../../testing/service';
import { live } from './live.svelte';
import { choose } from './personal';
import { DEFAULTS, prefs } from './prefs.svelte';
import { session } from './session.svelte';

let service: FakeService;
/** What the account holds. */
let screen: Record<string, string>;

const me = () => ({ id: 'mira', permissions: [], teams: [], keys: {}, screen, language: 'en', csrf: '' });

beforeEach(async () => {
  vi.useFakeTimers();
  localStorage.clear();
  screen = {};
  prefs.current = { ...DEFAULTS };
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('GET /session/state', () => json({ logged_in: true }));
  service.on('GET /agents', () => json([]));
  service.on('GET /bootstrap', () =>
    json({ me: me(), now: 1, agents: [], teams: [], channels: [], views: [], tags: [] }),
  );
  service.on('PATCH /me', async (_, init) => {
    await new Promise((done) => setTimeout(done, 100));
    ({ screen } = JSON.parse(String(init?.body)) as { screen: Record<string, string> });
    service.push({ t: 'reload', what: 'agents', id: 'mira' });
    return json(me());
  });
  await session.resume();
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(50);
});

afterEach(() => {
  live.stop();
  session.me = null;
  session.state = 'unknown';
  prefs.current = { ...DEFAULTS };
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('a second choice outlives the news of the first, and a third stores it', async () => {
  void choose('theme', 'dark');
  await vi.advanceTimersByTimeAsync(50);
  void choose('density', 'compact');
  await vi.advanceTimersByTimeAsync(60);
  expect(screen).toMatchObject({ theme: '"dark"', density: '"comfortable"' });
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(20);
  expect(prefs.current).toMatchObject({ theme: 'dark', density: 'compact' });
  void choose('afterClose', 'stay');
  await vi.advanceTimersByTimeAsync(500);
  expect(screen).toMatchObject({ theme: '"dark"', density: '"compact"', afterClose: '"stay"' });
});

it('what another browser chose is taken once all is saved', async () => {
  void choose('theme', 'dark');
  await vi.advanceTimersByTimeAsync(200);
  screen = { ...screen, density: '"compact"' };
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(50);
  expect(prefs.current).toMatchObject({ theme: 'dark', density: 'compact' });
});
