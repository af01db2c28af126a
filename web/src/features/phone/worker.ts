// The page's side of the service worker: starts it, tells when a new version waits, and leaves it the words of notices.
import '../../lib/i18n/later';
import { t, tCode } from '../../lib/i18n';
import { spoken } from '../../lib/i18n/language.svelte';
import { NOTICE_WORDS } from '../notices/words';
import { router, parse } from '../../lib/router.svelte';
import { live } from '../../lib/state/live.svelte';
import { ui } from '../../lib/state/ui.svelte';

const LOOK_EVERY_MS = 60 * 60_000;
let started = false;

/** Once per page; harmless where a browser or an address without TLS knows no workers. */
export async function start(): Promise<void> {
  void keepWords();
  if (!started) outdated();
  if (started || !('serviceWorker' in navigator)) return;
  started = true;
  try {
    const registration = await navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' });
    watch(registration);
    const look = () => void registration.update().catch(() => undefined);
    setInterval(look, LOOK_EVERY_MS);
    // After a restart of the service there may be a new build.
    live.listen((frame) => frame.t === 'ready' && look());
  } catch {
    started = false;
    return;
  }
  void import('./push').then(({ renew }) => renew()).catch(() => undefined);
  navigator.serviceWorker.addEventListener('message', ({ data }) => {
    const path = (data as { open?: string } | null)?.open;
    if (path?.startsWith('/inbox/')) router.go(parse(path));
  });
}

/** This page is of a build that is there no more: what it loads later is missing, and only loading anew brings it back. */
function outdated(): void {
  const offer = () => (ui.update = () => location.reload());
  void import('./UpdateBar.svelte').catch(offer); // it has to be here before anything is missing
  addEventListener('vite:preloadError', offer);
  if (navigator.serviceWorker?.controller)
    navigator.serviceWorker.addEventListener('controllerchange', offer);
}

function watch(registration: ServiceWorkerRegistration): void {
  const offer = (waiting: ServiceWorker) => (ui.update = () => takeOver(waiting));
  if (registration.waiting && navigator.serviceWorker.controller) offer(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const coming = registration.installing;
    coming?.addEventListener('statechange', () => {
      if (coming.state === 'installed' && navigator.serviceWorker.controller) offer(coming);
    });
  });
}

function takeOver(waiting: ServiceWorker): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  waiting.postMessage('take-over');
}

/** What the worker says when something arrives and no window is open, in the reader's language. */
async function keepWords(): Promise<void> {
  if (!('caches' in window)) return;
  const words: Record<string, string> = {
    language: spoken.language ?? '',
    dir: document.documentElement.dir || 'ltr',
    other: t('push.other'),
  };
  for (const kind of NOTICE_WORDS) words[kind] = tCode(`push.${kind}`) ?? t('push.other');
  try {
    const cache = await caches.open('words');
    await cache.put('/words', new Response(JSON.stringify(words)));
  } catch {
    // Without storage the worker speaks of "Inbox".
  }
}
