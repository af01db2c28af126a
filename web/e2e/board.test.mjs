// The supervisors' live board: pushed while one looks, acted on with undo, alone on a wall, for supervisors only.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  conversations,
  INES,
  MIRA,
  newConversation,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

const number = async (locator) => Number(await locator.textContent());

async function board(email, options) {
  const page = await agent(email, options);
  await page.goto(`${URL_OF_DEMO}/board`);
  await page.getByTestId('queue-tile').first().waitFor();
  return page;
}

/** A queue of this flow alone, which gives nothing out by itself; its tile, and how a conversation comes to wait in it. */
async function quietQueue(page) {
  const name = `Board ${Date.now()}`;
  const conditions = { field: 'tag', op: 'has', value: name };
  const made = await call(page, 'POST', '/queues', { name, version: 0, conditions, strategy: 'manual' });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return {
    remove: () => call(page, 'DELETE', `/queues/${made.body.id}`),
    tile: page.getByTestId('queue-tile').filter({ hasText: name }),
    async add(subject) {
      const { id } = await newConversation(page, subject);
      const changed = await call(page, 'PATCH', `/conversations/${id}`, {
        add_tags: [name],
        assignee: null,
        status: 'open',
      });
      assert.equal(changed.status, 200, JSON.stringify(changed.body));
    },
  };
}

test('what comes to wait is seen at once, and its number leads to its list', async () => {
  const page = await board(INES);
  const queue = await quietQueue(page);
  const waiting = queue.tile.getByTestId('waiting');
  await queue.add('Seen on the board');
  await until(async () => (await number(waiting)) === 1, 'the board moves');
  await waiting.click();
  await page.waitForURL(/inbox\/queue%3A|inbox\/queue:/);
  await queue.remove();
});

test('the numbers of a tile open just what they count', async () => {
  const page = await board(INES);
  await newConversation(page, 'Counted once');
  const counted = async (address) => {
    const { pathname, searchParams } = new URL(address);
    const filter = searchParams.get('filter');
    let length = 0;
    for await (const _ of conversations(page, { view: pathname.split('/')[2], ...(filter && { filter }) }))
      length++;
    return length;
  };
  const links = page.getByTestId('queue-tile').locator('dl a');
  await until(async () => (await links.count()) >= 6, 'everything, and a team without a queue');
  const addresses = await links.evaluateAll((all) => all.map((one) => one.href));
  /** The number that leads there; a tile may go meanwhile, as that of a queue that an earlier flow has removed. */
  const shown = (address) =>
    links.evaluateAll((all, to) => all.find((one) => one.href === to)?.textContent, address);
  for (const address of addresses)
    await until(async () => {
      const number = await shown(address);
      return number === undefined || Number(number) === (await counted(address));
    }, `a number is the length of its list: ${address}`);
  await page.locator('[data-queue=all]').getByTestId('figure-started').click();
  await page.getByTestId('behind').getByRole('link').first().waitFor();
});

test('what is done to an agent is told at once and undone, one act after the other', async (t) => {
  const mira = await agent(MIRA);
  const online = () => call(mira, 'PATCH', '/me', { availability: 'online' });
  t.after(online);
  await online();
  const page = await board(INES);
  const row = page.locator('[data-agent=mira]');
  await row.getByText('Online').waitFor();
  for (const state of ['Away', 'Busy']) {
    await row.getByTestId('agent-actions').click();
    await page.getByRole('menuitem', { name: `Set to: ${state}` }).click();
    await row.getByText(state).waitFor();
  }
  const undo = page.getByTestId('board-undo');
  await undo.filter({ hasText: 'Away' }).waitFor(); // their messages are gone
  await undo.filter({ hasText: 'Busy' }).waitFor();
  await page.keyboard.press('z');
  await row.getByText('Away').waitFor();
  await undo.click();
  await row.getByText('Online').waitFor();
  await undo.waitFor({ state: 'detached' });
  const set = await call(page, 'PUT', '/agents/mira/availability', { availability: 'busy' });
  assert.equal(set.body.state, 'busy');
});

