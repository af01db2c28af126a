// What is written, and how it is written: markup by buttons and keys, rich text pasted, emoji, what the customer gets, limits in words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  composer,
  focused,
  messageWith,
  MIRA,
  newConversation,
  openConversation,
  until,
  violations,
} from './browser.mjs';

const value = (page) => composer(page).inputValue();
const reads = (page, words) => until(async () => (await value(page)) === words, `it says ${words}`);
const choose = (page, start, end) =>
  composer(page).evaluate((field, [start, end]) => field.setSelectionRange(start, end), [start, end]);

function paste(page, data) {
  return composer(page).evaluate((field, data) => {
    const clipboardData = new DataTransfer();
    for (const [type, text] of Object.entries(data)) clipboardData.setData(type, text);
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, data);
}

async function thread(options) {
  const page = await agent(MIRA, options);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  await composer(page).click();
  await focused(composer(page));
  return page;
}

test('buttons and keys put markup around what is chosen, and undo takes it back', async () => {
  const page = await thread();
  await page.keyboard.type('so very good');
  await reads(page, 'so very good');
  await choose(page, 3, 7);
  await page.keyboard.press('Control+b');
  await reads(page, 'so **very** good');
  await page.getByTestId('format-bold').click();
  await reads(page, 'so very good');
  await focused(composer(page));
  await page.keyboard.press('Control+z');
  await reads(page, 'so **very** good');
  await page.getByTestId('format-list').click();
  await reads(page, '- so **very** good');
});

test('rich text becomes markdown, an address over words a link, and nothing in it runs or loads', async () => {
  const page = await thread();
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  const html =
    '<img src="https://evil.example/x.png" onerror="window.hurt = 1"><p>so <b>very</b> good</p><ul><li>one</li><li>two</li></ul>';
  await paste(page, { 'text/html': html, 'text/plain': 'so very good one two' });
  await until(async () => (await value(page)) === 'so **very** good\n\n- one\n- two', 'it is markdown');
  await choose(page, 0, 2);
  await paste(page, { 'text/plain': 'https://shop.example/a' });
  await until(async () => (await value(page)).startsWith('[so](https://shop.example/a) **very**'), 'a link');
  assert.equal(await page.evaluate(() => window.hurt), undefined);
  assert.deepEqual(
    asked.filter((url) => url.includes('example')),
    [],
  );
});

for (const colorScheme of ['light', 'dark'])
  test(`emoji are found by words, the preview and the thread draw the same (${colorScheme})`, async () => {
    const page = await thread({ colorScheme });
    await page.getByTestId('emoji').click();
    await page.getByTestId('emoji-search').fill('rocket');
    await page.locator('.popup .sign').first().filter({ hasText: '🚀' }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByTestId('emoji-search').press('Enter');
    await reads(page, '🚀');
    await focused(composer(page));
    await page.keyboard.type(' **up**\n- one\n- two');
    await page.getByTestId('preview').click();
    const shown = page.getByTestId('preview-shown');
    await shown.locator('strong', { hasText: 'up' }).waitFor();
    await until(async () => (await shown.locator('li').count()) === 2, 'the list is drawn');
    assert.deepEqual(await violations(page), []);
    await page.getByTestId('send').click();
    await messageWith(page, 'one').locator('li', { hasText: 'two' }).waitFor();
    await page.getByTestId('emoji').click();
    await page.locator('.popup .sign').first().filter({ hasText: '🚀' }).waitFor(); // the last one comes first
  });

test('a colon finds emoji, and in a note an @ a colleague, who is told', async () => {
  const page = await thread();
  const option = page.getByTestId('word-option');
  await page.keyboard.type('at 10:30 :rocke');
  await option.filter({ hasText: '🚀' }).waitFor();
  await page.keyboard.press('Enter');
  await until(async () => (await value(page)) === 'at 10:30 🚀', 'it is put in');
  await page.keyboard.type(' @jona');
  await reads(page, 'at 10:30 🚀 @jona');
  assert.equal(await option.count(), 0, 'nobody is named to a customer');
  await page.getByTestId('mode-note').click();
  await composer(page).click();
  await focused(composer(page));
  await page.keyboard.type('Look, @jona');
  await option.filter({ hasText: 'Jonas' }).waitFor();
  assert.deepEqual(await violations(page), []);
  const named = (await option.first().innerText()).replace('@', '').trim();
  await page.keyboard.press('Enter');
  await until(async () => (await value(page)) === `Look, @${named} `, 'the whole name');
  const { body } = await call(page, 'GET', '/bootstrap');
  const jonas = body.agents.find((one) => one.name === named);
  const sent = page.waitForRequest(
    (request) => request.method() === 'POST' && request.url().endsWith('/messages'),
  );
  await page.getByTestId('send').click();
  assert.deepEqual((await sent).postDataJSON().mentions, [jonas.id]);
  await messageWith(page, `@${named}`).waitFor();
});

test('how many short messages it becomes, and how many people get it, is said in words', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page);
  await page.route(/\/api\/v1\/bootstrap/, async (route) => {
    const body = await (await route.fetch()).json();
    for (const one of body.channels)
      if (one.recipients)
        Object.assign(one, { kind: 'phone', opt_out: true, recipients: false, html: false });
    await route.fulfill({ json: body });
  });
  await openConversation(page, row.number);
  const limits = page.getByTestId('limits');
  await composer(page).fill('a'.repeat(161));
  await limits.getByText('2 SMS, 145 characters left in the last one').waitFor();
  await composer(page).fill('ż');
  await limits.getByText('1 SMS, 69 characters left · signs beyond GSM, so 70 per SMS').waitFor();
});

test('a right-to-left paragraph and a left-to-right one stand each their own way', async () => {
  const page = await thread();
  await composer(page).fill('Hello\n\nمرحبا');
  await page.getByTestId('send').click();
  const message = messageWith(page, 'مرحبا');
  await message.waitFor();
  const bidi = await message
    .locator('.words')
    .first()
    .evaluate((node) => getComputedStyle(node).unicodeBidi);
  assert.equal(bidi, 'plaintext');
  assert.equal(await composer(page).evaluate((node) => getComputedStyle(node).unicodeBidi), 'plaintext');
});

test('on a phone the bar fits and its buttons can be hit', async () => {
  const page = await thread({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await page.keyboard.type('words');
  await reads(page, 'words');
  await page.getByTestId('format').waitFor();
  for (const button of await page.getByTestId('format').getByRole('button').all()) {
    const box = await button.boundingBox();
    assert.ok(box.width >= 44 && box.height >= 44 && box.x + box.width <= 390, JSON.stringify(box));
  }
  assert.deepEqual(await violations(page), []);
});

test('the service previews for a channel what it sends, and keeps nothing', async () => {
  const page = await thread();
  const made = await call(page, 'POST', '/channels/support/preview', { text: '**Hi**' });
  assert.deepEqual([made.status, made.body.text], [200, '**Hi**']);
});
