// Reports as a supervisor uses them: figures, the conversations behind them, another period, a spreadsheet; by keyboard and on a phone.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { agent, MIRA, RAVI, until, URL_OF_DEMO, violations } from './browser.mjs';

async function open(page, query = '') {
  await page.goto(`${URL_OF_DEMO}/reports${query}`);
  await page.getByTestId('tile-started').waitFor();
}

test('a figure leads to the conversations it counts, and on to one of them', async () => {
  const page = await agent(RAVI);
  await page.getByTestId('nav-reports').click();
  const tile = page.getByTestId('tile-started').getByRole('button');
  const list = page.getByTestId('behind');
  // One may begin between the count and the list: then both are asked for anew.
  await until(async () => {
    const count = Number((await tile.textContent()).replace(/\D/g, ''));
    if (count <= 20) return false;
    await tile.click();
    await list.getByRole('link').first().waitFor();
    if ((await list.locator('li:not(.heads)').count()) === Math.min(count, 50)) return true;
    await page.reload();
    return false;
  }, 'as many as were counted in the last thirty days, and more than twenty');
  const number = (await list.getByRole('link').first().textContent()).match(/#(\d+)/)[1];
  await list.getByRole('link').first().click();
  await page.waitForURL(`**/inbox/all/${number}`);
});

test('messages, the backlog and hours of the week open as many lines as they count', async () => {
  const page = await agent(RAVI);
  const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  await open(page, `?by=channel&first=${day(30)}&last=${day(2)}`); // days to which nothing is added any more
  const list = page.getByTestId('behind');
  async function opens(button, words) {
    const count = Number((await button.textContent()).replace(/\D/g, ''));
    await button.click();
    await list.getByText(words).waitFor();
    await until(
      async () => (await list.locator('li:not(.heads)').count()) === Math.min(count, 50),
      `${count} lines for ${words}`,
    );
    await page.keyboard.press('Escape');
    await list.waitFor({ state: 'detached' });
  }
  const line = page.getByRole('region', { name: 'Figures' }).locator('tbody tr').first();
  await opens(line.getByRole('cell').nth(1).getByRole('button'), 'A line for each message');
  await opens(line.getByRole('cell').nth(2).getByRole('button'), 'A line for each message');
  await opens(page.getByTestId('tile-backlog').getByRole('button'), 'Open, waiting or snoozed');
  await page.getByTestId('by-hour').click();
  await opens(
    page.getByRole('button', { name: /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*: \d/ }).first(),
    'A line for each message',
  );
});

test('time in a state opens its stretches', async () => {
  const page = await agent(RAVI);
  const time = page.getByTestId('states').getByRole('button').first();
  await until(async () => {
    await open(page, '?by=state');
    return time.waitFor({ timeout: 2_000 }).then(
      () => true,
      () => false,
    );
  }, 'somebody has been in some state');
  await time.click();
  const list = page.getByTestId('behind');
  await list.getByText('Each stretch').waitFor();
  await list.locator('li').first().waitFor();
  await page.keyboard.press('Escape');
  await list.waitFor({ state: 'detached' });

  const people = page.getByTestId('states').getByRole('rowheader');
  const one = (await people.first().textContent()).trim();
  await page.getByRole('combobox', { name: 'Person' }).selectOption({ label: one });
  await page.waitForURL(/agent=/);
  await until(async () => (await people.allTextContents()).join().trim() === one, `only ${one} is left`);
  const agentOf = (address) => new URL(address, URL_OF_DEMO).searchParams.get('agent');
  await until(
    async () => agentOf(await page.getByTestId('csv').getAttribute('href')) === agentOf(page.url()),
    'the spreadsheet is of him alone',
  );
  await page.getByText('not counted by person').first().waitFor();
  await until(() => page.getByRole('combobox', { name: 'Channel' }).isDisabled(), 'no channel can be chosen');
  await page.getByText('Time in each state is counted by person').waitFor();
  assert.deepEqual(await violations(page), []);
});

test('rows of people narrow the report, and the address keeps it', async () => {
  const page = await agent(RAVI);
  await open(page);
  await page.getByRole('button', { name: 'Mira Kovač' }).click();
  await page.waitForURL(/agent=/);
  const person = page.getByRole('combobox', { name: 'Person' });
  const named = new URL(page.url()).searchParams.get('agent');
  await until(async () => (await person.inputValue()) === named, 'it is she whom the form names');
  await page.getByTestId('by-channel').click();
  await page.getByRole('columnheader', { name: 'Channel' }).waitFor();
  const address = page.url();
  await page.reload();
  await page.getByRole('columnheader', { name: 'Channel' }).waitFor();
  assert.equal(page.url(), address);
});

test('hours of the week, and days in which nothing happened', async () => {
  const page = await agent(RAVI);
  await open(page, '?by=hour');
  await page.getByRole('rowheader', { name: 'Mon' }).waitFor();
  await open(page, '?first=2020-01-01&last=2020-01-07&by=agent');
  await page.getByText('Nothing in these days.').waitFor();
});

test('the figures go into a spreadsheet with names', async () => {
  const page = await agent(RAVI);
  await open(page, '?by=agent');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('csv').click()]);
  const text = await readFile(await download.path(), 'utf8');
  assert.match(text.split('\n')[0], /^Person,Id,.*First answer: 9 of 10 within \(s\)/);
  assert.match(text, /Mira Kovač/);
});

test('somebody who only answers is shown no figures', async () => {
  const page = await agent(MIRA);
  assert.equal(await page.getByTestId('nav-reports').count(), 0);
  await page.goto(`${URL_OF_DEMO}/reports`);
  await page.getByText('Reports are for supervisors and admins.').waitFor();
});

test('axe finds nothing in the tables, nor in the list behind a figure', async () => {
  const page = await agent(RAVI);
  for (const query of ['', '?by=policy']) {
    await open(page, query);
    await page.getByText('As a table').click();
    assert.deepEqual(await violations(page), [], query);
  }
  await page.getByTestId('tile-resolved').getByRole('button').click();
  await page.getByTestId('behind').getByRole('link').first().waitFor();
});

test('a promise missed is shown with what it was and by how much it was missed', async () => {
  const page = await agent(RAVI);
  await open(page, '?by=policy');
  const promises = page.getByRole('region', { name: 'Figures' });
  await promises
    .getByText(/^\d+ of \d+$/)
    .first()
    .waitFor();
  const heads = 'Promise, Promises missed, Promises kept';
  await until(
    async () => (await promises.getByRole('columnheader').allTextContents()).join(', ') === heads,
    heads,
  );
  await page.getByTestId('tile-kept').getByRole('button').click();
  const list = page.getByTestId('behind');
  await list.getByText('Late by', { exact: true }).waitFor();
  await list
    .getByText(/^(First reply|Next reply|Resolution) · /)
    .first()
    .waitFor();
});
