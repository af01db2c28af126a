// Notices: kept, counted, in step on two devices, led to by keys; made known the way somebody chose, one window sounding.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  JONAS,
  MIRA,
  newConversation,
  said,
  sequence,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

async function mentioned(by, whom, row, text = 'Can you look at this?') {
  const me = (await call(whom, 'GET', '/session')).body.id;
  const body = { kind: 'note', text, mentions: [me], client_id: `n-${crypto.randomUUID()}` };
  const answer = await call(by, 'POST', `/conversations/${row.id}/messages`, body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
}

const bell = (page) => page.getByTestId('bell').filter({ visible: true });
const seeAll = (page) => call(page, 'PUT', '/me/notices/read', { until: Date.now() + 60_000 });
const unread = async (page) => (await call(page, 'GET', '/me/notices')).body.unread;
/** Deadlines of the demo may come at any time: looked at are the notices of one conversation. */
const noticesOf = (page, row) => page.getByTestId('notice').filter({ hasText: `#${row.number}` });
const isNew = (page) => ({ has: page.locator('.dot') });

test('a mention is counted on both devices, found by keys, and seen on both', async () => {
  const mira = await agent(MIRA);
  const phone = await agent(MIRA, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    colorScheme: 'dark',
  });
  const jonas = await agent(JONAS);
  await seeAll(mira);
  const row = await newConversation(jonas, 'A matter to look at');
  await mentioned(jonas, mira, row);
  const counted = async (page) =>
    (await bell(page).innerText()).trim() === String((await unread(page)) || '');
  await until(async () => (await unread(mira)) > 0 && (await counted(mira)), 'counted');
  await until(() => counted(phone), 'counted on the phone');
  await said(mira, `mentioned you (#${row.number})`);
  const again = (words) => globalThis.saidInPassing.some((one) => one.includes(words));
  assert.equal(await mira.evaluate(again, `(#${row.number})`), false, 'it is said once');
  await bell(phone).click();
  await noticesOf(phone, row).filter(isNew(phone)).waitFor();
  assert.deepEqual([...mira.complaints, ...phone.complaints], []); // before axe, whose own script the policy refuses
  assert.deepEqual(await violations(phone), []);
  if (process.env.SHOTS) await phone.screenshot({ path: `${process.env.SHOTS}/notices-phone-dark.png` });
  await sequence(mira, 'g', 'n');
  const own = noticesOf(mira, row);
  await own.waitFor();
  const focused = mira.locator('[data-testid=notice]:focus');
  await focused.waitFor(); // the newest
  const isFocused = () => own.evaluate((link) => link === document.activeElement);
  await mira.keyboard.press('ArrowDown');
  await mira.keyboard.press('ArrowUp');
  for (let steps = 0; steps < 20 && !(await isFocused()); steps++) await mira.keyboard.press('ArrowUp');
  for (let steps = 0; steps < 20 && !(await isFocused()); steps++) await mira.keyboard.press('ArrowDown');
  assert.deepEqual(await violations(mira), []);
  if (process.env.SHOTS) await mira.screenshot({ path: `${process.env.SHOTS}/notices-wide-light.png` });
  await mira.keyboard.press('Enter');
  await mira.waitForURL(`**/${row.number}`);
  await noticesOf(phone, row).filter(isNew(phone)).waitFor({ state: 'detached' }); // seen on the phone
  await noticesOf(phone, row).waitFor();
  await until(() => counted(phone), 'no more counted on the phone');
});

test('what came while the connection was away is there when it is back, and all are seen at once', async () => {
  const mira = await agent(MIRA);
  const jonas = await agent(JONAS);
  await seeAll(mira);
  const row = await newConversation(jonas, 'While away');
  await mira.network.down({ http: false });
  await mentioned(jonas, mira, row);
  await mentioned(jonas, mira, row, 'And this?');
  await mira.network.up();
  await bell(mira).click();
  const unseen = noticesOf(mira, row).filter(isNew(mira));
  await until(async () => (await unseen.count()) === 2, 'both are there, unseen');
  await mira.getByTestId('notices-all').click();
  await until(async () => (await unseen.count()) === 0, 'all are seen');
  assert.equal(await noticesOf(mira, row).count(), 2);
  await mira.getByText('Notices', { exact: true }).first().waitFor();
});

test('each kind is made known as chosen: desktop and tone once among two windows, nothing in quiet hours', async () => {
  const mira = await agent(MIRA);
  const jonas = await agent(JONAS);
  const context = mira.context();
  await context.grantPermissions(['notifications'], { origin: URL_OF_DEMO });
  await context.addInitScript(() => {
    globalThis.made = [];
    globalThis.Notification = class {
      static permission = 'granted';
      constructor(title, options) {
        globalThis.made.push([title, options.tag]);
      }
      close() {}
    };
    const start = OscillatorNode.prototype.start;
    globalThis.tones = 0;
    OscillatorNode.prototype.start = function (...args) {
      globalThis.tones++;
      return start.apply(this, args);
    };
  });
  await mira.reload();
  await mira.locator('[data-pane=list]').waitFor();
  const second = await context.newPage();
  second.setDefaultTimeout(60_000);
  await second.goto(`${URL_OF_DEMO}/settings/notices`);
  await second.getByTestId('notice-ways').waitFor();
  await second.getByText('Desktop notices are allowed').waitFor();
  await second.locator('[data-pane=page]').click({ position: { x: 12, y: 2 } }); // where nothing is set
  await mira.locator('[data-pane=list]').click({ position: { x: 5, y: 5 } });
  const row = await newConversation(jonas, 'Out loud');
  await mentioned(jonas, mira, row);
  const sum = async (what) => (await mira.evaluate(what)) + (await second.evaluate(what));
  const made = `made.filter(([, tag]) => tag === '${row.id}').length`;
  await until(async () => (await sum(made)) === 1, 'one desktop notice in all');
  const playing = () => sum('tones > 0 ? 1 : 0');
  await until(async () => (await playing()) === 1, 'one window plays');
  assert.deepEqual(await violations(second), []);
  if (process.env.SHOTS)
    await second.screenshot({ path: `${process.env.SHOTS}/notices-settings.png`, fullPage: true });
  assert.equal(await sum(made), 1);
  await said(second, `mentioned you (#${row.number})`);
  await second.getByTestId('quiet-hours').click();
  const hour = (ahead) =>
    second.evaluate((ahead) => new Date(Date.now() + ahead * 3_600_000).toTimeString().slice(0, 5), ahead);
  await second.getByLabel('From').fill(await hour(-2));
  await second.getByLabel('To', { exact: true }).fill(await hour(2));
  await second.getByLabel('To', { exact: true }).blur();
  assert.equal(await playing(), 1, 'nor the other a moment later');
  await mira.reload();
  await mira.locator('[data-pane=list]').waitFor();
  const before = await sum(made);
  await mentioned(jonas, mira, row, 'Once more');
  await said(mira, `mentioned you (#${row.number})`);
  await said(second, `mentioned you (#${row.number})`);
  await new Promise((resolve) => setTimeout(resolve, 400)); // longer than the window waits for the others
  assert.equal(await sum(made), before);
});
