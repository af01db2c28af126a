// A supervisor's whole shift: who is there, what waits and why, moving work, whispering, being warned, each in the browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  composer,
  conversations,
  INES,
  JONAS,
  keepToasts,
  messageWith,
  MIRA,
  newConversation,
  openConversation,
  said,
  sequence,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

const SHOTS = process.env.SHOTS;
const shot = async (page, name) => SHOTS && (await page.screenshot({ path: `${SHOTS}/shift-${name}.png` }));

test('an agent says what her break is for, and the supervisor sees it and ends it', async (t) => {
  const ines = await agent(INES);
  const mira = await agent(MIRA);
  const name = `Lunch ${Date.now()}`;
  const over = async () => {
    const reasons = (await call(ines, 'GET', '/break-reasons')).body.filter((one) => one.name === name);
    for (const { id } of reasons) await call(ines, 'DELETE', `/break-reasons/${id}`);
  };
  const online = () => call(mira, 'PATCH', '/me', { availability: 'online' });
  t.after(over);
  t.after(online);
  await ines.goto(`${URL_OF_DEMO}/settings/breaks`);
  await ines.getByTestId('break-reason-add').click();
  await ines.getByRole('textbox', { name: 'Reason' }).fill(name);
  await ines.getByRole('button', { name: 'Save' }).click();
  await ines.getByTestId('break-reason').filter({ hasText: name }).waitFor();
  await shot(ines, 'breaks');

  await mira.getByTestId('availability').click();
  await mira.getByRole('menuitemradio', { name: `Break: ${name}` }).waitFor();
  await shot(mira, 'states');
  await mira.getByRole('menuitemradio', { name: `Break: ${name}` }).click();
  await mira.getByTestId('availability').filter({ hasText: name }).waitFor();

  await ines.goto(`${URL_OF_DEMO}/board`);
  const row = ines.locator('[data-agent=mira]');
  await row.getByText(`Break: ${name}`).waitFor();
  assert.deepEqual(await violations(ines), []);
  await shot(ines, 'board-break');
  await row.getByTestId('agent-actions').click();
  await ines.getByRole('menuitem', { name: 'Set to: Busy' }).click();
  await row.getByText('Busy').waitFor();
  await mira.getByTestId('availability').filter({ hasText: 'Busy' }).waitFor();
  await ines.getByRole('button', { name: 'Undo' }).click();
  await row.getByText(`Break: ${name}`).waitFor();

  await over();
  await row.getByText('On a break').waitFor();
  await online();
  await row.getByText('Online').waitFor();
});

/** A queue of this flow alone that gives out nothing by itself, and how a conversation comes to wait in it. */
async function quietQueue(page, name) {
  const body = {
    name,
    version: 0,
    order: 0,
    conditions: { field: 'tag', op: 'has', value: name },
    strategy: 'manual',
  };
  const made = await call(page, 'POST', '/queues', body);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return {
    ...made.body,
    async add(subject) {
      const row = await newConversation(page, subject);
      const fill = { add_tags: [name], assignee: null, status: 'open' };
      const changed = await call(page, 'PATCH', `/conversations/${row.id}`, fill);
      assert.equal(changed.status, 200, JSON.stringify(changed.body));
      return row;
    },
    close: () => call(page, 'DELETE', `/queues/${made.body.id}`),
  };
}

test('what waits in a queue is a list of its own, and what is pressing has a key', async () => {
  const ines = await agent(INES);
  const name = `Shift ${Date.now()}`;
  const queue = await quietQueue(ines, name);
  const row = await queue.add('Waits in the list');
  const link = ines.getByTestId('queue-view').filter({ hasText: name });
  await until(
    async () =>
      (await link
        .locator('.count')
        .textContent({ timeout: 500 })
        .catch(() => '')) === '1',
    'counted',
  );
  await ines.goto(`${URL_OF_DEMO}/board`);
  await ines.locator(`[data-queue="queue:${queue.id}"]`).getByTestId('waiting').click();
  await ines.waitForURL(/inbox\/queue(%3A|:)/);
  await ines.getByRole('heading', { name }).waitFor();
  await ines.locator(`[data-testid=row][data-number="${row.number}"]`).waitFor();
  const waits = ines.locator(`[data-number="${row.number}"]`).getByTestId('waits');
  await until(
    async () => /1 of 1 in its queue: until somebody fetches it/.test(await waits.getAttribute('title')),
    'place and reason in the row',
  );
  await shot(ines, 'queue-list');
  await ines.mouse.move(1000, 500); // a pointer over a list holds it still
  await call(ines, 'PATCH', `/conversations/${row.id}`, { assignee: 'ines' });
  await ines.locator(`[data-testid=row][data-number="${row.number}"]`).waitFor({ state: 'detached' });
  await queue.close();
  await link.waitFor({ state: 'detached' });

  await sequence(ines, 'g', 'l');
  await ines.waitForURL(/inbox\/pressing/);
  await ines.getByRole('heading', { name: 'Late or due soon' }).waitFor();
  await until(async () => {
    const { counts } = (await call(ines, 'GET', '/counts')).body;
    const all = [];
    for await (const one of conversations(ines, { view: 'pressing' })) all.push(one);
    return counts.pressing === all.length;
  }, 'its number is the length of its list');
  await shot(ines, 'pressing');
});

