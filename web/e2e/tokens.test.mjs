// A token for a program: made on its page, used without a browser, revoked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AMINA, agent, call, URL_OF_DEMO, until, violations } from './browser.mjs';

const counts = (token) =>
  fetch(`${URL_OF_DEMO}/api/v1/counts`, { headers: { Authorization: `Bearer ${token}` } });

test('a token is made, used and revoked', async () => {
  const page = await agent(AMINA);
  for (const { id } of (await call(page, 'GET', '/tokens')).body) await call(page, 'DELETE', `/tokens/${id}`);
  await page.goto(`${URL_OF_DEMO}/settings/tokens`);
  await page.getByText('No program has a token yet').waitFor();
  await page.getByTestId('new-token').click();
  await page.getByRole('button', { name: 'Make the token' }).click();
  await page.getByText('This must not be empty.').waitFor();
  await page.getByLabel('Name').fill('Nightly export');
  assert.deepEqual(await page.getByLabel('May').locator('option').allTextContents(), [
    'Read only',
    'Read and write',
  ]);
  assert.deepEqual(await violations(page), []);
  await page.getByLabel('Name').press('Enter');
  const token = await page.getByTestId('token').textContent();
  assert.match(token, /^inbox_/);
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  assert.equal((await counts(token)).status, 200);
  await page.reload();
  await page.getByText('Nightly export').waitFor();
  assert.ok(!(await page.content()).includes(token));
  await page.getByRole('button', { name: 'Revoke Nightly export' }).click();
  await page.getByTestId('confirmed').click();
  await until(async () => (await counts(token)).status === 401, 'the token is worth nothing');
});
