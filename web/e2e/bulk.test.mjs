// What an agent does to many conversations at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, JONAS, MIRA, newConversation, until, URL_OF_DEMO, violations } from './browser.mjs';

const rowOf = (page, number) => page.locator(`[data-testid=row][data-number="${number}"]`);
const boxOf = (page, number) =>
  page
    .getByRole('listitem')
    .filter({ has: rowOf(page, number) })
    .getByTestId('select');
const bulk = (page) => page.getByTestId('bulk');

async function three(page) {
  const rows = [];
  for (let i = 0; i < 3; i++) rows.push(await newConversation(page, 'In bulk'));
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  for (const row of rows) await rowOf(page, row.number).waitFor();
  return rows;
}

const stands = async (page, row) => (await call(page, 'GET', `/conversations/${row.number}`)).body.row;

test('several rows are chosen, closed together, and opened again by Z', async () => {
  const page = await agent(MIRA);
  const rows = await three(page);
  for (const row of rows) await boxOf(page, row.number).check();
  assert.match(await page.getByTestId('bulk-count').innerText(), /3 selected/);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('e');
  await page.getByText('Close: 3 done').waitFor();
  for (const row of rows) assert.equal((await stands(page, row)).category, 'resolved');
  await bulk(page).waitFor({ state: 'detached' });
  await page.keyboard.press('z');
  await page.getByText('3 conversations are as they were').waitFor();
  for (const row of rows) assert.notEqual((await stands(page, row)).category, 'resolved');
});

test('by the keyboard alone: X, Shift with arrows, and the menus of the bar', async () => {
  const page = await agent(MIRA);
  const rows = await three(page);
  const newest = rows[2];
  await rowOf(page, newest.number).focus();
  await page.keyboard.press('x');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+J');
  assert.match(await page.getByTestId('bulk-count').innerText(), /3 selected/);
  await page.keyboard.press('p');
  await page.getByTestId('bulk-priority-urgent').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('Priority Urgent: 3 done').waitFor();
  for (const row of rows) assert.equal((await stands(page, row)).priority, 'urgent');
  await rowOf(page, newest.number).focus();
  await page.keyboard.press('x');
  await page.keyboard.press('Escape');
  await bulk(page).waitFor({ state: 'detached' });
});

test('Shift and a click choose a range; what cannot be done is said', async () => {
  const page = await agent(MIRA);
  const rows = await three(page);
  await call(page, 'PATCH', `/conversations/${rows[1].number}`, { status: 'resolved' });
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await boxOf(page, rows[2].number).check();
  await rowOf(page, rows[0].number).click({ modifiers: ['Shift'] });
  assert.match(await page.getByTestId('bulk-count').innerText(), /2 selected/);
  await call(page, 'PATCH', `/conversations/${rows[0].number}`, { status: 'resolved' });
  await until(async () => (await stands(page, rows[0])).category === 'resolved', 'closed by hand');
  await boxOf(page, rows[2].number).focus();
  await page.getByTestId('bulk-close').click();
  await page.getByText(/Close: (1|2) done/).waitFor();
});

test('a whole view is taken by the service, for whoever may see it', async () => {
  const page = await agent(JONAS);
  const row = await newConversation(page, 'All of it');
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await rowOf(page, row.number).waitFor();
  const before = (await call(page, 'GET', '/conversations?view=all&limit=100')).body;
  await page.keyboard.press('*');
  await page.keyboard.press('a');
  assert.match(await page.getByTestId('bulk-count').innerText(), /selected/);
  const answer = await call(page, 'POST', '/jobs', { view: 'all', change: { add_tags: ['bulk-flow'] } });
  assert.equal(answer.status, 201);
  assert.ok(answer.body.total >= before.rows.length);
  await page.getByText(/Tag bulk-flow: \d+ done/).waitFor();
  await call(page, 'POST', `/jobs/${answer.body.id}/undo`);
  await until(async () => !(await stands(page, row)).tags.includes('bulk-flow'), 'taken back');
});

test('on a telephone the boxes are asked for', async () => {
  const page = await agent(MIRA, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const [row] = await three(page);
  await page.getByTestId('begin-select').click();
  await boxOf(page, row.number).check();
  await bulk(page).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('bulk-clear').click();
  await bulk(page).waitFor({ state: 'detached' });
});
