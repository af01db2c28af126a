// The service worker: the screen's own files by build, so that it opens without a network; and what arrives while no window is open.
// Answers of the service are never kept. `scripts/worker.mjs` fills in the build and its files.
const BUILD = '__BUILD__';
const FILES = __FILES__;
const SHELL = `shell-${BUILD}`;
const WORDS = 'words';
/** Addresses that are not the screen's: nothing of them is answered here. */
const FOREIGN = /^\/(api|hooks|health|oauth|ws|chat|widget|demo|s)(\/|$)/;

addEventListener('install', (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)));
});

addEventListener('activate', (event) => {
  const old = (name) => name.startsWith('shell-') && name !== SHELL;
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))),
  );
});

// The page asks for it when its reader wants the new version.
addEventListener('message', ({ data }) => {
  if (data === 'take-over') void skipWaiting();
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || FOREIGN.test(url.pathname)) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (FILES.includes(url.pathname)) event.respondWith(file(request));
});

/** The newest page there is; without a network the one of this build. */
async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match('/', { cacheName: SHELL });
    if (kept) return kept;
    throw error;
  }
}

async function file(request) {
  return (await caches.match(request, { cacheName: SHELL, ignoreVary: true })) ?? fetch(request);
}

// Something for this agent, and no window of his in sight. What is shown was decided by the service; the words are the page's.
addEventListener('push', (event) => {
  event.waitUntil(show(event.data));
});

async function show(data) {
  let told = {};
  try {
    told = data.json();
  } catch {
    // Nothing readable: that something came is all there is to say.
  }
  const kept = await caches.match('/words', { cacheName: WORDS });
  const words = kept ? await kept.json() : {};
  // The page's own notice of the same may be there already; a second one makes no noise.
  const tag = told.tag ?? 'inbox';
  const there = await registration.getNotifications({ tag });
  await registration.showNotification(words[told.kind] ?? words.other ?? 'Inbox', {
    body: told.body ?? '',
    tag,
    renotify: there.every((one) => one.data),
    icon: '/icons/192.png',
    badge: '/icons/badge.png',
    lang: words.language ?? '',
    dir: words.dir ?? 'auto',
    data: { path: told.number ? `/inbox/mine/${told.number}` : '/inbox/mine' },
  });
}

addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { path } = event.notification.data;
  event.waitUntil(
    clients.matchAll({ type: 'window', includeUncontrolled: true }).then(async (windows) => {
      const open = windows.find((one) => !FOREIGN.test(new URL(one.url).pathname));
      if (!open) return clients.openWindow(path);
      open.postMessage({ open: path });
      return open.focus();
    }),
  );
});
