// Business hours and service levels: made by keyboard in the settings, shown where they count, reckoned again for what is open.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, focused, MIRA, said, until, URL_OF_DEMO, violations } from './browser.mjs';

const ADMIN = 'ines@northwind.example';

async function emptied(page) {
  for (const path of ['/sla/policies', '/calendars'])
    for (const one of (await call(page, 'GET', path)).body) await call(page, 'DELETE', `${path}/${one.id}`);
}

const holds = (field, words) => until(async () => (await field.inputValue()) === words, `it says ${words}`);

test('hours are typed, understood, previewed, kept and found again', async () => {
  const page = await agent(ADMIN);
  await emptied(page);
  await page.goto(`${URL_OF_DEMO}/settings/hours`);
  await page.getByText('No business hours yet').waitFor();
  await page.getByTestId('hours-add').click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Support desk');
  await page.getByLabel('Time zone').fill('Europe/Berlin');
  await page.getByLabel('Monday', { exact: true }).fill('9-12, 13-17:30');
  await page.getByLabel('Monday', { exact: true }).press('Tab');
  await focused(page.getByLabel('Monday', { exact: true }).locator('xpath=following::button[1]'));
  await page.keyboard.press('Enter');
  await holds(page.getByLabel('Friday', { exact: true }), '09:00–12:00, 13:00–17:30');
  await page.getByLabel('Saturday', { exact: true }).fill('whenever');
  await page.getByText('Type hours such as').last().waitFor();
  await page.getByTestId('hours-save').and(page.locator(':disabled')).waitFor();
  await page.getByLabel('Saturday', { exact: true }).fill('');
  await page.getByLabel('Public holidays of').selectOption({ label: 'Germany' });
  await page.getByLabel('State or region').selectOption('BY');
  await page
    .getByTestId('preview')
    .getByText(/holidays last year/)
    .click();
  await page
    .getByTestId('preview')
    .getByText(/Epiphany|Heilige/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Add special days' }).click();
  await page.getByLabel('What it is for').fill('Stocktaking');
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('hours-save').click();
  await page.getByTestId('calendar').getByText('Support desk').waitFor();
  await page.reload();
  await page.getByText(/5 days a week, mostly 09:00–12:00, 13:00–17:30/).waitFor();
});

test('a policy is made, reaches what is open, is put in order and removed', async () => {
  const page = await agent(ADMIN);
  await emptied(page);
  await page.goto(`${URL_OF_DEMO}/settings/sla`);
  await page.getByTestId('policy-add').click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Everybody');
  await page.getByTestId('target-all-first_response').fill('90');
  await page.getByTestId('target-urgent-resolution').fill('soon');
  await page.getByText('Type times such as').waitFor();
  await page.getByTestId('target-urgent-resolution').fill('1d 4h');
  await page.getByTestId('target-urgent-resolution').press('Tab');
  await holds(page.getByTestId('target-all-first_response'), '1h 30m');
  await page
    .getByRole('group', { name: 'When it is late' })
    .getByRole('button', { name: 'Add an action' })
    .click();
  await page.getByRole('group', { name: 'When it is late' }).getByLabel('Add the tag').fill('late');
  await page
    .getByTestId('policy-preview')
    .getByText(/would be/)
    .first()
    .waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('policy-save').click();
  await page.getByTestId('policy').getByText('Everybody').waitFor();
  await page.getByText(/The last change is through/).waitFor();
  const [stored] = (await call(page, 'GET', '/sla/policies')).body;
  await until(async () => {
    if ((await call(page, 'GET', '/sla/recount')).body.running) return false;
    const open = (await call(page, 'GET', '/conversations?view=due')).body.rows;
    // What came by a channel that another flow has removed keeps the promise it had.
    const clocks = open.filter((row) => row.channels.includes('support')).flatMap((row) => row.sla);
    const running = clocks.filter((clock) => clock.state === 'running');
    return clocks.length > 0 && running.every((clock) => clock.policy === stored.id);
  }, 'whatever is open is promised by the new policy, and by no other');
  await call(page, 'POST', '/sla/policies', { name: 'Second', order: 1, targets: { resolution: 3_600_000 } });
  await page.getByRole('button', { name: 'Ask Second earlier' }).click();
  await page.getByTestId('policy').first().getByText('Second').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'Remove Second' }).click();
  await page.getByTestId('confirmed').click();
  await said(page, 'Second is removed.');
  await emptied(page);
});

test('both pages work on a phone and in the dark, and are for admins only', async () => {
  const phone = await agent(ADMIN, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  for (const id of ['hours', 'sla']) {
    await phone.goto(`${URL_OF_DEMO}/settings/${id}`);
    await phone.getByTestId(id === 'hours' ? 'hours-add' : 'policy-add').click();
    assert.deepEqual(await violations(phone), []);
    const wide = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${id} is ${wide} px too wide`);
    if (process.env.SHOTS)
      await phone.screenshot({ path: `${process.env.SHOTS}/${id}-dark.png`, fullPage: true });
  }
  const mira = await agent(MIRA);
  await mira.goto(`${URL_OF_DEMO}/settings/sla`);
  await mira.getByText('There is no such page, or it is not for your role.').waitFor();
});
