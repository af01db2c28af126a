// Stickers of a channel that has them. No channel of the demo does, so it is said to have two on the way, and what is sent goes out as words.
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

const PACK = 'Bears and friends';
const STICKERS = [
  { id: '1/1', sign: '👋', name: 'hello', pack: PACK },
  { id: '1/2', sign: '👌', name: 'ok', pack: PACK },
  { id: '2/7', sign: '🙏', name: 'thanks', pack: PACK, words: 'ja' },
];

test('a sticker is chosen by what it says, by keyboard, and goes out alone', async () => {
  const page = await agent(AMINA, { colorScheme: 'dark', viewport: { width: 390, height: 844 } });
  const conversation = await newConversation(page);
  const sent = [];
  await page.route('**/api/v1/bootstrap', async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    const channel = body.channels.find((one) => one.id === conversation.channel);
    Object.assign(channel, { stickers: STICKERS, recipients: false });
    return route.fulfill({ response: answer, json: body });
  });
  await page.route(/\/conversations\/[^/]+\/messages$/, (route) => {
    const { sticker, ...body } = route.request().postDataJSON();
    sent.push({ sticker, text: body.text });
    return route.continue({ postData: JSON.stringify({ ...body, text: `Sticker ${sticker}` }) });
  });
  await openConversation(page, conversation.number);
  await composer(page).fill('These words stay here.');
  await page.getByTestId('stickers').focus();
  await page.keyboard.press('Enter');
  const picker = page.getByRole('dialog', { name: 'Send a sticker' });
  await picker.getByText(`${PACK}: Japanese`).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Escape');
  await picker.waitFor({ state: 'hidden' });
  await focused(page.getByTestId('stickers'));
  await page.keyboard.press('Enter');
  await focused(picker.getByRole('button', { name: 'Hello' }));
  await page.keyboard.press('ArrowRight');
  await focused(picker.locator('[data-sticker="1/2"]'));
  await page.keyboard.press('Enter');
  await messageWith(page, 'Sticker 1/2').waitFor();
  assert.deepEqual(sent, [{ sticker: '1/2', text: '' }]);
  await until(async () => (await composer(page).inputValue()) === 'These words stay here.', 'the words stay');
});
