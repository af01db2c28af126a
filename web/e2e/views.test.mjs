// Filters over a view, and the views that people save.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, JONAS, MIRA, newConversation, until, URL_OF_DEMO, violations } from './browser.mjs';

const rowOf = (page, number) => page.locator(`[data-testid=row][data-number="${number}"]`);
const rows = (page) => page.getByTestId('row').count();

async function tagged(page, tag) {
  const row = await newConversation(page, 'For a view');
  await call(page, 'PATCH', `/conversations/${row.number}`, { add_tags: [tag] });
  return row;
}

test('a filter is completed while it is typed, stands in the address, and is live', async () => {
  const page = await agent(MIRA);
  const tag = `f${Date.now().toString(36)}`;
  const row = await tagged(page, tag);
  await page.reload();
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await page.getByTestId('row').first().waitFor();
  await page.keyboard.press('Shift+F');
  await page.locator('[data-testid=filter]:focus').waitFor();
  const field = page.getByTestId('filter');
  await field.fill('ta');
  await page.getByRole('option', { name: 'tag:' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.type(tag.slice(0, -1));
  await page.getByRole('option', { name: tag }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await until(async () => (await field.inputValue()) === `tag:${tag} `, 'the tag is completed');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('filter') === `tag:${tag}`);
  await rowOf(page, row.number).waitFor();
  await until(async () => (await rows(page)) === 1, 'only the tagged one');
  const second = await tagged(page, tag);
  await rowOf(page, second.number).waitFor();
  await page.reload();
  await rowOf(page, row.number).waitFor();
  await page.getByTestId('filter').fill('tag:nosuch');
  await page.keyboard.press('Enter');
  const nothing = page.getByTestId('list-empty');
  await nothing.getByText('No results for “tag:nosuch”.').waitFor();
  assert.deepEqual(await violations(page), []);
  await nothing.getByRole('button', { name: 'Clear the filter' }).click();
  await until(async () => (await rows(page)) > 1, 'without the filter');
  await page.getByTestId('open-filter').click();
  await page.getByTestId('filter').fill('hello');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'is no filter' }).waitFor();
  await page.getByTestId('filter-clear').click();
  await until(async () => (await rows(page)) > 1, 'all of them again');
});

test('names of people are written and read, ids are in the address', async () => {
  const page = await agent(MIRA);
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await page.getByTestId('open-filter').click();
  await page.getByTestId('filter').fill('assignee:"jonas weber"');
  await page.getByRole('option', { name: 'Jonas Weber' }).waitFor();
  await page.keyboard.press('Escape'); // the suggestions go, the field stays
  await page.keyboard.press('Enter');
  await page.waitForURL(/filter=assignee/);
  assert.doesNotMatch(decodeURIComponent(page.url()), /weber/i);
  await page.reload();
  await until(async () => /Jonas Weber/.test(await page.getByTestId('filter').inputValue()), 'his name');
});

test('a filter is saved as a view that counts live, is changed and removed', async () => {
  const page = await agent(MIRA);
  const tag = `v${Date.now().toString(36)}x`; // no number at its end, where the counter stands
  await tagged(page, tag);
  await page.goto(`${URL_OF_DEMO}/inbox/all?filter=tag:${tag}`);
  await page.getByTestId('filter-save').click();
  await page.getByTestId('view-name').fill(`View ${tag}`);
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('view-save').click();
  const entry = page.getByTestId('saved-view').filter({ hasText: `View ${tag}` });
  await entry.waitFor();
  await page.getByRole('heading', { level: 1, name: `View ${tag}` }).waitFor();
  await until(async () => /1$/.test((await entry.innerText()).trim()), 'the counter');
  await tagged(page, tag);
  await until(async () => /2$/.test((await entry.innerText()).trim()), 'the counter follows');
  await page.getByTestId('view-edit').click();
  await page.getByTestId('view-filter').fill(`tag:${tag} is:late`);
  await page.getByTestId('view-save').click();
  await page.getByTestId('list-empty').waitFor(); // the changed filter
  await until(async () => !/\d$/.test((await entry.innerText()).trim()), 'nothing is late');
  await page.getByTestId('view-edit').click();
  await page.getByTestId('view-delete').click();
  await entry.waitFor({ state: 'detached' });
  await page.getByTestId('toast').last().getByRole('button', { name: 'Undo' }).click();
  await entry.click();
  await page.getByTestId('list-empty').waitFor(); // its filter came back with it
  await page.getByTestId('view-edit').click();
  await page.getByTestId('view-delete').click();
  await entry.waitFor({ state: 'detached' });
});