test('what waits is moved to another queue, one from its thread and all from the board, each undone', async () => {
  const ines = await agent(INES);
  const at = Date.now();
  const from = await quietQueue(ines, `From ${at}`);
  const to = await quietQueue(ines, `To ${at}`);
  const first = await from.add('Moved alone');
  await from.add('Moved with the others');
  const queueOf = async () => (await call(ines, 'GET', `/conversations/${first.id}`)).body.row.queue;
  await ines.goto(`${URL_OF_DEMO}/inbox/queue:${from.id}/${first.number}`);
  await ines.getByTestId('move-to-queue').click();
  await keepToasts(ines);
  await shot(ines, 'move');
  await ines.getByRole('option', { name: to.name }).click();
  await until(async () => (await queueOf()) === to.id, 'it waits in the other queue');
  await ines.getByRole('button', { name: 'Undo' }).click();
  await until(async () => (await queueOf()) === from.id, 'and again where it was');

  await ines.goto(`${URL_OF_DEMO}/board`);
  const tile = (queue) => ines.locator(`[data-queue="queue:${queue.id}"]`);
  await tile(from).getByTestId('queue-actions').click();
  await ines.getByRole('menuitem', { name: `Move what waits to the queue ${to.name}` }).click();
  await until(async () => (await tile(to).getByTestId('waiting').textContent()) === '2', 'all of it moved');
  await ines.getByRole('button', { name: 'Undo' }).click();
  await until(
    async () => (await tile(from).getByTestId('waiting').textContent()) === '2',
    'all of it is back',
  );
  await ines.goto(`${URL_OF_DEMO}/inbox/queue:${from.id}/${first.number}`);
  await ines.getByText(`You moved it to the queue ${from.name}: a change was undone`).waitFor();
  await from.close();
  await to.close();
});

test('a whisper is seen at once by who holds the conversation, and not by a colleague', async () => {
  const ines = await agent(INES);
  const row = await newConversation(ines, 'Whispered about');
  await call(ines, 'PATCH', `/conversations/${row.id}`, { assignee: 'mira', status: 'open' });
  const mira = await agent(MIRA);
  const jonas = await agent(JONAS);
  for (const page of [ines, mira, jonas]) await openConversation(page, row.number);
  const said = `Offer the umbrella ${Date.now()}`;
  await ines.keyboard.press('n');
  await ines.getByTestId('whisper').check();
  await composer(ines).fill(said);
  await shot(ines, 'whisper');
  await ines.keyboard.press('Control+Enter');
  await messageWith(mira, said).getByText('Only you and supervisors see this').waitFor();
  await shot(mira, 'whispered');
  const marker = `For all ${Date.now()}`;
  await ines.keyboard.press('n');
  await composer(ines).fill(marker);
  await ines.keyboard.press('Control+Enter');
  await messageWith(jonas, marker).waitFor();
  assert.equal(await messageWith(jonas, said).count(), 0);
  await jonas.reload();
  await messageWith(jonas, marker).waitFor();
  assert.equal(await messageWith(jonas, said).count(), 0);
});