test('a conversation is taken over from its agent, and given back by undo', async () => {
  const page = await board(INES);
  const made = await newConversation(page, 'Taken over');
  const id = made.id ?? made;
  const given = await call(page, 'PATCH', `/conversations/${id}`, { assignee: 'amina' });
  assert.equal(given.status, 200, JSON.stringify(given.body));
  const row = (await call(page, 'GET', `/conversations/${id}`)).body.row;
  const hers = page.locator('[data-agent=amina]');
  const named = { name: new RegExp(`#${row.number}\\b`) };
  const chip = hers.getByRole('button', named);
  await chip.click();
  await page.getByRole('menuitem', { name: 'Take over' }).click();
  await page.locator('[data-agent=ines]').getByRole('button', named).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await chip.waitFor();
  const loads = () =>
    hers.evaluate((line) => {
      const weights = [...line.querySelectorAll('[data-testid=weight]')];
      const sum = weights.reduce((sum, one) => sum + parseInt(one.textContent), 0);
      return sum === parseInt(line.querySelector('td.number').textContent);
    });
  await until(loads, 'the load is what stands beside the numbers');
});

test('the row of somebody outside his working hours says so until they are others', async (t) => {
  const page = await board(INES);
  const never = Array.from({ length: 7 }, () => []);
  const hours = { name: `Never ${Date.now()}`, version: 0, zone: 'UTC', week: never };
  const made = await call(page, 'POST', '/calendars', hours);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const give = async (calendar) => {
    const { version } = (await call(page, 'GET', '/accounts')).body.find((one) => one.id === 'mira');
    const { status, body } = await call(page, 'PATCH', '/accounts/mira', { version, calendar });
    assert.equal(status, 200, JSON.stringify(body));
  };
  t.after(async () => {
    await give('');
    await call(page, 'DELETE', `/calendars/${made.body.id}`);
  });
  const row = page.locator('[data-agent=mira]');
  await give(made.body.id);
  await row.getByText(', off duty').waitFor();
  assert.deepEqual(await violations(page), []);
  await give('');
  await row.getByText(', off duty').waitFor({ state: 'detached' });
});

test('a queue is paused and goes on', async () => {
  const page = await board(INES);
  const { tile, remove } = await quietQueue(page);
  await tile.getByTestId('queue-actions').click();
  await page.getByRole('menuitem', { name: 'Pause' }).click();
  await tile.getByText('Paused').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await tile.getByText('Paused').waitFor({ state: 'detached' });
  await remove();
  await tile.waitFor({ state: 'detached' });
});

test('the board comes back after the line was cut', async () => {
  const page = await board(INES);
  const queue = await quietQueue(page);
  await page.network.down();
  await page.getByTestId('offline').waitFor();
  await page.network.up();
  await queue.add('After the cut');
  await until(async () => (await number(queue.tile.getByTestId('waiting'))) === 1, 'the board moves again');
  await queue.remove();
});

test('agents have no board', async () => {
  const page = await agent(MIRA);
  await page.getByTestId('account').waitFor();
  assert.equal(await page.getByTestId('nav-board').count(), 0);
  await page.goto(`${URL_OF_DEMO}/board`);
  await page.getByText('The board is for supervisors.').waitFor();
  assert.equal(await page.getByTestId('nav-board').count(), 0);
});

test('the wall has no controls and is left by Escape', async () => {
  const page = await board(INES);
  await page.goto(`${URL_OF_DEMO}/board/wall`);
  await page.getByTestId('queue-tile').first().waitFor();
  assert.equal(await page.getByRole('button').count(), 0, 'no controls on the wall');
  await page
    .getByTestId('queue-tile')
    .first()
    .getByText(/New today \d/)
    .waitFor();
  const lowest = () =>
    page
      .getByTestId('queue-tile')
      .last()
      .evaluate((tile) => tile.getBoundingClientRect().bottom);
  await until(
    async () => (await lowest()) > 0.8 * page.viewportSize().height,
    'no part of the wall is empty',
  );
  await page.keyboard.press('Escape');
  await page.getByTestId('wall').waitFor();
});
