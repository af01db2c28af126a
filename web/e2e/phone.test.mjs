// The screen on a phone: installed, by thumb, through a tunnel.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  composer,
  keepToasts,
  messageWith,
  MIRA,
  newConversation,
  openConversation,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const rowOf = (page, number) => page.locator(`[data-testid=row][data-number="${number}"]`);

/** Conversations alone in a list, where nothing comes between a look at a row and the touch; the newest stands first. */
async function listed(page, ...subjects) {
  const tag = `thumb-${crypto.randomUUID().slice(0, 8)}`;
  const rows = [];
  for (const subject of subjects) {
    const row = await newConversation(page, subject);
    const tagged = await call(page, 'PATCH', `/conversations/${row.id}`, { add_tags: [tag] });
    assert.equal(tagged.status, 200, JSON.stringify(tagged.body));
    rows.push(row);
  }
  await page.goto(`${URL_OF_DEMO}/inbox/all?filter=${encodeURIComponent(`tag:${tag}`)}`);
  for (const { number } of rows) await rowOf(page, number).waitFor();
  await page.locator('.swipeable').waitFor();
  return { tag, rows };
}

/** A finger draws the row sideways. */
async function swipe(page, row, dx) {
  const box = await row.boundingBox();
  const [x, y] = [box.x + box.width / 2 - dx / 2, box.y + box.height / 2];
  const finger = await page.context().newCDPSession(page);
  const touch = (type, at) =>
    finger.send('Input.dispatchTouchEvent', { type, touchPoints: at === null ? [] : [{ x: at, y }] });
  await touch('touchStart', x);
  for (let step = 1; step <= 8; step++) await touch('touchMove', x + (dx * step) / 8);
  await touch('touchEnd', null);
  await finger.detach();
}

test('rows are closed and put off by a finger, with undo; what a thumb needs is 44 px high', async () => {
  const page = await agent(MIRA, PHONE);
  const { tag, rows } = await listed(page, 'With a tag', 'By thumb');
  const [tagged, { number, id }] = rows;
  const category = async () => (await call(page, 'GET', `/conversations/${id}`)).body.row.category;
  const changes = [];
  page.on('request', (one) => one.method() === 'PATCH' && changes.push(one.url()));
  await swipe(page, rowOf(page, number), 60);
  assert.notEqual(await category(), 'resolved', 'too short to be meant');
  assert.deepEqual(changes, [], 'nor is it asked for');
  assert.equal(new URL(page.url()).pathname, '/inbox/all', 'nor was it a tap');
  await keepToasts(page);
  await swipe(page, rowOf(page, number), 200);
  await until(async () => (await category()) === 'resolved', 'closed');
  await page
    .getByTestId('toast')
    .filter({ hasText: `#${number}` })
    .getByRole('button', { name: 'Undo' })
    .click();
  await until(async () => (await category()) !== 'resolved', 'not closed any more');
  await page.reload();
  await page.locator('.swipeable').waitFor();
  await rowOf(page, number).waitFor();
  await swipe(page, rowOf(page, number), -200);
  await until(async () => (await category()) === 'snoozed', 'put off');

  const bar = page.getByTestId('bottom-bar');
  await bar.getByText('Search').waitFor();
  const small = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('button, a[href], select, input:not([type=checkbox])')]
        .filter((one) => one.checkVisibility() && !one.closest('.sr, [inert], .nav:not(.shown)'))
        .filter((one) => getComputedStyle(one).display !== 'inline')
        .map((one) => ({ box: one.getBoundingClientRect(), what: one.outerHTML.slice(0, 90) }))
        .filter(({ box }) => box.height < 43.5 && box.width > 0)
        .map(({ what, box }) => `${Math.round(box.height)} ${what}`),
    );
  assert.deepEqual(await small(), []);
  assert.deepEqual(await violations(page), []);
  await rowOf(page, tagged.number).tap();
  await page.getByRole('button', { name: `Remove tag ${tag}` }).waitFor();
  await composer(page).waitFor();
  await bar.waitFor({ state: 'detached' }); // one pane at a time
  assert.deepEqual(await small(), []);

  const { pathname } = new URL(page.url());
  const customer = page.locator('[data-pane=customer]');
  await page.getByTestId('toggle-customer').tap();
  await customer.getByTestId('customer-company').waitFor();
  assert.deepEqual(await small(), []);
  await page.goBack();
  await customer.waitFor({ state: 'detached' });
  assert.equal(new URL(page.url()).pathname, pathname, 'the conversation is still open');
  await page.getByTestId('toggle-customer').tap();
  await customer.getByRole('button', { name: 'Hide customer' }).tap();
  await customer.waitFor({ state: 'detached' });
  await until(() => page.evaluate(() => history.state === null), 'its step is gone');
  await page.goBack();
  await bar.waitFor();
});

