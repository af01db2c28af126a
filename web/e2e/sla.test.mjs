// Business hours and service levels: made by keyboard in the settings, shown where they count, reckoned again for what is open.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, focused, MIRA, said, until, URL_OF_DEMO, violations } from './browser.mjs';
import { conversationAbout, sendMail } from './mail.mjs';
import { unique } from './visitors.mjs';

const ADMIN = 'ines@northwind.example';

/** Removes what this flow has made at `path`: the demo's own stays. */
async function removed(page, path, ...names) {
  for (const { id, name } of (await call(page, 'GET', path)).body)
    if (names.includes(name)) await call(page, 'DELETE', `${path}/${id}`);
}

const holds = (field, words) => until(async () => (await field.inputValue()) === words, `it says ${words}`);

test('hours are typed, understood, previewed, kept and found again', async (t) => {
  const page = await agent(ADMIN);
  const name = unique('Support desk');
  t.after(() => removed(page, '/calendars', name));
  await page.goto(`${URL_OF_DEMO}/settings/hours`);
  await page.getByTestId('hours-add').click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  const [zone, preview] = [page.getByLabel('Time zone'), page.getByTestId('preview')];
  await preview.waitFor();
  await zone.fill('Mars/Base');
  await preview.waitFor({ state: 'detached' });
  await zone.press('Tab');
  await page.getByText('There is no such time zone.').waitFor();
  await page.getByTestId('hours-save').and(page.locator(':disabled')).waitFor();
  assert.deepEqual(await violations(page), []);
  await zone.fill('europe/berlin');
  await zone.press('Tab');
  await holds(zone, 'Europe/Berlin');
  await preview.getByText('(Europe/Berlin)').waitFor();
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
  const last = page.getByLabel('Last day');
  const today = await last.inputValue();
  await last.fill('2020-01-01');
  await page.getByText('The last day is before the first.').waitFor();
  await preview.waitFor({ state: 'detached' });
  await last.fill(today);
  await preview.waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('hours-save').click();
  const line = page.getByTestId('calendar').filter({ hasText: name });
  await line.waitFor();
  await page.reload();
  await line.getByText(/5 days a week, mostly 09:00–12:00, 13:00–17:30/).waitFor();
});

test('a policy is made, reaches what is open, is put in order and removed', async (t) => {
  const page = await agent(ADMIN);
  const [everybody, second] = [unique('Everybody'), unique('Second')];
  t.after(() => removed(page, '/sla/policies', everybody, second));
  const subject = unique('Promised');
  await sendMail({ from: `${unique('flow').replace(' ', '-')}@example.net`, subject, text: 'Hello?' });
  const waiting = await conversationAbout(page, subject);
  await page.goto(`${URL_OF_DEMO}/settings/sla`);
  await page.getByTestId('policy-add').click();
  await page.getByRole('textbox', { name: 'Name' }).fill(everybody);
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
  const place = async (name) =>
    (await page.getByTestId('policy').allInnerTexts()).findIndex((one) => one.includes(name));
  await until(async () => (await place(everybody)) >= 0, 'it is listed');
  await page.getByText(/The last change is through/).waitFor();
  const stored = (await call(page, 'GET', '/sla/policies')).body.find((one) => one.name === everybody);
  await until(async () => {
    const { sla } = (await call(page, 'GET', `/conversations/${waiting.number}`)).body.row;
    return sla.length > 0 && sla.every((clock) => clock.policy === stored.id);
  }, 'what is open is promised by the new policy, and by no other');
  const later = { name: second, order: stored.order + 1, targets: { resolution: 3_600_000 } };
  const made = await call(page, 'POST', '/sla/policies', later);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await until(async () => (await place(second)) > (await place(everybody)), 'it is asked after the first');
  await page.getByRole('button', { name: `Ask ${second} earlier` }).click();
  await until(async () => (await place(second)) < (await place(everybody)), 'it is asked before it');
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: `Remove ${second}` }).click();
  await page.getByTestId('confirmed').click();
  await said(page, `${second} is removed.`);
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
