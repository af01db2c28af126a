// This browser's subscription to notices that come while no window is open (Push API), and the account's other ones.
import { at, call } from '../../lib/api/client';
import type { components } from '../../lib/api/schema';
import { NOTICE_KINDS, waysOf, type NoticeKind } from '../../lib/noticing';
import { prefs } from '../../lib/state/prefs.svelte';
import { session } from '../../lib/state/session.svelte';
import { readJson, remove, writeJson } from '../../lib/state/storage';

export type PushSetup = components['schemas']['PushSetup'];
export type DeviceRow = components['schemas']['DeviceRow'];

export const canPush = (): boolean =>
  'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;

export const pushSetup = (): Promise<PushSetup> => call<PushSetup>('GET', '/me/push');
export const dropDevice = (id: string): Promise<void> => call<void>('DELETE', at`/me/push/devices/${id}`);

/** This browser's, if it has one. */
export async function subscription(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker.getRegistration();
  return (await worker?.pushManager.getSubscription()) ?? null;
}

/** The kinds that are also shown on the desktop; an answer in a chat is no kind of its own here. */
function kinds(): string[] {
  const ours = NOTICE_KINDS.filter((kind) => waysOf(kind, prefs.current.notices).includes('desktop'));
  return [...new Set(ours.map((kind: NoticeKind) => (kind === 'reply_live' ? 'reply' : kind)))];
}

let turn: Promise<unknown> = Promise.resolve();

/** One after the other: what begins to renew must not end after its reader has turned it off. */
function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const acted = turn.then(act);
  turn = acted.catch(() => undefined);
  return acted;
}

/** Subscribes this browser, or says anew what it is told. Rejects where the browser or its user will not have it. */
export const subscribe = (key: string, content: boolean): Promise<PushSetup> =>
  inTurn(() => register(key, content));

async function register(key: string, content: boolean): Promise<PushSetup> {
  const worker = await navigator.serviceWorker.ready;
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  let made = await worker.pushManager.getSubscription();
  if (made && keyOf(made) !== key) {
    await made.unsubscribe();
    made = null;
  }
  const { endpoint, keys } = (made ?? (await worker.pushManager.subscribe(wanted))).toJSON();
  const body = { endpoint, p256dh: keys?.p256dh, auth: keys?.auth, content, kinds: kinds() };
  const setup = await call<PushSetup>('PUT', '/me/push/devices', { body });
  writeJson(chosen(), { content });
  return setup;
}

export const unsubscribe = (id: string): Promise<void> =>
  inTurn(async () => {
    remove(chosen());
    await dropDevice(id);
    await (await subscription())?.unsubscribe();
  });

/** That this account wants to be told in this browser. */
const chosen = () => `inbox.push.${session.id}`;

/** With the end of a login the service stops; the next one of the same account goes on where it was chosen, with what is chosen now. */
export const renew = (): Promise<void> =>
  inTurn(async () => {
    const wants = readJson<{ content: boolean } | null>(chosen(), null);
    if (!wants || !canPush() || Notification.permission !== 'granted') return;
    await register((await pushSetup()).key, wants.content);
  });

function keyOf(made: PushSubscription): string {
  const bytes = new Uint8Array(made.options.applicationServerKey ?? new ArrayBuffer(0));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
