// An admin adds a webhook and sees why it does not answer; an alert goes to it, to a mail address and to who supervises.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { agent, call, newConversation, until, URL_OF_DEMO, violations } from './browser.mjs';

const SENT = process.env.INBOX_SENT;

async function mailed(words) {
  for (const name of await readdir(SENT)) {
    const text = await readFile(path.join(SENT, name), 'utf8').catch(() => '');
    if (text.includes(words)) return text;
  }
  return '';
}

test('an alert calls a webhook and writes a mail, and both say what became of it', async () => {
  const ines = await agent('ines@northwind.example');
  const name = `Hook ${Date.now()}`;
  await ines.goto(`${URL_OF_DEMO}/settings/webhooks`);
  await ines.getByTestId('webhook-add').click();
  await ines.getByRole('textbox', { name: 'Name' }).fill(name);
  await ines.getByRole('textbox', { name: 'Address' }).fill('https://127.0.0.1:9/in');
  const secret = ines.getByRole('textbox', { name: 'Secret' });
  await until(async () => /^whsec_.{44}$/.test(await secret.inputValue()), 'a secret is proposed');
  await ines.getByRole('button', { name: 'Save' }).click();
  const row = ines.getByTestId('webhook-row').filter({ hasText: name });
  await row.getByText('Not called yet').waitFor();
  await row.getByRole('button', { name: `Send a test to ${name}` }).click();
  await row.getByText('the address does not lead to the internet by https').waitFor();
  assert.deepEqual(await violations(ines), []);

  const condition = { field: 'tag', op: 'has', value: name };
  const queue = (
    await call(ines, 'POST', '/queues', { name, version: 0, conditions: condition, strategy: 'manual' })
  ).body;
  await ines.goto(`${URL_OF_DEMO}/settings/alerts`);
  await ines.getByTestId('alert-add').click();
  await ines.getByRole('textbox', { name: 'Name' }).fill(name);
  await ines.getByRole('combobox', { name: 'Where' }).selectOption({ label: name });
  await ines.getByRole('spinbutton', { name: 'More than' }).fill('0');
  await ines.getByRole('textbox', { name: 'Also by mail to' }).fill(`${queue.id}@northwind.example`);
  await ines.getByRole('switch', { name }).click();
  await ines.getByRole('button', { name: 'Save' }).click();
  const alert = ines.getByTestId('alert-row').filter({ hasText: name });
  await alert.waitFor();

  const waits = await newConversation(ines, 'Raises an alert');
  const fill = { add_tags: [name], assignee: null, status: 'open' };
  await call(ines, 'PATCH', `/conversations/${waits.id}`, fill);
  await alert.getByText(`To ${name}: `).waitFor();
  await until(async () => (await mailed(`${queue.id}@northwind.example`)).includes(name), 'the mail is out');
  await ines.getByTestId('bell').first().click();
  await ines
    .getByTestId('notice')
    .filter({ hasText: `Alert: ${name}` })
    .waitFor();
  assert.deepEqual(await violations(ines), []);

  await call(ines, 'PATCH', `/conversations/${waits.id}`, { assignee: 'ines' });
  for (const list of ['alerts', 'webhooks', 'queues'])
    for (const one of (await call(ines, 'GET', `/${list}`)).body)
      if (one.name === name) await call(ines, 'DELETE', `/${list}/${one.id}`);
});
