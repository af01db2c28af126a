// Two customers turn out to be one person: found, compared, merged by keys alone, told to a colleague at once, undone after new messages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  JONAS,
  keepToasts,
  MIRA,
  openConversation,
  RAVI,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';
import { sendMail } from './mail.mjs';

const fresh = (word) => `${word}-${Date.now().toString(36)}`;
const pane = (page) => page.locator('[data-pane=customer]');
const customer = async (page, id) => (await call(page, 'GET', `/customers/${id}`)).body;

async function written(page, from, text) {
  await sendMail({ from, subject: `About ${from}`, text });
  return until(async () => {
    const answer = await call(page, 'GET', `/search?q=${encodeURIComponent(`"About ${from}"`)}`);
    return answer.body.hits?.find((hit) => hit.row.subject === `About ${from}`)?.row;
  }, `a mail of ${from}`);
}

async function knows(page, id, fields) {
  await until(async () => {
    const { version } = await customer(page, id);
    const { status } = await call(page, 'PATCH', `/customers/${id}`, { version, ...fields });
    return status === 200;
  }, 'it is stored, on the version that was seen');
}

async function shot(page, name) {
  if (process.env.INBOX_SHOTS)
    await page.screenshot({ path: `${process.env.INBOX_SHOTS}/persons-${name}.png` });
}

/** The same name by two addresses, both with a plan. */
async function twice(page, name) {
  const word = fresh('p');
  const [stays, goes] = [`${word}-a@mail.example`, `${word}-b@mail.example`];
  const first = await written(page, stays, 'Hello from the first address');
  const second = await written(page, goes, 'Hello from the second address');
  await knows(page, first.customer.id, {
    name: `${name} ${word}`,
    attributes: { plan: 'gold' },
    notes: 'Calls back.',
  });
  await knows(page, second.customer.id, {
    name: `${name} ${word}`,
    attributes: { plan: 'silver', city: 'Bonn' },
  });
  return { word, stays, goes, first, second };
}

test('merged by keys alone, seen by a colleague at once, undone after a new message', async () => {
  const page = await agent(MIRA);
  const { word, stays, goes, first, second } = await twice(page, 'Ada Byron');
  const colleague = await agent(JONAS);
  await openConversation(colleague, second.number);
  await pane(colleague).getByTestId('identity').filter({ hasText: goes }).waitFor();
  await openConversation(page, first.number);
  await pane(page).getByTestId('identity').filter({ hasText: stays }).waitFor();

  await page.getByTestId('merge-customer').press('Enter');
  const dialog = page.getByTestId('persons-dialog');
  const hit = dialog.locator('label').filter({ hasText: goes });
  await hit.getByText('Same name').waitFor();
  await hit.getByTestId('persons-hit').press('Space');
  await dialog.getByTestId('persons-compare').waitFor();
  await dialog.getByTestId('persons-clash').getByRole('radio', { name: 'gold' }).press('ArrowRight');
  await dialog.getByRole('radio', { name: 'silver' }).and(page.locator(':checked')).waitFor();
  assert.deepEqual(await violations(page), []);
  await shot(page, 'light');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });

  for (const screen of [page, colleague]) {
    await pane(screen).getByTestId('identity').filter({ hasText: stays }).waitFor();
    await pane(screen).getByTestId('identity').filter({ hasText: goes }).waitFor();
  }
  const merged = await customer(page, second.customer.id);
  assert.equal(merged.id, first.customer.id, 'the old id leads to the one that stays');
  assert.deepEqual(merged.attributes, { plan: 'silver', city: 'Bonn' });
  await pane(page).getByTestId('other-conversation').filter({ hasText: goes }).waitFor();

  await sendMail({ from: goes, subject: `Later ${word}`, text: 'Something new' });
  const later = await until(async () => {
    const { body } = await call(page, 'GET', `/conversations?customer=${first.customer.id}`);
    return body.rows.find((row) => row.subject === `Later ${word}`);
  }, 'what came since is his, too');

  await shot(page, 'sidebar');
  await page.getByTestId('customer-merge-undo').press('Enter');
  await page.getByTestId('persons-undo').getByText('gets back').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('persons-undo-confirm').press('Enter');
  await pane(page).getByTestId('identity').filter({ hasText: goes }).waitFor({ state: 'detached' });
  await pane(colleague).getByTestId('identity').filter({ hasText: stays }).waitFor({ state: 'detached' });
  const theirs = async () => {
    const { body } = await call(page, 'GET', `/conversations?customer=${second.customer.id}`);
    return body.rows.map((row) => row.id).sort();
  };
  await until(async () => (await theirs()).length === 2, 'both of the second address are back');
  assert.deepEqual(await theirs(), [second.id, later.id].sort());
  assert.deepEqual((await customer(page, first.customer.id)).attributes, { plan: 'gold' });

  const supervisor = await agent(RAVI);
  await supervisor.goto(`${URL_OF_DEMO}/settings/audit`);
  const lines = supervisor.getByTestId('audit').locator('li').filter({ hasText: word });
  await lines.filter({ hasText: 'merged the customers' }).waitFor();
  await lines.filter({ hasText: 'undid the merge of the customers' }).waitFor();
});

test('narrow and dark: turned around, undone in the toast; one that was merged meanwhile is told of', async () => {
  const page = await agent(MIRA, { colorScheme: 'dark', viewport: { width: 390, height: 844 } });
  const { word, first, second } = await twice(page, 'عائشة بنت عبد الرحمن الطويلة الاسم جدًا');
  await openConversation(page, first.number);
  await page.getByRole('button', { name: 'Customer', exact: true }).click();
  await page.getByTestId('merge-customer').click();
  const dialog = page.getByTestId('persons-dialog');
  await dialog.getByTestId('persons-find').fill(`#${second.number}`);
  await dialog
    .locator('label')
    .filter({ hasText: `${word}-b@` })
    .getByTestId('persons-hit')
    .check();
  await dialog.getByTestId('persons-compare').waitFor();
  await dialog.getByTestId('persons-turn').click();
  assert.deepEqual(await violations(page), []);
  await shot(page, 'dark-390');
  // Somebody else was faster.
  await knows(page, second.customer.id, { company: 'Elsewhere' });
  await dialog.getByTestId('persons-confirm').click();
  await dialog.getByRole('alert').filter({ hasText: 'meanwhile' }).waitFor();
  await dialog.getByTestId('persons-compare').getByText('Elsewhere').waitFor();
  await dialog.getByTestId('persons-turn').click();
  await keepToasts(page);
  await dialog.getByTestId('persons-confirm').click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal((await customer(page, first.customer.id)).id, second.customer.id);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await until(
    async () => (await customer(page, first.customer.id)).id === first.customer.id,
    'undone in the toast',
  );
});
