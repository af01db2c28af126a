// Attributes of customers: kinds made on their page, entered beside a conversation by the control of their kind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  INES,
  newConversation,
  openConversation,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

const fresh = (word) => `${word}${Date.now().toString(36)}`;
const rowOf = (page, name) => page.getByTestId('attribute-row').filter({ hasText: name });
const shown = (page, name) => page.getByTestId('attribute').filter({ hasText: name });

test('an attribute gets a kind, and what is entered is of it', async () => {
  const page = await agent(INES);
  const [renewal, plan] = [fresh('Renewal'), fresh('Plan')];
  const row = await newConversation(page, 'Attributes');
  const customer = async () => (await call(page, 'GET', `/customers/${row.customer.id}`)).body;
  await call(page, 'PATCH', `/customers/${row.customer.id}`, {
    version: (await customer()).version,
    attributes: { [renewal]: 'next spring' },
  });
  await page.goto(`${URL_OF_DEMO}/settings/attributes`);
  await page.getByTestId('attribute-add').click();
  await page.getByLabel('Label').fill(renewal);
  await page.getByLabel('Kind').selectOption('date');
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('attribute-save').click();
  await rowOf(page, renewal).waitFor();
  await page.getByTestId('attribute-add').click();
  await page.getByLabel('Label').fill(plan);
  await page.getByLabel('Kind').selectOption('choice');
  await page.getByLabel('Choices').fill('Free\nGold');
  await page.getByTestId('attribute-save').click();
  await rowOf(page, plan).waitFor();
  assert.deepEqual(await violations(page), []);

  try {
    await openConversation(page, row.number);
    await shown(page, renewal).getByRole('button', { name: renewal }).click();
    const field = page.getByRole('textbox', { name: renewal });
    await until(
      async () => (await field.inputValue()) === 'next spring',
      'what does not fit is shown as it is',
    );
    await field.fill('in May');
    await field.press('Enter');
    await page.getByText('A date such as 2026-11-22').waitFor();
    assert.equal((await customer()).attributes[renewal], 'next spring');
    await field.fill('2027-05-01');
    await field.press('Enter');
    await until(async () => (await customer()).attributes[renewal] === '2027-05-01', 'the date');
    await shown(page, plan).getByRole('combobox').selectOption('Gold');
    await until(async () => (await customer()).attributes[plan] === 'Gold', 'the choice');
    const undo = page.getByTestId('toast').last().getByRole('button', { name: 'Undo' });
    await undo.click();
    await until(async () => !(plan in (await customer()).attributes), 'taken back');
    await until(async () => (await shown(page, plan).getByRole('combobox').inputValue()) === '', 'and shown');
    await shown(page, plan).getByRole('combobox').selectOption('Gold');
    await until(async () => (await customer()).attributes[plan] === 'Gold', 'chosen again');
    await undo.waitFor();
    await call(page, 'PATCH', `/customers/${row.customer.id}`, {
      version: (await customer()).version,
      attributes: { [plan.toUpperCase()]: 'Free' },
    });
    assert.equal((await customer()).attributes[plan], 'Free', 'however its key is written');
    await until(async () => (await shown(page, plan).getByRole('combobox').inputValue()) === 'Free', 'it');
    assert.equal(await shown(page, plan).count(), 1);
    await undo.click();
    await page.getByTestId('toast').filter({ hasText: 'Somebody else has changed this person' }).waitFor();
    assert.equal((await customer()).attributes[plan], 'Free', 'a change of somebody else stays');
    assert.deepEqual(await violations(page), []);
  } finally {
    for (const one of (await call(page, 'GET', '/attributes')).body)
      if ([renewal, plan].includes(one.key)) await call(page, 'DELETE', `/attributes/${one.id}`);
  }
});
