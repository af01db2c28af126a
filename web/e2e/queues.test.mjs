// People, teams and queues in the settings; who waits says why; the next one is fetched with a key.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  INES,
  MIRA,
  newConversation,
  RAVI,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

const settings = (page, name) => page.goto(`${URL_OF_DEMO}/settings/${name}`);

/** A conversation of this flow alone that nobody holds, with this tag. */
async function unheld(page, tag) {
  const { id } = await newConversation(page, 'Waits');
  const change = { add_tags: [tag], assignee: null, status: 'open' };
  const { status, body } = await call(page, 'PATCH', `/conversations/${id}`, change);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** Mira has room for all that earlier flows have given her, and for more. */
async function roomForMira(page) {
  const { version } = (await call(page, 'GET', '/accounts')).body.find((one) => one.id === 'mira');
  const { status, body } = await call(page, 'PATCH', '/accounts/mira', { version, capacity: 500 });
  assert.equal(status, 200, JSON.stringify(body));
}

/** Removes what is still there under a name that begins so. */
async function removed(page, name, ...paths) {
  for (const path of paths) {
    // Teams have no list of their own.
    const all = path === '/teams' ? await call(page, 'GET', '/bootstrap') : await call(page, 'GET', path);
    for (const one of all.body.teams ?? all.body)
      if (one.name.startsWith(name)) await call(page, 'DELETE', `${path}/${one.id}`);
  }
}

/** Nobody who was invited here stays as an agent. */
async function switchedOff(page, email) {
  const one = (await call(page, 'GET', '/accounts')).body.find((account) => account.email === email);
  if (one?.active) await call(page, 'PATCH', `/accounts/${one.id}`, { version: one.version, active: false });
}

test('a team is made, renamed and deleted', async (t) => {
  const page = await agent(INES);
  const at = Date.now();
  t.after(() => removed(page, `${at}`, '/teams'));
  await settings(page, 'teams');
  await page.getByTestId('team-add').click();
  await page.getByLabel('Name of the team').fill(`${at} Night shift`);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: `Edit ${at} Night shift` }).click();
  await page.getByLabel('Name of the team').fill(`${at} Late shift`);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: `Remove ${at} Late shift` }).click();
  await page.getByTestId('confirmed').click();
  await page.getByRole('button', { name: `Edit ${at} Late shift` }).waitFor({ state: 'detached' });
});

test('somebody is invited and gets a skill that the list shows, and a limit for mail', async (t) => {
  const page = await agent(INES);
  await settings(page, 'people');
  await page.getByTestId('invite').click();
  const name = `Zoe ${Date.now()}`;
  const email = `zoe-${Date.now()}@northwind.example`;
  t.after(() => switchedOff(page, email));
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Mail address').fill(email);
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await page.getByTestId('link').getByText('/reset').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await page.getByLabel('Email', { exact: true }).fill('0');
  await page.getByPlaceholder('Skill').fill('French');
  await page.getByLabel('Level').selectOption('4');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByTestId('person-editor').waitFor({ state: 'detached' });
  await page.getByTestId('person').filter({ hasText: name }).getByText('french, level 4').waitFor();
  const limits = async () =>
    (await call(page, 'GET', '/accounts')).body.find((one) => one.email === email).limits;
  assert.deepEqual(await limits(), { email: 0 });
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  const limit = page.getByLabel('Email', { exact: true });
  await until(async () => (await limit.inputValue()) === '0', 'the limit is shown');
  await page.getByLabel('Email', { exact: true }).fill('');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByTestId('person-editor').waitFor({ state: 'detached' });
  assert.deepEqual(await limits(), {});
});

