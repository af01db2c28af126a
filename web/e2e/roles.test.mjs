// Roles of a workspace's own: made, given, in force at once, and given up only when their people get another.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  INES,
  newConversation,
  newPage,
  openConversation,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

/** Somebody new with this role, logged in. */
async function somebody(admin, role, id) {
  const made = await call(admin, 'POST', '/accounts', {
    name: `Role ${id}`,
    email: `role-${id}@northwind.example`,
    role,
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const page = await newPage();
  await page.goto(made.body.link);
  await page.getByLabel('New password', { exact: true }).fill('a password of this flow');
  await page.getByLabel('New password again').fill('a password of this flow');
  await page.keyboard.press('Enter');
  await page.getByText('Your password is changed').waitFor();
  await page.goto(`${URL_OF_DEMO}/login`);
  await page.getByLabel('Email').fill(`role-${id}@northwind.example`);
  await page.getByLabel('Password').fill('a password of this flow');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('[data-pane=list]').waitFor();
  return { page, account: made.body.account };
}

test('a role is made from a built-in one, is in force at once, and goes when its people get another', async () => {
  const id = Date.now().toString(36);
  const name = `Listeners ${id}`;
  const ines = await agent(INES);
  await ines.goto(`${URL_OF_DEMO}/settings/roles`);
  await ines.getByRole('button', { name: 'Show Agent' }).click();
  const answers = ines.getByLabel('Answer customers');
  await answers.and(ines.locator(':disabled')).waitFor(); // built-in roles do not change
  await ines.getByRole('button', { name: 'Use as a start' }).click();
  await ines.getByLabel('Name of the role').fill(name);
  await ines.getByLabel('Answer customers').uncheck();
  await ines.getByLabel('Write notes').uncheck();
  for (const right of ['Close, reopen, snooze', 'Tag', 'Set the priority', 'Merge, split and move messages'])
    await ines.getByLabel(right, { exact: true }).uncheck();
  await ines.getByLabel('All conversations').check();
  await ines.getByRole('button', { name: 'Save' }).click();
  const row = ines.getByTestId('role').filter({ hasText: name });
  await row.waitFor();
  assert.deepEqual(await violations(ines), []);

  const role = (await call(ines, 'GET', '/roles')).body.find((one) => one.name === name);
  const { number, id: only, category } = await newConversation(ines, 'Only to be read');
  const { page, account } = await somebody(ines, role.id, id);
  await openConversation(page, number);
  assert.equal(await page.getByTestId('composer').count(), 0, 'what is not allowed has no field');
  assert.equal(await page.getByTestId('nav-board').count(), 0);
  for (const button of ['resolve', 'snooze', 'tags'])
    assert.equal(await page.getByTestId(button).count(), 0, `no ${button}`);
  await page.getByTestId('priority').and(page.locator(':disabled')).waitFor(); // it is shown, but cannot be set
  await page.keyboard.press('e');
  await page.keyboard.press('b');
  await page.getByTestId('more').click();
  await page.getByTestId('more-transcript').waitFor();
  assert.equal(await page.getByTestId('more-merge').count(), 0);
  await page.keyboard.press('Escape');
  assert.equal((await call(page, 'GET', `/conversations/${only}`)).body.row.category, category);

  await ines.getByRole('button', { name: `Edit ${name}` }).click();
  await ines.getByLabel('Write notes').check();
  await ines.getByRole('button', { name: 'Save' }).click();
  await page.getByTestId('composer').waitFor();

  await ines.getByRole('button', { name: `Remove ${name}` }).click();
  const dialog = ines.getByTestId('replace-role');
  await dialog.getByText('1 person has this role').waitFor();
  assert.deepEqual(await violations(ines), []);
  await dialog.getByRole('combobox').selectOption('agent');
  await dialog.getByRole('button', { name: 'Give it and remove' }).click();
  await row.waitFor({ state: 'detached' });
  const now = await until(async () => {
    const accounts = (await call(ines, 'GET', '/accounts')).body;
    return accounts.find((one) => one.id === account.id && one.role === 'agent');
  }, 'he is an agent now');
  await call(ines, 'PATCH', `/accounts/${account.id}`, { version: now.version, active: false });
});
