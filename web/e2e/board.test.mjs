// The supervisors' live board: pushed while one looks, acted on with undo, alone on a wall, for supervisors only.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, INES, MIRA, newConversation, until, URL_OF_DEMO } from './browser.mjs';

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
  const counted = async (link) => {
    const to = new URL(await link.evaluate((one) => one.href));
    const asked = new URLSearchParams({ view: to.pathname.split('/')[2], limit: '100' });
    if (to.searchParams.get('filter')) asked.set('filter', to.searchParams.get('filter'));
    return (await call(page, 'GET', `/conversations?${asked}`)).body.rows.length;
  };
  const links = page.getByTestId('queue-tile').locator('dl a');
  assert.ok((await links.count()) >= 6, 'everything, and a team without a queue');
  for (const link of await links.all())
    await until(
      async () => (await number(link)) === (await counted(link)),
      'a number is the length of its list',
    );
  await page.locator('[data-queue=all]').getByTestId('figure-started').click();
  await page.getByTestId('behind').getByRole('link').first().waitFor();
});

test('what is done to an agent is told at once and undone, one act after the other', async () => {
  const mira = await agent(MIRA);
  await call(mira, 'PATCH', '/me', { availability: 'online' });
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
  await call(mira, 'PATCH', '/me', { availability: 'online' });
});

test('a conversation is taken over from its agent, and given back by undo', async () => {
  const page = await board(INES);
  const made = await newConversation(page, 'Taken over');
  const id = made.id ?? made;
  const given = await call(page, 'PATCH', `/conversations/${id}`, { assignee: 'amina' });
  assert.equal(given.status, 200, JSON.stringify(given.body));
  const row = (await call(page, 'GET', `/conversations/${id}`)).body.row;
  const hers = page.locator('[data-agent=amina]');
  const chip = hers.getByRole('button', { name: `#${row.number}` });
  await chip.click();
  await page.getByRole('menuitem', { name: 'Take over' }).click();
  await page
    .locator('[data-agent=ines]')
    .getByRole('button', { name: `#${row.number}` })
    .waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await chip.waitFor();
  const weights = async () =>
    (await hers.getByTestId('weight').allTextContents()).map((one) => parseInt(one));
  const load = async () => parseInt(await hers.locator('td.number').first().textContent());
  await until(
    async () => (await weights()).reduce((sum, one) => sum + one, 0) === (await load()),
    'the load is what stands beside the numbers',
  );
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
  await page.getByTestId('board').getByRole('status').waitFor();
  await page.network.up();
  await queue.add('After the cut');
  await until(async () => (await number(queue.tile.getByTestId('waiting'))) === 1, 'the board moves again');
  await queue.remove();
});

test('agents have no board', async () => {
  const page = await agent(MIRA);
  await assert.rejects(page.getByTestId('nav-board').waitFor({ timeout: 500 }));
  await page.goto(`${URL_OF_DEMO}/board`);
  await page.getByText('The board is for supervisors.').waitFor();
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
  const lowest = await page
    .getByTestId('queue-tile')
    .last()
    .evaluate((tile) => tile.getBoundingClientRect().bottom);
  assert.ok(lowest > 0.8 * page.viewportSize().height, 'no part of the wall is empty');
  await page.keyboard.press('Escape');
  await page.getByTestId('wall').waitFor();
});
