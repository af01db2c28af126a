// What was begun and not sent is whole after a reload and on a second device.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, composer, MIRA, newConversation, openConversation, until } from './browser.mjs';

const file = (name) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(`inside ${name}`) });

async function address(page, testid, value) {
  const field = page.getByTestId(testid).getByRole('textbox');
  await field.fill(value);
  await field.press('Enter');
}

const holds = (field, words) => until(async () => (await field.inputValue()) === words, `it says ${words}`);

async function stored(page, number, mode, check) {
  const all = async () => (await call(page, 'GET', `/conversations/${number}`)).body.drafts;
  await until(async () => (await all()).some((one) => one.mode === mode && check(one)), `${mode} is stored`);
}

test('a reply keeps its files and recipients through a reload and on a second device', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  await composer(page).fill('with the list');
  await page.getByTestId('attach').setInputFiles(file('packing list.txt'));
  await page.getByTestId('draft-file').filter({ hasText: 'packing list.txt' }).waitFor();
  await page.getByTestId('to').getByRole('button', { name: 'Cc', exact: true }).click();
  await address(page, 'cc', 'Carl <carl@example.net>');
  await page.getByTestId('to').getByRole('button', { name: 'Bcc' }).click();
  await address(page, 'bcc', 'boss@example.net');
  await stored(page, row.number, 'reply', (draft) => draft.bcc.length === 1 && draft.files.length === 1);

  const whole = async (there) => {
    await until(async () => (await composer(there).inputValue()) === 'with the list', 'the words');
    await there.getByTestId('draft-file').filter({ hasText: 'packing list.txt' }).waitFor();
    await there.getByTestId('cc').filter({ hasText: 'Carl' }).waitFor();
    await there.getByTestId('bcc').filter({ hasText: 'boss@example.net' }).waitFor();
  };
  await page.reload();
  await whole(page);
  const phone = await agent(MIRA, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await openConversation(phone, row.number);
  await whole(phone);
  await phone.getByTestId('send').click();
  await phone.getByTestId('message').filter({ hasText: 'packing list.txt' }).waitFor();
  await until(async () => (await composer(page).inputValue()) === '', 'sent there, gone here');
});

test('a new conversation that was begun is there again after Escape and a reload, and gone once it is sent', async () => {
  const page = await agent(MIRA);
  const words = `Begun ${crypto.randomUUID()}`;
  await page.getByTestId('compose').click();
  await address(page, 'new-to', 'Zoe <zoe@example.net>');
  await address(page, 'new-bcc', 'boss@example.net');
  await page.getByTestId('new-subject').fill('Half a subject');
  await page.getByTestId('new-text').fill(words);
  await page.keyboard.press('Escape');
  await page.getByTestId('new-text').waitFor({ state: 'detached' });
  await page.reload();
  await page.getByTestId('compose').click();
  await holds(page.getByTestId('new-text'), words);
  await holds(page.getByTestId('new-subject'), 'Half a subject');
  await page.getByTestId('new-to').filter({ hasText: 'Zoe' }).waitFor();
  await page.getByTestId('new-bcc').filter({ hasText: 'boss@example.net' }).waitFor();
  await page.getByTestId('new-send').click();
  await page.getByTestId('message').filter({ hasText: words }).waitFor();
  await page.getByTestId('new-text').waitFor({ state: 'detached' });
  await page.getByTestId('compose').click();
  assert.equal(await page.getByTestId('new-text').inputValue(), '');
});

test('a forward keeps its message, subject and recipients on a second device', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  await page.keyboard.press('f');
  await page.getByTestId('forwarded').filter({ hasText: 'Mira' }).waitFor();
  await page.getByTestId('forward-subject').fill('For you to decide');
  await address(page, 'to', 'boss@example.net');
  await stored(
    page,
    row.number,
    'forward',
    (draft) => draft.subject && draft.to?.length === 1 && draft.message,
  );

  const other = await agent(MIRA);
  await openConversation(other, row.number);
  await other.getByTestId('mode-forward').click();
  await other.getByTestId('forwarded').filter({ hasText: 'Mira' }).waitFor();
  await holds(other.getByTestId('forward-subject'), 'For you to decide');
  await other.getByTestId('to').filter({ hasText: 'boss@example.net' }).waitFor();
  await other.getByTestId('send').click();
  const sent = other.getByTestId('message').filter({ hasText: 'Forwarded message' });
  await sent.filter({ hasText: 'Hello, this is the first message' }).waitFor();
});
