// What an agent does to many conversations at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  focused,
  JONAS,
  MIRA,
  newConversation,
  said,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

const rowOf = (page, number) => page.locator(`[data-testid=row][data-number="${number}"]`);
const boxOf = (page, number) =>
  page
    .getByRole('listitem')
    .filter({ has: rowOf(page, number) })
    .getByTestId('select');
const bulk = (page) => page.getByTestId('bulk');
const chosen = (page, words) => page.getByTestId('bulk-count').filter({ hasText: words }).waitFor();

/** Three conversations alone in a list: what others do meanwhile comes between none of them. */
async function three(page) {
  const rows = [];
  const tag = `bulk-${crypto.randomUUID().slice(0, 8)}`;
  for (let i = 0; i < 3; i++) {
    const row = await newConversation(page, 'In bulk');
    const tagged = await call(page, 'PATCH', `/conversations/${row.number}`, { add_tags: [tag] });
    assert.equal(tagged.status, 200, JSON.stringify(tagged.body));
    rows.push(row);
  }
  rows.list = `${URL_OF_DEMO}/inbox/all?filter=${encodeURIComponent(`tag:${tag}`)}`;
  await page.goto(rows.list);
  for (const row of rows) await rowOf(page, row.number).waitFor();
  return rows;
}

const stands = async (page, row) => (await call(page, 'GET', `/conversations/${row.number}`)).body.row;

test('several rows are chosen, closed together, and opened again by Z', async () => {
  const page = await agent(MIRA);
  const rows = await three(page);
  for (const row of rows) await boxOf(page, row.number).check();
  await chosen(page, '3 selected');
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('e');
  await said(page, 'Close: 3 done');
  for (const row of rows) assert.equal((await stands(page, row)).category, 'resolved');
  await bulk(page).waitFor({ state: 'detached' });
  await page.keyboard.press('z');
  await said(page, '3 conversations are as they were');
  for (const row of rows) assert.notEqual((await stands(page, row)).category, 'resolved');
});

test('by the keyboard alone: X, Shift with arrows, and the menus of the bar', async () => {
  const page = await agent(MIRA);
  const rows = await three(page);
  const newest = rows[2];
  await rowOf(page, newest.number).focus();
  await page.keyboard.press('x');
  await chosen(page, '1 selected');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+J');
  await chosen(page, '3 selected');
  await page.keyboard.press('p');
  await focused(page.getByTestId('bulk-priority-urgent'));
  await page.keyboard.press('Enter');
  await said(page, 'Priority Urgent: 3 done');
  for (const row of rows) assert.equal((await stands(page, row)).priority, 'urgent');
  await bulk(page).waitFor({ state: 'detached' });
  await rowOf(page, newest.number).focus();
  await page.keyboard.press('x');
  await chosen(page, '1 selected');
  await page.keyboard.press('Escape');
  await bulk(page).waitFor({ state: 'detached' });
});

test('a menu that is open stays in the window when a phone is turned', async () => {
  const page = await agent(MIRA);
  const [row] = await three(page);
  await page.setViewportSize({ width: 844, height: 390 });
  await rowOf(page, row.number).focus();
  await page.keyboard.press('x');
  await bulk(page).waitFor();
  await page.keyboard.press('a');
  const menu = page.locator(':popover-open');
  await menu.waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await until(async () => {
    const box = await menu.boundingBox();
    return box !== null && box.x >= 0 && box.x + box.width <= 390;
  }, 'it is within the window');
});

test('Shift and a click choose a range; what cannot be done is said', async () => {
  const page = await agent(MIRA);
  const rows = await three(page);
  await call(page, 'PATCH', `/conversations/${rows[1].number}`, { status: 'resolved' });
  await page.goto(rows.list);
  await boxOf(page, rows[2].number).check();
  await rowOf(page, rows[0].number).click({ modifiers: ['Shift'] });
  await chosen(page, '2 selected');
  await call(page, 'PATCH', `/conversations/${rows[0].number}`, { status: 'resolved' });
  // By its address: the bar takes what is closed by hand off the selection as soon as the page hears of it.
  const named = [rows[0].id, rows[2].id];
  const answer = await call(page, 'POST', '/jobs', { conversations: named, change: { status: 'resolved' } });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  await said(page, /Close: 1 done, 1 skipped \(1 were so already\)/);
});

test('a whole view is taken by the service, for whoever may see it', async () => {
  const page = await agent(JONAS);
  const row = await newConversation(page, 'All of it');
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await rowOf(page, row.number).waitFor();
  const before = (await call(page, 'GET', '/conversations?view=all&limit=100')).body;
  // The second key counts for a moment only.
  const all = page.getByTestId('bulk-count').filter({ hasText: 'selected' });
  await until(async () => {
    await page.keyboard.type('*a');
    return all.waitFor({ timeout: 3000 }).then(
      () => true,
      () => false,
    );
  }, 'all that is shown is selected');
  const answer = await call(page, 'POST', '/jobs', { view: 'all', change: { add_tags: ['bulk-flow'] } });
  assert.equal(answer.status, 201);
  assert.ok(answer.body.total >= before.rows.length);
  await said(page, /Tag bulk-flow: \d+ done/);
  const undo = await call(page, 'POST', `/jobs/${answer.body.id}/undo`);
  assert.equal(undo.status, 201, JSON.stringify(undo.body));
  await until(async () => !(await stands(page, row)).tags.includes('bulk-flow'), 'taken back');
  // Other flows find everything as it was.
  const state = async () => (await call(page, 'GET', `/jobs/${undo.body.id}`)).body.state;
  await until(async () => (await state()) !== 'running', 'taken back everywhere');
});

test('all of a filtered list is offered with its number, and just so many are changed', async () => {
  const page = await agent(MIRA);
  const MORE_THAN_A_PAGE = 53;
  const rows = [];
  for (let i = 0; i < MORE_THAN_A_PAGE; i++) rows.push(await newConversation(page, 'Counted'));
  const tag = `counted-${crypto.randomUUID().slice(0, 8)}`;
  const conversations = rows.map(({ id }) => id);
  const tagged = await call(page, 'POST', '/jobs', { conversations, change: { add_tags: [tag] } });
  const state = async () => (await call(page, 'GET', `/jobs/${tagged.body.id}`)).body.state;
  await until(async () => (await state()) === 'done', 'all of them have the tag');
  await page.goto(`${URL_OF_DEMO}/inbox/all?filter=${encodeURIComponent(`tag:${tag}`)}`);
  await rowOf(page, rows.at(-1).number).waitFor();
  await boxOf(page, rows.at(-1).number).check();
  await page.getByTestId('bulk-all').click();
  const whole = page.getByTestId('bulk-whole');
  await whole.filter({ hasText: `Select all ${MORE_THAN_A_PAGE} in this view` }).waitFor();
  assert.deepEqual(await violations(page), []);
  await whole.click();
  await chosen(page, `All ${MORE_THAN_A_PAGE} in this view`);
  await page.keyboard.press('e');
  await said(page, `Close: ${MORE_THAN_A_PAGE} done`);
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
