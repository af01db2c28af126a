// Segments of customers: made with a look at who is in them, chosen in a queue's conditions, shown beside a conversation.
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

test('a segment is made with a live count, named by a queue, shown with its customers, and kept while it is used', async () => {
  const page = await agent(INES);
  const id = Date.now().toString(36);
  const [name, queue, plan] = [`Gold ${id}`, `Queue ${id}`, `plan${id}`];
  const row = await newConversation(page, 'Segments');
  const customer = (await call(page, 'GET', `/customers/${row.customer.id}`)).body;
  await until(async () => {
    const { version } = (await call(page, 'GET', `/customers/${customer.id}`)).body;
    const told = { version, attributes: { [plan]: 'Gold' } };
    return (await call(page, 'PATCH', `/customers/${customer.id}`, told)).status === 200;
  }, 'the customer has a plan');
  const entry = page.getByTestId('segment').filter({ hasText: name });
  const preview = page.getByTestId('segment-preview');

  await page.goto(`${URL_OF_DEMO}/settings/segments`);
  await page.getByTestId('segment-add').click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await preview.getByText('Fill in the conditions').waitFor();
  await until(() => page.getByTestId('segment-save').isDisabled(), 'it cannot be saved yet');
  await page
    .getByRole('textbox', { name: 'Attribute' })
    .or(page.getByRole('combobox', { name: 'Attribute' }))
    .fill(plan);
  await page.getByText('No attribute has this key.').waitFor();
  await page.getByLabel('Value').fill('silver');
  await preview.getByText('0 customers', { exact: true }).waitFor();
  await page.getByLabel('Value').fill('gold');
  await preview.getByText('1 customer', { exact: true }).waitFor();
  await preview.getByText(customer.name).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.deepEqual(await violations(page, ['color-contrast']), []);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByTestId('segment-save').click();
  await entry.getByText('1 condition').waitFor();

  const lost = { field: 'attribute', op: 'is', value: 'lost', name: plan };
  const other = await call(page, 'POST', '/segments', { name: `Lost ${id}`, conditions: lost });
  assert.equal(other.status, 201, JSON.stringify(other.body));

  try {
    await page.goto(`${URL_OF_DEMO}/settings/queues`);
    await page.getByTestId('queue-add').click();
    await page.getByLabel('Name', { exact: true }).fill(queue);
    await page.getByLabel('Which conversations').selectOption('all');
    await page.getByLabel('What').selectOption('segment');
    await page.getByLabel('Value').selectOption({ label: `Lost ${id}` });
    await page.getByLabel('Value').selectOption({ label: name });
    await page.getByRole('button', { name: 'Add a condition' }).click();
    await page.getByLabel('What').nth(1).selectOption('channel_kind');
    await page.getByLabel('Value').last().selectOption({ label: 'Email' });
    await page.getByTestId('save-queue').click();
    await page.getByTestId('queue').filter({ hasText: queue }).waitFor();
    await page.getByRole('button', { name: `Edit ${queue}` }).click();
    await page.getByTestId('condition-chosen').getByText(name).waitFor();
    await page.getByRole('button', { name: `Without Lost ${id}` }).click();
    await page.getByTestId('condition-chosen').getByText(`Lost ${id}`).waitFor({ state: 'detached' });
    await page.getByTestId('save-queue').click();
    await page.getByTestId('queue-editor').waitFor({ state: 'detached' });
    const saved = (await call(page, 'GET', '/queues')).body.find((one) => one.name === queue);
    assert.deepEqual(saved.conditions.all[1], { field: 'channel_kind', op: 'is', value: 'email' });

    await openConversation(page, row.number);
    await page.getByTestId('customer-segment').getByText(name).waitFor();

    await page.setViewportSize({ width: 390, height: 800 });
    await page.goto(`${URL_OF_DEMO}/settings/segments`);
    await entry.getByText(`Asked for by ${queue}`).waitFor();
    assert.deepEqual(await violations(page), []);
    await entry.getByRole('button', { name: `Remove ${name}` }).click();
    await page.getByTestId('toast').getByText(`This segment is asked for by ${queue}.`).waitFor();
  } finally {
    for (const one of (await call(page, 'GET', '/queues')).body)
      if (one.name === queue) await call(page, 'DELETE', `/queues/${one.id}`);
    await call(page, 'DELETE', `/segments/${other.body.id}`);
  }
  await entry.getByText(`Asked for by ${queue}`).waitFor({ state: 'detached' });
  await entry.getByRole('button', { name: `Remove ${name}` }).click();
  await page.getByTestId('confirmed').click();
  await entry.waitFor({ state: 'detached' });
  assert.deepEqual(page.complaints, []);
});