test('a list is sorted in another order, which stands in the address and in the view that is saved from it', async () => {
  const page = await agent(MIRA);
  const tag = `o${Date.now().toString(36)}`;
  const [older, newer] = [await tagged(page, tag), await tagged(page, tag)];
  const rank = (row, priority) => call(page, 'PATCH', `/conversations/${row.number}`, { priority });
  await rank(older, 'urgent');
  const shown = (rows, why) => {
    const wanted = rows.map(({ number }) => number);
    const numbers = () =>
      page.getByTestId('row').evaluateAll((all) => all.map((row) => Number(row.dataset.number)));
    return until(async () => String(await numbers()) === String(wanted), why);
  };
  await page.goto(`${URL_OF_DEMO}/inbox/all?filter=${encodeURIComponent(`tag:${tag}`)}`);
  await shown([newer, older], 'by activity');
  await page.getByTestId('sort').selectOption('priority');
  await shown([older, newer], 'by priority');
  assert.equal(new URL(page.url()).searchParams.get('filter'), `tag:${tag} sort:priority`);
  assert.deepEqual(await violations(page), []);
  await rank(older, 'low');
  await shown([newer, older], 'live in its order');
  await page.getByTestId('sort').selectOption('activity');
  await shown([newer, older], 'by activity again');
  await page.getByTestId('filter').fill(`tag:${tag} sort:priority`);
  await page.keyboard.press('Enter');
  await page.waitForURL(/priority/);
  await page.getByTestId('filter-save').click();
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.getByLabel('Order').inputValue(), 'priority');
  await dialog.getByLabel('Name').fill(tag);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: tag }).waitFor();
  await rank(older, 'high');
  await shown([older, newer], 'in the order of the view');
  await page.goto(`${URL_OF_DEMO}/inbox/due?filter=is%3Aclosed`);
  await page.getByRole('alert').filter({ hasText: 'sorted by activity' }).waitFor();
});

test('a search takes what filters take, and offers names', async () => {
  const page = await agent(MIRA);
  const mark = `m${Date.now().toString(36)}`;
  const row = await newConversation(page, `Searched ${mark}`);
  await call(page, 'PATCH', `/conversations/${row.number}`, { priority: 'urgent' });
  await page.keyboard.press('/');
  const field = page.getByTestId('search');
  await field.pressSequentially('queue:');
  await page.getByRole('option', { name: 'Repairs' }).waitFor();
  await field.fill('priority:urgent is:op');
  await page.getByRole('option', { name: 'open', exact: false }).first().waitFor();
  const sought = `priority:urgent is:waiting ${mark}`;
  await until(
    async () => (await call(page, 'GET', `/search?q=${encodeURIComponent(sought)}`)).body.hits?.length,
    'it is indexed',
  );
  await field.fill(sought);
  await field.press('Enter');
  await rowOf(page, row.number).waitFor();
  assert.equal(await rows(page), 1);
  await field.fill(`priority:low is:waiting ${mark}`);
  await field.press('Enter');
  await page.getByText(`No results for “priority:low is:waiting ${mark}”.`).waitFor();
  assert.equal(await rows(page), 0);
  await field.fill('is:');
  await field.press('Enter');
  await page.getByRole('alert').waitFor();
  await field.fill('');
  await page.getByRole('option', { name: 'is:' }).first().waitFor(); // kept among the recent ones, beside the operator
});

test('a view of the team is there for its members at once, a private one for nobody else', async () => {
  const [mira, jonas] = [await agent(MIRA), await agent(JONAS)];
  const name = `Shared ${Date.now().toString(36)}`;
  const boot = (await call(mira, 'GET', '/bootstrap')).body;
  const team = boot.me.teams[0];
  const made = await call(mira, 'POST', '/views', { name, filter: 'is:open', share: 'team', team });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const secret = await call(mira, 'POST', '/views', { name: `${name} secret`, filter: 'is:open' });
  const entry = jonas.getByTestId('saved-view').filter({ hasText: name });
  await entry.first().waitFor();
  assert.equal(await entry.count(), 1);
  await entry.click();
  await jonas.getByRole('heading', { level: 1, name }).waitFor();
  for (const view of [made, secret]) await call(mira, 'DELETE', `/views/${view.body.id}`);
  await entry.waitFor({ state: 'detached' });
});

