// A visitor on the sample shop and an agent behind it: the chat in a real browser, against the running demo.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, MIRA, until, violations } from './browser.mjs';
import { answer, conversationOf, SHOP, stored, unique, visitor, write } from './visitors.mjs';

test('a visitor asks, an agent answers, and the next page goes on with it', async () => {
  const mira = await agent(MIRA);
  const page = await visitor();
  const question = unique('Do the Lynx boots run small?');
  await write(page, question);
  const { id: conversation } = await conversationOf(mira, question);

  const reply = unique('Half a size.');
  await answer(mira, conversation, reply);
  await page.chat.getByText(reply).waitFor();
  const who = page.chat.locator('.message').filter({ hasText: reply }).locator('.who');
  await until(async () => /^M\s*Mira$/.test(await who.innerText()), 'her name stands above it');

  await page.keyboard.press('Escape');
  await page.chat.waitFor({ state: 'hidden' });
  const focused = () =>
    page.evaluate(() => document.querySelector('inbox-chat').shadowRoot.activeElement?.className);
  await until(async () => (await focused()) === 'launcher', 'the focus is where it was opened');
  const second = unique('They are in stock.');
  await answer(mira, conversation, second);
  await page.locator('.badge', { hasText: '1' }).waitFor();

  await page.goto(`${SHOP}fjell.html`);
  await page.locator('.badge', { hasText: '1' }).waitFor();
  await page.locator('.launcher').click();
  for (const text of [question, reply, second]) await page.locator('.panel').getByText(text).waitFor();
  await page.locator('.badge', { hasText: '1' }).waitFor({ state: 'detached' });
  assert.deepEqual(page.complaints, []);
});

test('what is written while the line is down arrives once and in order', async () => {
  const mira = await agent(MIRA);
  const page = await visitor();
  const first = unique('first');
  await write(page, first);
  const { id: conversation } = await conversationOf(mira, first);
  await page.network.down();
  await page.chat.getByText('Reconnecting').waitFor();
  const lines = [1, 2, 3].map((n) => unique(`line ${n}`));
  for (const line of lines) {
    await page.chat.locator('textarea').fill(line);
    await page.keyboard.press('Enter');
  }
  await page.network.up();
  await stored(page, lines[2]);
  const said = await until(async () => {
    const { body } = await call(mira, 'GET', `/conversations/${conversation}`);
    const texts = body.timeline.items.filter((item) => item.kind === 'customer').map((item) => item.text);
    return texts.includes(lines[2]) && texts;
  }, 'the last line is in the thread');
  assert.deepEqual(said, [first, ...lines]);
  const shown = () => page.chat.locator('.message.mine .plain').allInnerTexts();
  await until(async () => (await shown()).length === 4, 'each is shown once');
  assert.deepEqual(await shown(), [first, ...lines]);
});

test('a picture goes to the agent and is shown in the thread', async () => {
  const page = await visitor();
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    'base64',
  );
  await page.chat
    .locator('input[type=file]')
    .setInputFiles({ name: 'zip.png', mimeType: 'image/png', buffer: png });
  const text = unique('The broken zip');
  await page.chat.locator('.send:enabled').waitFor();
  await write(page, text);
  const picture = page.chat.locator('.message.mine .picture img').last();
  await picture.waitFor();
  await page.waitForFunction(() => {
    const shown = document.querySelector('inbox-chat').shadowRoot.querySelectorAll('.picture img');
    return shown.length === 1 && shown[0].naturalWidth === 1;
  });
  assert.equal(await picture.getAttribute('alt'), 'zip.png');
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing in the open chat: ${colorScheme}`, async () => {
    const mira = await agent(MIRA);
    for (const viewport of [
      { width: 1100, height: 800 },
      { width: 390, height: 780 },
    ]) {
      const page = await visitor({ colorScheme, viewport, bypassCSP: true });
      assert.deepEqual(await violations(page), [], 'before the first line');
      const question = unique('Hello');
      await write(page, question);
      const reply = unique('**Hello**, see https://northwind.example and\n\n- this\n- that\n\n`code`');
      await answer(mira, (await conversationOf(mira, question)).id, reply);
      await page.chat.locator('.message:not(.mine) time').first().waitFor();
      assert.deepEqual(await violations(page), [], 'with a thread');
    }
  });
}

test('on a small screen the chat fills it and keeps the focus', async () => {
  const page = await visitor({ viewport: { width: 390, height: 780 }, hasTouch: true });
  const fills = (panel) => {
    const { x, y, width, height } = panel.getBoundingClientRect();
    return x === 0 && y === 0 && width === 390 && height === 780;
  };
  await until(() => page.chat.evaluate(fills), 'the chat fills the screen');
  for (let n = 0; n < 10; n++) {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.localName), 'inbox-chat');
  }
});
