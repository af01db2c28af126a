// The navigation: what one was mentioned in, and how much room it takes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  AMINA,
  call,
  JONAS,
  newConversation,
  sequence,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

const rowOf = (page, number) => page.locator(`[data-testid=row][data-number="${number}"]`);

/** What the navigation counts in a view; nothing is shown for none. */
const counted = (page) =>
  page.getByTestId('view-mentions').evaluate((one) => Number(one.querySelector('.count')?.textContent ?? 0));

test('what one was mentioned in has a view of its own, until it is closed', async () => {
  const [amina, jonas] = [await agent(AMINA), await agent(JONAS)];
  const row = await newConversation(jonas, 'For two');
  const me = (await call(amina, 'GET', '/session')).body.id;
  await sequence(amina, 'g', 'm');
  await amina.waitForURL('**/inbox/mentions');
  await amina.getByTestId('row').or(amina.getByTestId('list-empty')).first().waitFor();
  assert.equal(await rowOf(amina, row.number).count(), 0, 'nobody was mentioned yet');
  const body = { kind: 'note', text: 'Can you look?', mentions: [me], client_id: `n-${row.id}` };
  const noted = await call(jonas, 'POST', `/conversations/${row.number}/messages`, body);
  assert.equal(noted.status, 201, JSON.stringify(noted.body));
  await rowOf(amina, row.number).waitFor();
  await until(
    async () => (await counted(amina)) === (await amina.getByTestId('row').count()),
    'all are counted',
  );
  assert.deepEqual(await violations(amina), []);

  await jonas.goto(`${URL_OF_DEMO}/inbox/mentions`);
  await jonas.getByTestId('view-mentions').waitFor();
  await call(jonas, 'PATCH', `/conversations/${row.number}`, {
    status: 'snoozed',
    until: Date.now() + 3_600_000,
  });
  await until(
    async () => (await call(amina, 'GET', `/conversations/${row.number}`)).body.row.category === 'snoozed',
    'it sleeps',
  );
  await amina.goto(`${URL_OF_DEMO}/inbox/all?filter=${encodeURIComponent('is:snoozed is:mentioned')}`);
  await rowOf(amina, row.number).waitFor();
  await amina.goto(`${URL_OF_DEMO}/inbox/mentions`);
  await rowOf(amina, row.number).waitFor();
  await call(jonas, 'PATCH', `/conversations/${row.number}`, { status: 'resolved' });
  await rowOf(amina, row.number).waitFor({ state: 'detached' });
  await until(
    async () => (await counted(amina)) === (await amina.getByTestId('row').count()),
    'counted anew',
  );
  assert.deepEqual([amina.complaints, jonas.complaints], [[], []]);
});

test('the navigation folds to its icons by a key or a button, and stays as it was left', async () => {
  const page = await agent(AMINA);
  const nav = page.locator('[data-pane=nav]');
  const width = async () => (await nav.boundingBox()).width;
  const wide = await width();
  await page.keyboard.press('[');
  await until(async () => (await width()) < wide / 2, 'only icons');
  await page.getByRole('link', { name: 'Mentions' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.reload();
  await page.getByTestId('view-mine').waitFor();
  assert.ok((await width()) < wide / 2, 'still so');
  await page.getByTestId('fold-nav').click();
  await until(async () => (await width()) === wide, 'with its words again');
  assert.deepEqual(page.complaints, []);
});
