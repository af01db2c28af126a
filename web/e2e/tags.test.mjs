// Tags: described and coloured on their page, renamed, merged and removed in every conversation, and taken back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  AMINA,
  call,
  INES,
  keepToasts,
  newConversation,
  said,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

const fresh = (word) => `${word}${Date.now().toString(36)}`;
const rowOf = (page, name) =>
  page.getByTestId('tag-row').filter({ has: page.locator('.chip', { hasText: new RegExp(`^${name}$`) }) });

async function tagsOf(page, row) {
  return (await call(page, 'GET', `/conversations/${row.id}`)).body.row.tags;
}

test('a tag is made, given, renamed everywhere, merged, removed, and each is undone', async () => {
  const page = await agent(INES);
  const [name, later, other] = [fresh('Refund'), fresh('Money'), fresh('Back')];
  const row = await newConversation(page, 'Tags');
  await page.goto(`${URL_OF_DEMO}/settings/tags`);
  await page.getByTestId('tag-add').click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Description').fill('Wants it back');
  await page.getByLabel('Purple').check();
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('tag-save').click();
  await page.getByLabel('Find a tag').fill(`BÁCK ${name}`); // in any order, without accents
  await rowOf(page, name).waitFor();

  await call(page, 'PATCH', `/conversations/${row.id}`, { add_tags: [name.toUpperCase()] });
  assert.deepEqual(await tagsOf(page, row), [name], 'a known tag keeps its spelling');
  await page.reload();
  await page.getByLabel('Find a tag').fill(name);
  await rowOf(page, name).getByRole('link', { name: '1 open' }).waitFor();

  await rowOf(page, name).getByRole('button', { name: 'Edit tag' }).click();
  await page.getByLabel('Name').fill(later);
  await keepToasts(page);
  await page.getByTestId('tag-save').click();
  await until(async () => (await tagsOf(page, row))[0] === later, 'the new name');
  await page
    .getByTestId('toast')
    .filter({ hasText: `Tag “${name}” renamed to “${later}”: 1 done` })
    .getByRole('button', { name: 'Undo' })
    .click();
  await until(async () => (await tagsOf(page, row))[0] === name, 'the old name');
  await rowOf(page, name).locator('[data-colour=purple]').waitFor();

  await call(page, 'POST', '/tags', { name: other });
  await rowOf(page, name).getByRole('button', { name: 'Merge tag' }).click();
  await page.getByRole('combobox', { name: 'Merge tag' }).fill(other);
  await page.getByRole('option', { name: other }).click();
  await page.getByTestId('confirmed').click();
  await until(async () => (await tagsOf(page, row))[0] === other, 'merged');
  await page.getByLabel('Find a tag').fill(other);
  await rowOf(page, other).getByRole('button', { name: 'Remove tag' }).click();
  await until(async () => (await tagsOf(page, row)).length === 0, 'removed');
  await said(page, `Tag “${other}” removed: 1 done`);
  assert.deepEqual(await violations(page), []);
});

test('where agents may not make tags they choose from those there are', async () => {
  const page = await agent(INES, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  const tag = fresh('Known');
  const made = await call(page, 'POST', '/tags', { name: tag });
  const row = await newConversation(page, 'Tags');
  await page.goto(`${URL_OF_DEMO}/settings/tags`);
  const toggle = page.getByTestId('tags-by-agents');
  try {
    await toggle.click();
    await page.locator('[data-testid=tags-by-agents][aria-checked=false]').waitFor();
    assert.deepEqual(await violations(page), []);
    const amina = await agent(AMINA);
    const refused = await call(amina, 'PATCH', `/conversations/${row.id}`, { add_tags: [fresh('Never')] });
    assert.equal(refused.status, 403);
    await amina.goto(`${URL_OF_DEMO}/inbox/all/${row.number}`);
    await amina.getByTestId('tags').click();
    await amina.getByTestId('tags-input').fill('Something else');
    await amina.getByText('Nothing found').waitFor();
    await amina.getByTestId('tags-input').fill(tag);
    await amina.getByRole('option', { name: tag }).click();
    await until(async () => (await tagsOf(amina, row))[0] === tag, 'the tag');
  } finally {
    await toggle.click();
    await page.locator('[data-testid=tags-by-agents][aria-checked=true]').waitFor();
  }
  await call(page, 'POST', `/tags/${made.body.id}/retag`, { version: 1, into: '' });
});