test('an invitation is told from a colleague, found, withdrawn, taken back, and followed', async (t) => {
  const page = await agent(INES);
  await settings(page, 'people');
  const name = `Yuki ${Date.now().toString(36)}`;
  const mail = `yuki-${Date.now().toString(36)}@northwind.example`;
  await call(page, 'POST', '/accounts', { name, email: mail, role: 'agent' });
  t.after(() => switchedOff(page, mail));
  const row = page.getByTestId('person').filter({ hasText: name });
  const find = page.getByTestId('people-find');
  await find.fill(`${mail.slice(0, 12).toUpperCase()} agent`);
  await until(
    async () => (await page.getByTestId('person').count()) === 1,
    'only the one that was looked for',
  );
  await row.getByText('Invited just now').waitFor();
  assert.deepEqual(await violations(page), []);
  await row.getByRole('button', { name: 'Withdraw' }).click();
  await row.getByText('Invitation withdrawn').waitFor();
  await find.fill('nobody here at all');
  await page.getByTestId('empty').getByRole('button', { name: 'Show everybody' }).click();
  assert.equal(await row.count(), 0);
  await page.getByRole('button', { name: /withdrawn invitation/ }).click();
  await row.getByText('Invitation withdrawn').waitFor();
  await page.getByTestId('toast').last().getByRole('button', { name: 'Undo' }).click();
  const link = await page.getByTestId('link').getByText('/reset/').textContent();
  await page.keyboard.press('Escape');
  await row.getByText('Invited just now').waitFor();
  const password = 'a long enough password';
  const set = await call(page, 'POST', `/password-resets/${link.trim().split('/').at(-1)}`, { password });
  assert.equal(set.status, 204, JSON.stringify(set.body));
  await page.reload();
  await find.fill(mail);
  await row.waitFor();
  assert.equal(await row.getByText(/Invited/).count(), 0);
});

test('a queue takes what its conditions name, says why it waits, and gives it to who fetches it', async (t) => {
  const page = await agent(INES);
  const name = `Escalations ${Date.now()}`;
  t.after(() => removed(page, name, '/queues'));
  await settings(page, 'queues');
  await page.getByTestId('queue-add').click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Which conversations').selectOption('all');
  await page.getByLabel('What').selectOption('tag');
  await page.getByLabel('Value').fill(name);
  await page.locator('select').filter({ hasText: 'Whoever has the most room' }).selectOption('manual');
  await page.getByTestId('save-queue').click();
  await page.getByTestId('queue').filter({ hasText: name }).waitFor();
  const row = await unheld(page, name);
  const mira = await agent(MIRA);
  await roomForMira(page);
  await mira.goto(`${URL_OF_DEMO}/inbox/queue/${row.number}`);
  const bar = mira.getByTestId('queue-bar');
  await bar.getByText(`Waits in ${name}, 1 of 1: until somebody fetches it`).waitFor();
  // What earlier flows have left waiting may come first.
  await until(async () => {
    const given = mira.waitForResponse(/\/queue\/next$/);
    await mira.keyboard.press('Shift+N');
    return (await (await given).json()).id === row.id;
  }, 'it is the next one');
  await bar.waitFor({ state: 'detached' });
  const after = (await call(page, 'GET', `/conversations/${row.id}`)).body.row;
  assert.equal(after.assignee, (await call(mira, 'GET', '/session')).body.id);
  await call(page, 'PATCH', `/conversations/${row.id}`, { remove_tags: [name], status: 'resolved' });
  await settings(page, 'queues');
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByTestId('confirmed').click();
  await page.getByTestId('queue').filter({ hasText: name }).waitFor({ state: 'detached' });
});

test('a queue keeps to the millisecond what its form was not asked to change', async (t) => {
  const page = await agent(INES);
  const name = `Kept ${Date.now()}`;
  t.after(() => removed(page, name, '/queues', '/calendars'));
  const body = { name, version: 0, order: 9000, conditions: { field: 'tag', op: 'has', value: name } };
  const spans = { sticky_ms: 45_000, ageing_ms: 45_001, gone_ms: 90_000, offer_ms: 1_500 };
  const skills = [{ skill: 'French', level: 2, relax_ms: 20_000 }];
  const hours = { name: `${name} hours`, version: 0, zone: 'UTC', week: Array.from({ length: 7 }, () => []) };
  await call(page, 'POST', '/calendars', hours);
  const made = (await call(page, 'POST', '/queues', { ...body, ...spans, skills })).body;
  await settings(page, 'queues');
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await page.getByLabel('Name', { exact: true }).fill(`${name} on`);
  await page.getByLabel('What').selectOption('time');
  await page.getByLabel('What').selectOption('tag');
  await page.getByLabel('Value').fill(name);
  await page.getByTestId('save-queue').click();
  await page
    .getByTestId('queue')
    .filter({ hasText: `${name} on` })
    .waitFor();
  const after = (await call(page, 'GET', '/queues')).body.find((one) => one.id === made.id);
  const kept = { ...spans, skills };
  assert.deepEqual(Object.fromEntries(Object.keys(kept).map((key) => [key, after[key]])), kept);
});