test('a promise tells the supervisors when it is broken', async () => {
  const ines = await agent(INES);
  const name = `Told ${Date.now()}`;
  const conditions = { field: 'tag', op: 'has', value: name };
  const body = { name, version: 0, order: 0, conditions, targets: { first_response: 3_600_000 } };
  const made = (await call(ines, 'POST', '/sla/policies', body)).body;
  await ines.goto(`${URL_OF_DEMO}/settings/sla`);
  await ines.getByRole('button', { name: `Edit ${name}` }).click();
  await ines
    .getByRole('group', { name: 'When it is late' })
    .getByRole('button', { name: 'Add an action' })
    .click();
  await ines.getByTestId('sla-action').getByLabel('What happens').selectOption('notify');
  await ines.getByTestId('sla-action').getByLabel('Give a notice to').selectOption('supervisor');
  await shot(ines, 'policy');
  await ines.getByRole('button', { name: 'Save' }).click();
  const saved = async () =>
    (await call(ines, 'GET', '/sla/policies')).body.find((one) => one.id === made.id).on_breach[0];
  await until(async () => (await saved())?.kind === 'notify', 'it is stored');
  assert.deepEqual(await saved(), { kind: 'notify', value: 'supervisor' });
  await call(ines, 'DELETE', `/sla/policies/${made.id}`);
});

test('a threshold that is crossed is told on every screen and stands on the board until it is over', async () => {
  const ines = await agent(INES);
  const name = `Many ${Date.now()}`;
  const queue = await quietQueue(ines, name);
  await ines.goto(`${URL_OF_DEMO}/settings/alerts`);
  await ines.getByTestId('alert-add').click();
  await ines.getByRole('textbox', { name: 'Name' }).fill(name);
  await ines.getByLabel('Where').selectOption(`queue:${queue.id}`);
  await ines.getByLabel('More than').fill('0');
  const mails = ines.getByLabel('Also by mail to');
  await mails.fill('boss@northwind.example, nonsense');
  await ines.getByRole('button', { name: 'Save' }).click();
  await ines.getByText('nonsense: This is not an address.').waitFor();
  await mails.fill('');
  await ines.getByRole('button', { name: 'Save' }).click();
  await ines
    .getByTestId('alert-row')
    .filter({ hasText: `${name}: more than 0 waiting` })
    .waitFor();
  await shot(ines, 'alerts');
  const row = await queue.add('One too many');
  await said(ines, `Alert: ${name}`);
  await ines.goto(`${URL_OF_DEMO}/board`);
  const standing = ines.getByTestId('alert').filter({ hasText: name });
  await standing.waitFor();
  assert.deepEqual(await violations(ines), []);
  await shot(ines, 'board-alert');
  await call(ines, 'PATCH', `/conversations/${row.id}`, { assignee: 'ines' });
  await standing.waitFor({ state: 'detached' });
  const alerts = (await call(ines, 'GET', '/alerts')).body.filter((one) => one.name === name);
  await call(ines, 'DELETE', `/alerts/${alerts[0].id}`);
  await queue.close();
});

test('what waits for a team in no queue is watched by an alert, too', async (t) => {
  const ines = await agent(INES);
  const name = `Night ${Date.now()}`;
  const team = (await call(ines, 'POST', '/teams', { name })).body;
  const { id } = await newConversation(ines, 'For the night');
  t.after(async () => {
    await call(ines, 'PATCH', `/conversations/${id}`, { team: null, status: 'resolved' });
    for (const one of (await call(ines, 'GET', '/alerts')).body)
      if (one.name === name) await call(ines, 'DELETE', `/alerts/${one.id}`);
    await call(ines, 'DELETE', `/teams/${team.id}`);
  });
  await ines.goto(`${URL_OF_DEMO}/settings/alerts`);
  await ines.getByTestId('alert-add').click();
  await ines.getByRole('textbox', { name: 'Name' }).fill(name);
  await ines.getByLabel('Where').selectOption({ label: name });
  await ines.getByText('What waits for this team in no queue').waitFor();
  assert.deepEqual(await violations(ines), []);
  await shot(ines, 'alert-team');
  await ines.getByLabel('More than').fill('0');
  await ines.getByRole('button', { name: 'Save' }).click();
  const line = ines.getByTestId('alert-row').filter({ hasText: `${name}: more than 0 waiting` });
  await line.waitFor();
  await ines.getByRole('button', { name: `Edit ${name}` }).click();
  assert.equal(await ines.getByLabel('Where').inputValue(), `team:${team.id}`);
  await ines.getByRole('button', { name: 'Cancel' }).click();
  await call(ines, 'PATCH', `/conversations/${id}`, { team: team.id, assignee: null, status: 'open' });
  await ines.goto(`${URL_OF_DEMO}/board`);
  await ines.getByTestId('alert').filter({ hasText: name }).waitFor();
  await call(ines, 'PATCH', `/conversations/${id}`, { assignee: 'ines' });
  await ines.getByTestId('alert').filter({ hasText: name }).waitFor({ state: 'detached' });
});
