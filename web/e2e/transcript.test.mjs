// A conversation is printed and saved; private notes stay out of it until they are asked for.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  agent,
  call,
  messageWith,
  MIRA,
  newConversation,
  openConversation,
  until,
  violations,
} from './browser.mjs';

test('a transcript is saved as text and as a page and printed, with notes only when asked for', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page, 'Taken along');
  const note = { kind: 'note', text: 'Only among us <b>', client_id: `t-${row.id}` };
  assert.equal((await call(page, 'POST', `/conversations/${row.id}/messages`, note)).status, 201);
  await openConversation(page, row.number);
  await messageWith(page, 'Only among us').waitFor();
  await page.getByTestId('more').click();
  await page.getByTestId('more-transcript').click();
  const dialog = page.getByTestId('transcript');
  await dialog.getByRole('button', { name: 'Print' }).waitFor();
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(await violations(page), []);

  const save = async (name) => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name }).click(),
    ]);
    return readFile(await file.path(), 'utf8');
  };
  const text = await save('Save as text');
  assert.match(text, /the first message/);
  assert.doesNotMatch(text, /Only among us/);
  await dialog.getByRole('switch').click();
  assert.match(await save('Save as a page'), /Only among us &lt;b&gt;/);

  await page.evaluate(() => (globalThis.print = () => (globalThis.__printed = true)));
  await dialog.getByRole('button', { name: 'Print' }).click();
  await until(() => page.evaluate(() => globalThis.__printed), 'the browser is asked to print');
  await page.emulateMedia({ media: 'print' });
  const sheet = page.getByTestId('sheet');
  await sheet.getByText('Only among us').waitFor();
  await page.getByTestId('composer-text').waitFor({ state: 'hidden' });
});