test('of two queues that overflow into each other the form says that nothing goes in circles', async (t) => {
  const page = await agent(INES);
  const name = `Circle ${Date.now()}`;
  const never = { field: 'tag', op: 'has', value: name };
  const made = async (fields) => {
    const { status, body } = await call(page, 'POST', '/queues', {
      version: 0,
      conditions: never,
      ...fields,
    });
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  const one = await made({ name: `${name} A` });
  const two = await made({ name: `${name} B`, overflow: one.id, overflow_empty: true });
  t.after(async () => {
    const { version } = (await call(page, 'GET', '/queues')).body.find((queue) => queue.id === two.id);
    const { id, ...rest } = two;
    await call(page, 'PUT', `/queues/${id}`, { ...rest, version, overflow: null, overflow_empty: false });
    await removed(page, name, '/queues');
  });
  await settings(page, 'queues');
  await page.getByRole('button', { name: `Edit ${name} A` }).click();
  const to = page.getByLabel('Goes on to');
  await to.selectOption({ label: `${name} B` });
  const hint = page.getByText(`“${name} B” leads back here.`);
  await hint.waitFor();
  assert.equal(await to.getAttribute('aria-describedby'), await hint.getAttribute('id'));
  assert.deepEqual(await violations(page), []);
  await page.getByRole('switch', { name: 'At once while nobody who serves it is there' }).click();
  await page.getByTestId('save-queue').click();
  await page.getByTestId('queue-editor').waitFor({ state: 'detached' });
  assert.equal(
    (await call(page, 'GET', '/queues')).body.find((queue) => queue.id === one.id).overflow,
    two.id,
  );
  await page.getByRole('button', { name: `Edit ${name} A` }).click();
  await hint.waitFor();
  await to.selectOption({ label: 'Stays' });
  await hint.waitFor({ state: 'detached' });
});

test('what is offered is taken in the thread', async (t) => {
  const boss = await agent(INES);
  const mira = await agent(MIRA);
  const me = (await call(mira, 'GET', '/session')).body;
  const name = `Offers ${Date.now()}`;
  t.after(() => removed(boss, name, '/queues'));
  const wanted = { field: 'tag', op: 'has', value: name };
  const body = { name, version: 0, conditions: wanted, agents: [me.id], offer_ms: 600_000 };
  const made = await call(boss, 'POST', '/queues', body);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await roomForMira(boss);
  await newConversation(mira); // one of hers, to see that the list is there
  await mira.goto(`${URL_OF_DEMO}/inbox/mine`);
  await mira.getByTestId('row').first().waitFor();
  const row = await unheld(boss, name);
  const toast = mira
    .getByTestId('toast')
    .filter({ hasText: `#${row.number}` })
    .filter({ hasText: 's left' });
  await toast.waitFor();
  await mira.locator(`[data-number="${row.number}"]`).getByTestId('offered').waitFor();
  await toast.getByText('Open').click();
  await mira.getByTestId('offer-accept').click();
  await toast.waitFor({ state: 'detached' });
  await mira.getByTestId('queue-bar').waitFor({ state: 'detached' });
  const after = (await call(boss, 'GET', `/conversations/${row.id}`)).body.row;
  assert.equal(after.assignee, me.id);
  await call(boss, 'PATCH', `/conversations/${row.id}`, { remove_tags: [name], status: 'resolved' });
});

test('a supervisor sees none of these pages', async () => {
  const page = await agent(RAVI);
  for (const name of ['people', 'teams', 'queues']) {
    await settings(page, name);
    await page.getByText('There is no such page, or it is not for your role.').waitFor();
  }
});