test('from right to left the other way round', async () => {
  const page = await agent(MIRA, PHONE);
  const [{ number, id }] = (await listed(page, 'By thumb')).rows;
  // Once the page stands: while it is loaded it sets the direction of its language itself.
  await page.evaluate(() => document.documentElement.setAttribute('dir', 'rtl'));
  await swipe(page, rowOf(page, number), -200);
  await until(
    async () => (await call(page, 'GET', `/conversations/${id}`)).body.row.category === 'resolved',
    'closed by a finger to the left',
  );
});

test('an installed screen opens without a network, and what was written is sent once when there is one again', async () => {
  const page = await agent(MIRA, { ...PHONE, serviceWorkers: 'allow' });
  const { number, id } = await newConversation(page, 'Through a tunnel');
  const manifest = await (await page.request.get(`${URL_OF_DEMO}/manifest.webmanifest`)).json();
  for (const { src } of manifest.icons)
    assert.equal((await page.request.get(`${URL_OF_DEMO}${src}`)).status(), 200, src);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const shell = await caches.open(names.find((name) => name.startsWith('shell-')));
    return (await shell.keys()).map((request) => new URL(request.url).pathname);
  });
  assert.ok(kept.includes('/'), String(kept));
  assert.ok(!kept.some((path) => path.startsWith('/api')), 'never what the service answered');

  await openConversation(page, number);
  await page.network.down();
  const text = `Sent from a tunnel ${Date.now()}`;
  await composer(page).fill(text);
  await page.getByTestId('send').click();
  await page.getByTestId('outgoing').filter({ hasText: text }).waitFor();
  await page.reload();
  await page.getByText('The server cannot be reached.').waitFor();
  await page.network.up();
  await page.locator('[data-pane=thread]').waitFor();
  const stored = async () => {
    const { items } = (await call(page, 'GET', `/conversations/${id}`)).body.timeline;
    return items.filter((item) => item.text === text).length;
  };
  await until(async () => (await stored()) === 1, 'the line is there');
  await page.reload();
  await messageWith(page, text).first().waitFor();
  assert.equal(await stored(), 1, 'and only once');
});

test('a browser is told while no window is open, and taken off the list again', async () => {
  const page = await agent(MIRA, { serviceWorkers: 'allow' });
  await page.context().grantPermissions(['notifications'], { origin: URL_OF_DEMO });
  // The push service of a browser is on the internet; here the browser only says that it has one.
  await page.addInitScript(() => {
    let made = sessionStorage.getItem('made');
    let key;
    const bytes = (text) =>
      Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    const held = () =>
      made && {
        toJSON: () => ({ endpoint: made, keys: { p256dh: 'B'.repeat(87), auth: 'a'.repeat(22) } }),
        unsubscribe: () => Promise.resolve((made = null) === null && sessionStorage.removeItem('made')),
        options: { applicationServerKey: key },
      };
    PushManager.prototype.getSubscription = () => Promise.resolve(held());
    PushManager.prototype.subscribe = ({ applicationServerKey }) => {
      key = bytes(applicationServerKey).buffer;
      made = `https://push.example.net/${crypto.randomUUID()}`;
      sessionStorage.setItem('made', made);
      return Promise.resolve(held());
    };
  });
  await page.goto(`${URL_OF_DEMO}/settings/notices`);
  const devices = page.getByTestId('push-devices').locator('li');
  await page.getByTestId('push-here').waitFor();
  const before = (await call(page, 'GET', '/me/push')).body.devices.length;
  await until(async () => (await devices.count()) === before, 'those there are are listed');
  await page.getByTestId('push-here').click();
  await page.getByTestId('push-content').waitFor();
  await until(async () => (await devices.count()) === before + 1, 'the browser is listed');
  assert.deepEqual(await violations(page), []);

  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  const line = await page.context().newCDPSession(page);
  const known = new Promise((resolve) =>
    line.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const found = registrations.find((one) => one.scopeURL.startsWith(URL_OF_DEMO));
      if (found) resolve(found);
    }),
  );
  await line.send('ServiceWorker.enable');
  const { registrationId } = await known;
  const data = JSON.stringify({ kind: 'assigned', number: 1042, tag: 'flow' });
  const shown = () =>
    page.evaluate(async () => {
      const worker = await navigator.serviceWorker.ready;
      return (await worker.getNotifications()).map(({ title, body, tag, data }) => [
        title,
        body,
        tag,
        data.path,
      ]);
    });
  const told = await until(async () => {
    // A worker that is just starting may miss one; of the same tag one is shown.
    await line.send('ServiceWorker.deliverPushMessage', { origin: URL_OF_DEMO, registrationId, data });
    const all = await shown();
    return all.length > 0 && all;
  }, 'it is shown');
  assert.deepEqual(told, [['A conversation was assigned to you', '', 'flow', '/inbox/mine/1042']]);

  await page.getByTestId('push-here').click();
  await until(async () => (await devices.count()) === before, 'the browser is off the list');
});
