// A resolved customer is asked how satisfied he is: he taps in the widget, the agent sees it at once, the report counts it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, INES, openConversation, until, URL_OF_DEMO, violations } from './browser.mjs';
import { answer, conversationOf, unique, visitor, write } from './visitors.mjs';

/** Only what these flows begin is asked about, whatever other surveys there are. */
async function survey(page, tag, kind = 'csat') {
  await page.goto(`${URL_OF_DEMO}/settings/surveys`);
  await page.getByTestId('survey-add').click();
  await page.getByLabel('Name', { exact: true }).fill(`Flow ${tag}`);
  await page.getByTestId('survey-kind').selectOption(kind);
  await page.getByTestId('survey-wait').fill('0');
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('survey-save').click();
  const row = page.getByTestId('survey').filter({ hasText: tag });
  await row.waitFor();
  const { body } = await call(page, 'GET', '/surveys');
  const made = body.find((one) => one.name.endsWith(tag));
  const narrowed = { ...made, order: 0, conditions: { field: 'tag', op: 'has', value: tag } };
  delete narrowed.id;
  const saved = await call(page, 'PUT', `/surveys/${made.id}`, narrowed);
  assert.equal(saved.status, 200, JSON.stringify(saved.body));
  return saved.body;
}

test('a visitor rates in the widget, the agent sees it live, the report counts it', async () => {
  const page = await agent(INES);
  const tag = `t${Date.now().toString(36)}`;
  const { words } = await survey(page, tag);
  const shop = await visitor();
  const line = unique('My stove does not light');
  await write(shop, line);
  const row = await conversationOf(page, line);
  await call(page, 'PATCH', `/conversations/${row.id}`, { add_tags: [tag] });
  await answer(page, row.id, 'Turn the valve first, then press the igniter.');
  await openConversation(page, row.number);
  const closed = await call(page, 'PATCH', `/conversations/${row.id}`, { status: 'resolved' });
  assert.equal(closed.status, 200, JSON.stringify(closed.body));

  const buttons = shop.chat.locator('.choices button');
  await buttons.nth(4).waitFor();
  assert.deepEqual(await violations(shop), []);
  const rating = page.getByTestId('rating');
  await rating.waitFor();
  await until(async () => (await rating.getAttribute('data-score')) === '', 'not answered yet');
  await buttons.nth(3).click();
  await until(async () => (await rating.getAttribute('data-score')) === '4', 'the score in the thread');
  const after = (await call(page, 'GET', `/conversations/${row.id}`)).body.row;
  assert.equal(after.category, 'resolved', 'an answer opens nothing');

  await shop.chat.getByText(words.comment_question).waitFor();
  await write(shop, 'Quick and kind');
  await rating.getByText('Quick and kind').waitFor();
  const told = (await call(page, 'GET', `/conversations/${row.id}`)).body.row;
  assert.equal(told.category, 'resolved', 'nor does the comment');

  const more = unique('Quick, kind, and cheap');
  await shop.chat.getByRole('button', { name: 'Change your comment' }).click();
  await shop.chat.getByRole('textbox', { name: 'Add a comment' }).fill(more);
  assert.deepEqual(await violations(shop), []);
  await shop.chat.locator('.log').getByRole('button', { name: 'Send' }).click();
  await rating.getByText(more).waitFor();
  await shop.chat.getByText(more).waitFor();
  const later = (await call(page, 'GET', `/conversations/${row.id}`)).body.row;
  assert.equal(later.category, 'resolved', 'nor does another one');

  // Days of the reports are those of the workspace, and one may end meanwhile.
  const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
  const query = `first=${day(-1)}&last=${day(1)}&by=agent`;
  await until(async () => {
    const { body } = await call(page, 'GET', `/reports/facts?${query}&kind=csat`);
    return body.rows.some((one) => one.comment === more && one.value === 4);
  }, 'the answer in the report');
  await page.goto(`${URL_OF_DEMO}/reports?${query}`);
  await page.getByTestId('tile-csat').getByRole('button').click();
  const list = page.getByTestId('behind');
  await list.getByText(more).waitFor();
  assert.deepEqual(await violations(page), []);
});

test('the page of surveys is drawn for narrow and dark screens', async () => {
  const page = await agent(INES, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  await page.goto(`${URL_OF_DEMO}/settings/surveys`);
  await page.getByTestId('survey-add').click();
  await page.getByTestId('survey-preview').waitFor();
  await page.getByTestId('survey-kind').selectOption('nps');
  await page.getByTestId('survey-preview').getByText('10', { exact: true }).waitFor();
  assert.deepEqual(await violations(page), []);
});
