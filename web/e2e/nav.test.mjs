// The navigation: what one was mentioned in, what one follows, and how much room it takes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  AMINA,
  call,
  INES,
  JONAS,
  newConversation,
  openConversation,
  said,
  sequence,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';
import { sendMail, sentTo } from './mail.mjs';

const rowOf = (page, number) => page.locator(`[data-testid=row][data-number="${number}"]`);

/** What the navigation counts in a view; nothing is shown for none. */
const counted = (page, view = 'mentions') =>
  page.getByTestId(`view-${view}`).evaluate((one) => Number(one.querySelector('.count')?.textContent ?? 0));

test('what one was mentioned in has a view of its own, until it is closed', async () => {
  const [amina, jonas] = [await agent(AMINA), await agent(JONAS)];
  const row = await newConversation(jonas, 'For two');
  const me = (await call(amina, 'GET', '/session')).body.id;
  await sequence(amina, 'g', 'm');
  await amina.waitForURL('**/inbox/mentions');
  await amina.getByTestId('row').or(amina.getByTestId('list-empty')).first().waitFor();
  assert.equal(await rowOf(amina, row.number).count(), 0, 'nobody was mentioned yet');
  const body = { kind: 'note', text: 'Can you look?', mentions: [me], client_id: `n-${row.id}` };
  const noted = await call(jonas, 'POST', `/conversations/${row.number}/messages`, body);
  assert.equal(noted.status, 201, JSON.stringify(noted.body));
  await rowOf(amina, row.number).waitFor();
  await until(
    async () => (await counted(amina)) === (await amina.getByTestId('row').count()),
    'all are counted',
  );
  assert.deepEqual(await violations(amina), []);

  await jonas.goto(`${URL_OF_DEMO}/inbox/mentions`);
  await jonas.getByTestId('view-mentions').waitFor();
  await call(jonas, 'PATCH', `/conversations/${row.number}`, {
    status: 'snoozed',
    until: Date.now() + 3_600_000,
  });
  await until(
    async () => (await call(amina, 'GET', `/conversations/${row.number}`)).body.row.category === 'snoozed',
    'it sleeps',
  );
  await amina.goto(`${URL_OF_DEMO}/inbox/all?filter=${encodeURIComponent('is:snoozed is:mentioned')}`);
  await rowOf(amina, row.number).waitFor();
  await amina.goto(`${URL_OF_DEMO}/inbox/mentions`);
  await rowOf(amina, row.number).waitFor();
  await call(jonas, 'PATCH', `/conversations/${row.number}`, { status: 'resolved' });
  await rowOf(amina, row.number).waitFor({ state: 'detached' });
  await until(
    async () => (await counted(amina)) === (await amina.getByTestId('row').count()),
    'counted anew',
  );
  assert.deepEqual([amina.complaints, jonas.complaints], [[], []]);
});

test('what one follows has a view, a star and a counter, and is heard of, until S is pressed again', async () => {
  const [amina, jonas] = [await agent(AMINA), await agent(JONAS)];
  const row = await newConversation(jonas, 'Worth following');
  const { value } = row.participants[0];
  const sent = await sentTo(value);
  await openConversation(amina, row.number);
  const star = amina.getByTestId('follow');
  const pressed = (wanted) =>
    until(async () => (await star.getAttribute('aria-pressed')) === String(wanted), `pressed: ${wanted}`);
  await pressed(false);
  await amina.keyboard.press('s');
  await said(amina, `You follow #${row.number}`);
  await pressed(true);
  await amina.keyboard.press('z');
  await pressed(false);
  await star.click();
  await pressed(true);
  await sequence(amina, 'g', 'f');
  await amina.waitForURL('**/inbox/followed');
  await rowOf(amina, row.number).getByText('You follow this conversation').waitFor();
  await until(
    async () => (await counted(amina, 'followed')) === (await amina.getByTestId('row').count()),
    'all are counted',
  );
  assert.deepEqual(await violations(amina), []);
  await sendMail({
    from: `Somebody <${value}>`,
    subject: `Re: ${row.subject}`,
    text: 'Any news?',
    headers: { 'In-Reply-To': sent.headers['message-id'], References: sent.headers['message-id'] },
  });
  await said(amina, `wrote, and you follow it (#${row.number})`);
  await amina.goto(`${URL_OF_DEMO}/inbox/all?filter=${encodeURIComponent('is:followed')}`);
  const box = amina.getByRole('listitem').filter({ has: rowOf(amina, row.number) });
  await box.getByTestId('select').check();
  await amina.keyboard.press('s');
  await said(amina, 'Unfollow: 1 done');
  const followers = async () =>
    (await call(jonas, 'GET', `/conversations/${row.number}`)).body.row.followers.length;
  assert.equal(await followers(), 0);
  await amina.keyboard.press('z');
  await said(amina, '1 conversation is as it was');
  assert.equal(await followers(), 1);
  assert.deepEqual([amina.complaints, jonas.complaints], [[], []]);
});

