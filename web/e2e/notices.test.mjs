// Notices: kept, counted, in step on two devices, led to by keys; made known the way somebody chose, one window sounding.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, JONAS, MIRA, newConversation, until, URL_OF_DEMO, violations } from './browser.mjs';

async function mentioned(by, whom, row, text = 'Can you look at this?') {
  const me = (await call(whom, 'GET', '/session')).body.id;
  const body = { kind: 'note', text, mentions: [me], client_id: `n-${crypto.randomUUID()}` };
  const answer = await call(by, 'POST', `/conversations/${row.id}/messages`, body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
}

const bell = (page) => page.getByTestId('bell').filter({ visible: true });
const seeAll = (page) => call(page, 'PUT', '/me/notices/read', { until: Date.now() + 60_000 });
const unread = async (page) => (await call(page, 'GET', '/me/notices')).body.unread;

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
  const counted = async (page) => (await bell(page).innerText()).trim() === String(await unread(page));
  await until(async () => (await unread(mira)) > 0 && (await counted(mira)), 'counted');
  await until(() => counted(phone), 'counted on the phone');
  assert.equal(await mira.getByTestId('toast').filter({ hasText: 'mentioned you' }).count(), 1);
  await bell(phone).click();
  await phone.getByTestId('notice').first().waitFor();
  assert.deepEqual([...mira.complaints, ...phone.complaints], []); // before axe, whose own script the policy refuses
  assert.deepEqual(await violations(phone), []);
  if (process.env.SHOTS) await phone.screenshot({ path: `${process.env.SHOTS}/notices-phone-dark.png` });
  await mira.keyboard.press('g');
  await mira.keyboard.press('n');
  const first = mira.getByTestId('notice').first();
  await first.waitFor();
  await until(() => first.evaluate((link) => link === document.activeElement), 'the newest has the focus');
  await mira.keyboard.press('ArrowDown');
  await mira.keyboard.press('ArrowUp');
  assert.deepEqual(await violations(mira), []);
  if (process.env.SHOTS) await mira.screenshot({ path: `${process.env.SHOTS}/notices-wide-light.png` });
  await mira.keyboard.press('Enter');
  await mira.waitForURL(`**/${row.number}`);
  await until(
    async () => (await bell(phone).getByText('1', { exact: true }).count()) === 0,
    'seen on the phone',
  );
  assert.equal(await unread(phone), 0);
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
  // Deadlines of the demo may come meanwhile: counted are those of this conversation.
  const told = mira
    .getByTestId('notice')
    .filter({ hasText: `#${row.number}` })
    .filter({ hasText: 'New' });
  await until(async () => (await told.count()) === 2, 'both are there, unseen');
  await mira.getByTestId('notices-all').click();
  await until(async () => (await told.count()) === 0, 'all are seen');
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
  await second.goto(`${URL_OF_DEMO}/settings/notices`);
  await second.getByTestId('notice-ways').waitFor();
  await second.getByText('Desktop notices are allowed').waitFor();
  await second.locator('body').click();
  await mira.locator('[data-pane=list]').click({ position: { x: 5, y: 5 } });
  const row = await newConversation(jonas, 'Out loud');
  await mentioned(jonas, mira, row);
  const sum = async (what) => (await mira.evaluate(what)) + (await second.evaluate(what));
  await until(async () => (await sum('made.length')) === 1, 'one desktop notice in all');
  await until(async () => (await sum('tones > 0 ? 1 : 0')) === 1, 'one window plays');
  assert.deepEqual(await violations(second), []);
  if (process.env.SHOTS)
    await second.screenshot({ path: `${process.env.SHOTS}/notices-settings.png`, fullPage: true });
  await second.getByTestId('quiet-hours').click();
  await second.getByLabel('From').fill('00:00');
  await second.getByLabel('To', { exact: true }).fill('23:59');
  await second.getByLabel('To', { exact: true }).blur();
  await mira.reload();
  await mira.locator('[data-pane=list]').waitFor();
  const before = await sum('made.length');
  await mentioned(jonas, mira, row, 'Once more');
  await mira.getByTestId('toast').filter({ hasText: 'mentioned you' }).first().waitFor();
  await new Promise((resolve) => setTimeout(resolve, 400)); // longer than the window waits for the others
  assert.equal(await sum('made.length'), before);
});
