// Approved templates. No channel of the demo has any, so the service's answers are given them on the way, and what is sent goes out
// as the words of the preview.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  AMINA,
  composer,
  focused,
  messageWith,
  newConversation,
  openConversation,
  until,
  violations,
} from './browser.mjs';

const HOUR = 3_600_000;
const slot = (place, name) => ({ key: `${place}.${name}`, place, name });
const row = (id, name, language, body, more = {}) => ({
  id,
  name,
  language,
  category: 'utility',
  header_kind: '',
  header: '',
  body,
  footer: '',
  buttons: [],
  slots: [],
  problem: '',
  ...more,
});
const ROWS = [
  row('t1', 'order_shipped', 'en', 'Hello {{name}}, your order {{order}} is on its way.', {
    footer: 'Northwind Outdoor',
    buttons: [{ kind: 'reply', text: 'Call me' }],
    slots: [slot('body', 'name'), slot('body', 'order')],
  }),
  row('t2', 'order_shipped', 'de', 'Hallo {{name}}', { slots: [slot('body', 'name')] }),
  row('t3', 'directions', 'en', 'Here we are', {
    problem: 'It has a location heading, which cannot be filled in here.',
  }),
];

/** A conversation heard from 30 hours ago on a channel with a window of a day and templates; `sent` gets what is posted. */
async function thread(options) {
  const page = await agent(AMINA, options);
  const conversation = await newConversation(page);
  const sent = [];
  await page.route('**/api/v1/bootstrap', async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    const channel = body.channels.find((one) => one.id === conversation.channel);
    Object.assign(channel, { window: 24 * HOUR, templates: true, recipients: false });
    return route.fulfill({ response: answer, json: body });
  });
  await page.route(/\/api\/v1\/conversations\/[^/?]+$/, async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    const answer = await route.fetch();
    const body = await answer.json();
    body.row.heard_at = Date.now() - 30 * HOUR;
    return route.fulfill({ response: answer, json: body });
  });
  await page.route('**/channels/*/templates', (route) =>
    route.fulfill({ json: { rows: ROWS, fetched_at: Date.now(), problem: '' } }),
  );
  await page.route(/\/conversations\/[^/]+\/messages$/, (route) => {
    const { template, ...body } = route.request().postDataJSON();
    sent.push({ template, ...body });
    return route.continue({ postData: JSON.stringify({ ...body, text: `Template ${template?.template}` }) });
  });
  await openConversation(page, conversation.number);
  return { page, sent };
}

test('when words do not reach the customer any more, a template does, chosen and filled in by keyboard', async () => {
  const { page, sent } = await thread();
  await composer(page).fill('These words stay here.');
  await until(() => page.getByTestId('send').isDisabled(), 'words cannot be sent');
  await page.getByTestId('choose-template').focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('template').nth(2).waitFor();
  assert.deepEqual(await violations(page), []);
  await focused(page.getByTestId('template-search'));
  await page.keyboard.type('order hello');
  await page.getByTestId('template').nth(1).waitFor({ state: 'detached' });
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const field = (key) => page.locator(`[data-testid=template-slot][data-slot="${key}"]`);
  await field('body.order').waitFor();
  const name = await until(() => field('body.name').inputValue(), 'the customer by his name');
  await until(() => page.getByTestId('template-send').isDisabled(), 'something is missing');
  await page.keyboard.press('Escape');
  await page.getByTestId('templates').waitFor({ state: 'detached' });
  await page.getByTestId('template-open').click();
  await until(async () => (await field('body.name').inputValue()) === name, 'what was begun is there again');
  await field('body.order').fill('#77');
  const words = `Hello ${name}, your order #77 is on its way. Northwind Outdoor Call me`;
  const preview = page.getByTestId('template-preview');
  await until(async () => (await preview.innerText()).replace(/\s+/g, ' ').includes(words), words);
  assert.deepEqual(await violations(page), []);
  await field('body.order').press('Enter');
  await messageWith(page, 'Template t1').waitFor();
  assert.equal(sent.length, 1);
  assert.deepEqual(sent[0].template, { template: 't1', values: { 'body.name': name, 'body.order': '#77' } });
  assert.equal(sent[0].text, '');
  await until(async () => (await composer(page).inputValue()) === 'These words stay here.', 'the words stay');
});

test('templates are found by language, and what cannot be sent says why', async () => {
  const { page } = await thread({ viewport: { width: 390, height: 844 } });
  await page.getByTestId('choose-template').click();
  const all = page.getByTestId('template');
  await all.nth(2).waitFor();
  assert.equal(await all.nth(2).isDisabled(), true);
  assert.match(await all.nth(2).innerText(), /location heading/);
  assert.equal(await page.getByTestId('template-fetch').count(), 0, 'fetching is for admins');
  await page.getByLabel('Language').selectOption('de');
  await until(async () => (await all.count()) === 1, 'the one in German');
  await page.getByTestId('template-search').fill('nothing like it');
  await page.getByText('No template fits.').waitFor();
  assert.deepEqual(await violations(page), []);
});
