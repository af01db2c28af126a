// Forms of the settings have addresses: Back, a reload and a link lead to them and out of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, INES, until, URL_OF_DEMO, violations } from './browser.mjs';

const path = (page) => new URL(page.url()).pathname;
const at = (page, wanted, why) => until(async () => path(page) === wanted, why);

test('a form is in the address: Back closes it, a reload opens it again, and so does a link', async (t) => {
  const page = await agent(INES);
  const mark = Date.now().toString(36);
  const made = [];
  for (const name of [`first ${mark}`, `second ${mark}`])
    made.push((await call(page, 'POST', '/tags', { name, description: '', colour: '', version: 0 })).body);
  t.after(async () => {
    for (const one of made) await call(page, 'POST', `/tags/${one.id}/retag`, { version: one.version });
  });
  const form = page.getByTestId('tag-save');
  const named = () => page.locator('form:has([data-testid=tag-save]) input').first();
  await page.goto(`${URL_OF_DEMO}/settings/tags`);
  await page.getByRole('button', { name: `Edit tag ${made[0].name}` }).click();
  await form.waitFor();
  assert.equal(path(page), `/settings/tags/edit/${made[0].id}`);
  await page.goBack();
  await form.waitFor({ state: 'detached' });
  assert.equal(path(page), '/settings/tags');
  await page.goForward();
  await form.waitFor();
  await page.reload();
  await form.waitFor();
  await until(async () => (await named().inputValue()) === made[0].name, 'the form of the first');
  assert.deepEqual(await violations(page), []);
  // Typed words are asked about, whether one goes back or on to another form.
  await named().fill(`changed ${mark}`);
  await page.getByRole('button', { name: `Edit tag ${made[1].name}` }).click();
  const asking = page.getByRole('dialog', { name: 'Leave without saving?' });
  await asking.waitFor();
  await page.keyboard.press('Escape');
  await asking.waitFor({ state: 'detached' });
  assert.equal(await named().inputValue(), `changed ${mark}`);
  await page.goBack();
  await asking.waitFor();
  await page.keyboard.press('Escape');
  await asking.waitFor({ state: 'detached' });
  assert.equal(path(page), `/settings/tags/edit/${made[0].id}`);
  await page.getByRole('button', { name: `Edit tag ${made[1].name}` }).click();
  await page.getByTestId('confirmed').click();
  await until(async () => (await named().inputValue()) === made[1].name, 'the form of the second');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await at(page, '/settings/tags', 'closed by hand');
  await form.waitFor({ state: 'detached' });
  // What is gone says so.
  await page.goto(`${URL_OF_DEMO}/settings/tags/edit/nosuch`);
  await page.getByTestId('toast').getByText('What you wanted to change is not here any more.').waitFor();
  await at(page, '/settings/tags', 'the list');
  await page.getByTestId('tag-add').waitFor();
});

test('Back after a form was closed by hand leaves the page at once', async () => {
  const page = await agent(INES);
  await page.goto(`${URL_OF_DEMO}/settings/teams`);
  await page.getByTestId('settings-queues').click();
  await page.getByTestId('queue-add').click();
  await at(page, '/settings/queues/new', 'the form');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await at(page, '/settings/queues', 'closed');
  await page.getByTestId('queue-add').click();
  await at(page, '/settings/queues/new', 'opened again');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await at(page, '/settings/queues', 'closed again');
  await page.getByTestId('queue-add').click();
  await at(page, '/settings/queues/new', 'opened once more');
  await page.goBack();
  await page.getByTestId('queue-add').waitFor();
  assert.equal(path(page), '/settings/queues');
  await page.goBack();
  await at(page, '/settings/teams', 'where one was before');
});

test('a form that was thrown away by Back does not come again with the next', async () => {
  const page = await agent(INES);
  await page.goto(`${URL_OF_DEMO}/settings/queues`);
  await page.getByTestId('settings-teams').click();
  await page.getByTestId('team-add').click();
  await page.getByLabel('Name').fill('Thrown away');
  await page.goBack();
  const asking = page.getByRole('dialog', { name: 'Leave without saving?' });
  await asking.waitFor();
  await page.getByTestId('confirmed').click();
  await page.getByTestId('team-add').waitFor();
  assert.equal(path(page), '/settings/teams');
  await page.goBack();
  await at(page, '/settings/queues', 'where one was before');
  assert.equal(await asking.count(), 0);
});

test('who removes a queue from its own form hears that it is gone from nobody', async () => {
  const page = await agent(INES);
  const name = `Short-lived ${Date.now().toString(36)}`;
  await page.goto(`${URL_OF_DEMO}/settings/queues`);
  await page.getByTestId('queue-add').click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByTestId('confirmed').click();
  await at(page, '/settings/queues', 'the list');
  await page.getByRole('button', { name: `Edit ${name}` }).waitFor({ state: 'detached' });
  await page.getByTestId('queue-add').waitFor();
  assert.equal(await page.getByText('What you wanted to change').count(), 0);
});

test('the palette and the board lead to a form', async () => {
  const page = await agent(INES);
  await page.keyboard.press('Control+k');
  await page.getByTestId('palette-input').fill('add team');
  await page.getByRole('option', { selected: true, name: 'Add team' }).waitFor();
  await page.keyboard.press('Enter');
  await at(page, '/settings/teams/new', 'the form of a new team');
  await page.getByRole('button', { name: 'Save' }).waitFor();
  const queue = (await call(page, 'GET', '/queues')).body[0];
  await page.goto(`${URL_OF_DEMO}/board`);
  await page.getByRole('button', { name: `What to do about the queue ${queue.name}` }).click();
  await page.getByRole('menuitem', { name: 'Edit this queue' }).click();
  await at(page, `/settings/queues/edit/${queue.id}`, 'the form of the queue');
  await page.getByRole('button', { name: 'Save' }).waitFor();
});