test('the navigation folds to its icons by a key or a button, and stays as it was left', async () => {
  const page = await agent(AMINA);
  const nav = page.locator('[data-pane=nav]');
  const width = async () => (await nav.boundingBox()).width;
  const wide = await width();
  await page.keyboard.press('[');
  await until(async () => (await width()) < wide / 2, 'only icons');
  await page.getByRole('link', { name: 'Mentions' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.reload();
  await page.getByTestId('view-mine').waitFor();
  assert.ok((await width()) < wide / 2, 'still so');
  await page.getByTestId('fold-nav').click();
  await until(async () => (await width()) === wide, 'with its words again');
  assert.deepEqual(page.complaints, []);
});

test('F6 goes round the panes both ways, arrows walk where nothing has the focus, every edge can be moved', async () => {
  const page = await agent(JONAS, { viewport: { width: 1440, height: 900 } });
  const pane = () => page.evaluate(() => document.activeElement.closest('[data-pane]')?.dataset.pane);
  const round = async (key, times) => {
    const been = [];
    for (let n = 0; n < times; n++) {
      await page.keyboard.press(key);
      been.push(await pane());
    }
    return been.join(' ');
  };
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await page.getByTestId('row').first().waitFor();
  assert.equal(await round('F6', 4), 'nav list thread nav');
  await page.evaluate(() => document.activeElement.blur());
  const at = () => new URL(page.url()).pathname;
  await page.keyboard.press('ArrowDown');
  await page.getByTestId('message').first().waitFor();
  const first = at();
  await page.keyboard.press('ArrowDown');
  await page.waitForURL((url) => url.pathname !== first);
  await page.keyboard.press('ArrowUp');
  await page.waitForURL((url) => url.pathname === first);
  await page.locator('[data-pane=customer]').waitFor();
  assert.equal(await round('F6', 5), 'nav list thread customer nav');
  assert.equal(await round('Shift+F6', 4), 'customer thread list nav');

  const width = async (name) => Math.round((await page.locator(`[data-pane=${name}]`).boundingBox()).width);
  const before = { nav: await width('nav'), customer: await width('customer') };
  await page.getByTestId('edge-nav').press('ArrowRight');
  await page.getByTestId('edge-sidebar').press('ArrowLeft');
  await until(async () => (await width('nav')) === before.nav + 16, 'the navigation is wider');
  await until(async () => (await width('customer')) === before.customer + 16, 'the sidebar is wider');
  const edge = await page.getByTestId('edge-nav').boundingBox();
  await page.mouse.move(edge.x + 3, 400);
  await page.mouse.down();
  await page.mouse.move(edge.x + 900, 400);
  await page.mouse.up();
  await until(async () => (await width('nav')) === 340, 'as wide as it gets');
  await page.reload();
  await page.locator('[data-pane=customer]').waitFor();
  assert.deepEqual([await width('nav'), await width('customer')], [340, before.customer + 16]);
  assert.ok((await width('thread')) >= 360, 'the conversation keeps its room');
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('edge-nav').dblclick();
  await until(async () => (await width('nav')) === before.nav, 'a double click gives the first width back');
});

test('teams and channels have lists of their own, counted, in groups that stay as one left them', async (t) => {
  const ines = await agent(INES);
  const team = (await call(ines, 'POST', '/teams', { name: `Team ${Date.now()}` })).body;
  t.after(() => call(ines, 'DELETE', `/teams/${team.id}`));
  const row = await newConversation(ines, 'Of the new team');
  await call(ines, 'PATCH', `/conversations/${row.number}`, { team: team.id });
  const teams = ines.getByTestId('nav-teams');
  const link = ines.getByTestId('team-view').filter({ hasText: team.name });
  assert.equal(await teams.getAttribute('aria-expanded'), 'false');
  await teams.press('Enter');
  await link.waitFor();
  await link.locator('.count').filter({ hasText: /^1$/ }).waitFor();
  await link.click();
  await ines.getByRole('heading', { name: team.name }).waitFor();
  await rowOf(ines, row.number).waitFor();
  assert.equal(await ines.getByTestId('row').count(), 1);
  assert.deepEqual(await violations(ines), []);

  await ines.reload();
  await ines.getByRole('heading', { name: team.name }).waitFor();
  assert.equal(await link.getAttribute('aria-current'), 'page');
  await call(ines, 'PATCH', `/conversations/${row.number}`, { status: 'resolved' });
  await rowOf(ines, row.number).waitFor({ state: 'detached' });
  await until(async () => !(await link.locator('.count').count()), 'nothing is left to count');

  await teams.press('Enter');
  await link.waitFor({ state: 'detached' });
  await ines.keyboard.press('Control+K');
  await ines.getByTestId('palette-input').fill("Members' chat");
  await ines.getByRole('option', { name: "Members' chat" }).first().click();
  await ines.getByRole('heading', { name: "Members' chat" }).waitFor();
  assert.equal(new URL(ines.url()).pathname, `/inbox/${encodeURIComponent('channel:members')}`);
});

test('an agent has the views of his own teams', async () => {
  const amina = await agent(AMINA);
  const { teams } = (await call(amina, 'GET', '/session')).body;
  const names = (await call(amina, 'GET', '/bootstrap')).body.teams.filter(({ id }) => teams.includes(id));
  await amina.getByTestId('nav-teams').click();
  await until(
    async () => (await amina.getByTestId('team-view').count()) === names.length,
    'as many as he has',
  );
  assert.equal(await amina.getByTestId('queue-view').count(), 0);
});

test('where the navigation is folded to icons its groups open, too', async () => {
  const ines = await agent(INES, { viewport: { width: 1024, height: 768 } });
  const teams = ines.getByTestId('nav-teams');
  await teams.waitFor();
  assert.equal(await ines.getByTestId('team-view').count(), 0);
  assert.equal(await teams.getAttribute('title'), 'Teams');
  const { width, height } = await teams.boundingBox();
  assert.ok(width >= 40 && height >= 40, `${width} by ${height}`);
  await teams.click();
  await ines.getByTestId('team-view').first().waitFor();
  assert.deepEqual(await violations(ines), []);
  await ines.getByRole('button', { name: 'Teams', expanded: true }).press('Enter');
  await ines.getByTestId('team-view').first().waitFor({ state: 'detached' });
});