test('a view that a colleague deletes while it is open leaves the conversation beside it, and leads on', async () => {
  const [mira, jonas] = [await agent(MIRA), await agent(JONAS)];
  const name = `Passing ${Date.now().toString(36)}`;
  const row = await newConversation(mira, name);
  const team = (await call(mira, 'GET', '/bootstrap')).body.me.teams[0];
  const view = await call(mira, 'POST', '/views', { name, filter: 'is:waiting', share: 'team', team });
  const entry = jonas.getByTestId('saved-view').filter({ hasText: name });
  await entry.click();
  await rowOf(jonas, row.number).click();
  const thread = jonas.getByRole('region', { name: 'Conversation' });
  await thread.getByRole('heading', { name }).waitFor();
  await jonas.locator(`[data-testid=row][data-number="${row.number}"]`).focus();
  await call(mira, 'DELETE', `/views/${view.body.id}`);
  const gone = jonas.getByTestId('gone');
  await gone.getByText('This view is not here any more').waitFor();
  await jonas.locator('[data-testid=gone] a:focus').waitFor();
  assert.equal(await entry.count(), 0);
  await thread.getByRole('heading', { name }).waitFor();
  assert.deepEqual(await violations(jonas), []);
  await jonas.reload();
  await gone.waitFor();
  await thread.getByRole('heading', { name }).waitFor();
  await gone.getByRole('link', { name: 'All open' }).click();
  await jonas.waitForURL(`**/inbox/all/${row.number}`);
  await rowOf(jonas, row.number).waitFor();
});

test('saved views stand in the order one puts them into, with the pointer or by keys, on every device', async () => {
  const page = await agent(MIRA);
  const mark = Date.now().toString(36);
  const made = [];
  for (const name of ['a', 'b', 'c'])
    made.push(
      (await call(page, 'POST', '/views', { name: `${name} ${mark}`, filter: 'tag:none', version: 0 })).body,
    );
  const order = async (page) =>
    (await page.getByTestId('saved-view').allInnerTexts())
      .filter((text) => text.includes(mark))
      .map((text) => text[0])
      .join('');
  const view = (page, name) => page.getByTestId('saved-view').filter({ hasText: `${name} ${mark}` });
  try {
    await until(async () => (await order(page)) === 'abc', 'by name');
    await page.locator('[data-arranged]').waitFor();
    const stored = page.waitForResponse(
      (one) => one.url().endsWith('/me') && one.request().method() === 'PATCH',
    );
    await view(page, 'c').dragTo(view(page, 'a'), { targetPosition: { x: 40, y: 2 } });
    await until(async () => (await order(page)) === 'cab', 'dragged to the top');
    await stored;
    await page.reload();
    await until(async () => (await order(page)) === 'cab', 'loaded again');
    const elsewhere = await agent(MIRA);
    await until(async () => (await order(elsewhere)) === 'cab', 'in another browser');
    await elsewhere.locator('[data-arranged]').waitFor();
    await view(elsewhere, 'a').focus();
    await elsewhere.keyboard.press('Shift+ArrowDown');
    await until(async () => (await order(elsewhere)) === 'cba', 'moved by keys');
    assert.equal(await view(elsewhere, 'a').evaluate((one) => one === document.activeElement), true);
    await until(async () => (await order(page)) === 'cba', 'the first window hears of it');
    await view(page, 'b').click();
    await page.keyboard.press('Control+k');
    await page.getByTestId('palette-input').fill(`b ${mark} up`);
    await page.getByRole('option', { selected: true, name: 'up' }).waitFor();
    await page.keyboard.press('Enter');
    await until(async () => (await order(page)) === 'bca', 'moved from the palette');
  } finally {
    for (const one of made) await call(page, 'DELETE', `/views/${one.id}`);
    await call(page, 'PATCH', '/me', { screen: {} });
  }
});
