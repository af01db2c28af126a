// What was said before: a visitor finds his earlier conversations, goes on with one, and has it mailed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, messageWith, MIRA, openConversation, violations } from './browser.mjs';
import { sentTo } from './mail.mjs';
import { answer, conversationOf, stored, unique, visitor, write } from './visitors.mjs';

test('an earlier conversation is found, mailed and gone on with', async () => {
  const mira = await agent(MIRA);
  const page = await visitor({ colorScheme: 'dark' });
  const question = unique('Do you sell stoves?');
  await write(page, question);
  const row = await conversationOf(mira, question);
  const reply = unique('We do');
  await answer(mira, row.id, reply);
  await page.chat.getByText(reply).waitFor();
  const note = unique('He asks a lot');
  const body = { kind: 'note', text: note, client_id: crypto.randomUUID() };
  assert.equal((await call(mira, 'POST', `/conversations/${row.id}/messages`, body)).status, 201);

  const past = page.chat.locator('.past');
  await page.chat.getByRole('button', { name: 'Your conversations' }).click();
  await past.getByText('The one you are in').waitFor();
  assert.deepEqual(await violations(page), []);
  await past.getByText(reply).click();
  await past.getByText(question).waitFor();
  assert.equal(await past.getByText(note).count(), 0);
  await past.getByRole('button', { name: 'Send it by email' }).click();
  const address = `transcript-${crypto.randomUUID().slice(0, 8)}@example.org`;
  await page.keyboard.type('nobody');
  await page.keyboard.press('Enter');
  await past.getByText('Please check this address.').waitFor();
  await past.getByLabel('Email').fill(address);
  await page.keyboard.press('Enter');
  await past.getByText(`It is on its way to ${address}.`).waitFor();
  assert.deepEqual(await violations(page), []);
  const { headers, text } = await sentTo(address);
  assert.equal(headers.subject, 'Your conversation with Northwind Outdoor');
  assert.ok(text.includes(question) && text.includes(reply), text);
  assert.ok(!text.includes(note), 'a note never leaves');
  await past.getByRole('button', { name: 'Send it by email' }).click();
  await past.getByLabel('Email').fill(address);
  await page.keyboard.press('Enter');
  await past.getByText('One was sent just now.', { exact: false }).waitFor();

  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.chat.locator('textarea').waitFor();
  await openConversation(mira, row.number);
  await messageWith(mira, 'This is your conversation, as you asked.').waitFor();
});

test('a visitor who was moved to another conversation goes back to the first', async () => {
  const mira = await agent(MIRA);
  const page = await visitor({ viewport: { width: 390, height: 844 } });
  const [first, second] = [unique('The first matter'), unique('The second matter')];
  await write(page, first);
  const row = await conversationOf(mira, first);
  await write(page, second);
  await conversationOf(mira, second);
  const seen = (await call(mira, 'GET', `/conversations/${row.id}`)).body.timeline.items;
  const moved = seen.find((one) => one.text === second);
  const split = await call(mira, 'POST', `/conversations/${row.id}/move`, { messages: [moved.id] });
  assert.ok(split.status < 300, JSON.stringify(split.body));
  await page.reload();
  await page.chat.getByText(first, { exact: true }).waitFor({ state: 'detached' });
  await page.chat.getByRole('button', { name: 'Your conversations' }).click();
  const past = page.chat.locator('.past');
  await past.getByText(first).click();
  await past.getByRole('button', { name: 'Continue this conversation' }).click();
  await page.chat.getByText(first).waitFor();
  const third = unique('More about the first');
  await page.chat.locator('textarea').fill(third);
  await page.keyboard.press('Enter');
  await stored(page, third);
  const { id } = await conversationOf(mira, third);
  assert.equal(id, row.id);
});
