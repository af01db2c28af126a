import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeService, json } from '../../testing/service';
import { renew, subscribe, unsubscribe } from './push';

const KEY = btoa('the key of the service').replace(/=+$/, '');
let service: FakeService;
let devices: string[];

/** The browser's part: it gives the same subscription until that is ended. */
function browser(): void {
  let held: object | null = null;
  const made = {
    options: { applicationServerKey: new TextEncoder().encode('the key of the service').buffer },
    toJSON: () => ({ endpoint: 'https://push.example.net/1', keys: { p256dh: 'p', auth: 'a' } }),
    unsubscribe: async () => (held = null) === null,
  };
  const pushManager = { getSubscription: async () => held, subscribe: async () => (held = made) };
  const registration = { pushManager };
  const container = { ready: Promise.resolve(registration), getRegistration: async () => registration };
  vi.stubGlobal('navigator', { userAgent: 'test', onLine: true, serviceWorker: container });
  vi.stubGlobal('PushManager', class {});
  vi.stubGlobal('Notification', { permission: 'granted' });
}

beforeEach(() => {
  localStorage.clear();
  devices = [];
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  browser();
  service.on('PUT /me/push/devices', () => json({ key: KEY, devices: (devices = ['1']) }));
  service.on('DELETE /me/push/devices/1', () => ((devices = []), new Response(null, { status: 204 })));
});

afterEach(() => vi.unstubAllGlobals());

it('a browser that is turned off while the start of the page still renews it stays off', async () => {
  await subscribe(KEY, false);
  let arrives = (): void => undefined;
  const asked = new Promise<void>((seen) =>
    service.on('GET /me/push', () => {
      seen();
      return new Promise((done) => (arrives = () => done(json({ key: KEY, devices: [] }))));
    }),
  );
  const renewing = renew();
  await asked;
  const off = unsubscribe('1');
  arrives();
  await Promise.all([renewing, off]);
  expect(devices).toEqual([]);
  await renew();
  expect(devices).toEqual([]);
});

it('a browser that could not be renewed can be turned off all the same', async () => {
  await subscribe(KEY, false);
  service.on('GET /me/push', () => Promise.reject(new TypeError('no network')));
  await expect(renew()).rejects.toThrow();
  await unsubscribe('1');
  expect(devices).toEqual([]);
});
