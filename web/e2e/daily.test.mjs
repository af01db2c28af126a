// The less usual things of an agent's day: passwords, failed and copied mail, a newer reply with files, bots, spam, search.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  AMINA,
  call,
  composer,
  focused,
  INES,
  JONAS,
  messageWith,
  MIRA,
  newConversation,
  newPage,
  openConversation,
  PASSWORD,
  said,
  until,
  URL_OF_DEMO,
} from './browser.mjs';
import { sentTo } from './mail.mjs';
import { conversationOf, unique, visitor, write } from './visitors.mjs';

async function address(page, testid, value) {
  const field = page.getByTestId(testid).getByRole('textbox');
  await field.fill(value);
  await field.press('Enter');
}

const used = [];

async function reset(password) {
  const page = await newPage();
  await page.goto(`${URL_OF_DEMO}/login`);
  await page.getByRole('link', { name: 'Forgotten password?' }).click();
  await page.getByLabel('Email').fill(INES);
  const asked = Date.now() - 2000;
  await page.getByRole('button', { name: 'Send the link' }).click();
  const linkIn = (mail) => /https?:\/\/\S+\/reset\/\S+/.exec(mail.text)?.[0];
  const isNew = (mail) => linkIn(mail) && !used.includes(linkIn(mail));
  const link = linkIn(await sentTo(INES, (one) => Date.parse(one.headers.date) >= asked && isNew(one)));
  used.push(link);
  await page.goto(link);
  for (const label of ['New password', 'New password again'])
    await page.getByLabel(label, { exact: true }).fill(password);
  await page.locator('form button[type=submit]').click();
  await page.getByRole('status').waitFor();
  return { page, link };
}

test('a forgotten password is replaced by a link that works once', async () => {
  const { page, link } = await reset('a new horse battery');
  await page.goto(link);
  for (const label of ['New password', 'New password again'])
    await page.getByLabel(label, { exact: true }).fill('another one entirely');
  await page.locator('form button[type=submit]').click();
  await page.getByRole('alert').waitFor();
  await page.goto(`${URL_OF_DEMO}/login`);
  await page.getByLabel('Email').fill(INES);
  await page.getByLabel('Password').fill('a new horse battery');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('[data-pane=list]').waitFor();
  await reset(PASSWORD);
  await agent(INES);
});

test('an answer goes to Cc and Bcc, and nobody is told of the Bcc', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  const text = unique('With copies');
  await composer(page).fill(text);
  await page.getByTestId('to').getByRole('button', { name: 'Cc', exact: true }).click();
  await focused(page.getByTestId('cc').getByRole('textbox'));
  await page.keyboard.type('carl@example.net,'); // no letter of it is a key for anything else
  await page.getByTestId('to').getByRole('button', { name: 'Bcc' }).click();
  await focused(page.getByTestId('bcc').getByRole('textbox'));
  await page.keyboard.type('boss@example.net,');
  await page.keyboard.press('Control+Enter');
  await messageWith(page, text).waitFor();
  const mail = await sentTo(row.participants[0].value, (one) => one.text.includes(text));
  assert.match(mail.headers.cc, /carl@example\.net/);
  assert.ok(!JSON.stringify(mail).includes('boss@example.net'));
});

test('a mail that was refused says why and can be tried again', async () => {
  const page = await agent(MIRA);
  await page.getByTestId('compose').click();
  await page.getByTestId('new-to').getByRole('textbox').fill('nobody@gone.example.net');
  await page.getByTestId('new-subject').fill('Anybody?');
  const text = unique('Are you still there');
  await page.getByTestId('new-text').fill(text);
  await page.keyboard.press('Control+Enter');
  await messageWith(page, text).locator('[data-state=failed]').waitFor();
  await messageWith(page, text).getByText('550 5.1.1').first().waitFor();
  const number = page.url().split('/').at(-1);
  const stored = async () => {
    const { body } = await call(page, 'GET', `/conversations/${number}`);
    return body.timeline.items.find((item) => item.text === text);
  };
  const { version } = await stored();
  await messageWith(page, text).getByTestId('retry').click();
  // Queued again, taken, and refused again: each is a version of its own.
  await until(async () => {
    const now = await stored();
    return now.state === 'failed' && now.version >= version + 3;
  }, 'it was tried again');
  await messageWith(page, text).locator('[data-state=failed]').waitFor();
});

test('a file waits with the words when a colleague was faster, and goes with them', async () => {
  const mira = await agent(MIRA);
  const jonas = await agent(JONAS);
  const row = await newConversation(mira);
  await openConversation(mira, row.number);
  await composer(mira).fill('See the list');
  await mira
    .getByTestId('attach')
    .setInputFiles({ name: 'list.txt', mimeType: 'text/plain', buffer: Buffer.from('inside') });
  await mira.getByTestId('draft-file').filter({ hasText: 'list.txt' }).waitFor();
  await mira.network.down({ http: false });
  await openConversation(jonas, row.number);
  await composer(jonas).fill('I was faster');
  await jonas.keyboard.press('Control+Enter');
  await messageWith(jonas, 'I was faster').waitFor();
  await until(async () => (await jonas.getByTestId('outgoing').count()) === 0, 'it is stored');
  await composer(mira).focus();
  await mira.keyboard.press('Control+Enter');
  await mira.getByTestId('guard').filter({ hasText: 'I was faster' }).waitFor();
  await mira.getByTestId('draft-file').filter({ hasText: 'list.txt' }).waitFor();
  await mira.getByRole('button', { name: 'Send anyway' }).click();
  await messageWith(jonas, 'See the list')
    .getByTestId('attachment')
    .filter({ hasText: 'list.txt' })
    .waitFor();
});

test('a chat is given to the bot, which answers and hands over when a person is asked for', async () => {
  const mira = await agent(MIRA);
  const page = await visitor();
  const question = unique('Hello bot');
  await write(page, question);
  const row = await conversationOf(mira, question);
  await openConversation(mira, row.number);
  await mira.getByTestId('give-bot').click();
  await mira.getByRole('menuitem', { name: 'Echo' }).click();
  await mira.getByTestId('bot-bar').waitFor();
  await mira.getByTestId('event').filter({ hasText: 'Echo is answering' }).waitFor();
  const more = unique('and more');
  await write(page, more);
  await page.chat.getByText(`You said: ${more}`).waitFor();
  await write(page, 'I want to talk to a person');
  await page.chat.getByText('passing you on to a colleague').waitFor();
  await mira.getByTestId('event').filter({ hasText: 'Echo handed over: a person was asked for' }).waitFor();
  await mira.getByTestId('bot-bar').waitFor({ state: 'detached' });

  // What waits for the bot now is nothing it hands over for.
  const last = unique('one more thing');
  await write(page, last);
  await messageWith(mira, last).waitFor();
  await mira.getByTestId('give-bot').click();
  await mira.getByRole('menuitem', { name: 'Echo' }).click();
  await mira.getByTestId('take-over').click();
  await mira.getByTestId('event').filter({ hasText: 'You took over from Echo' }).waitFor();
});

test('spam, waiting, snooze and back again, by keyboard alone', async () => {
  const page = await agent(AMINA);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  const category = async () => (await call(page, 'GET', `/conversations/${row.number}`)).body.row.category;
  const choose = async (status) => {
    await page.keyboard.press('Shift+S');
    const item = page.getByTestId(`status-${status}`);
    await item.waitFor();
    const focused = () => item.evaluate((one) => one === document.activeElement);
    await until(
      () => page.evaluate(() => document.activeElement.matches('[role^=menuitem]')),
      'a choice has the focus',
    );
    for (let steps = 0; steps < 5 && !(await focused()); steps++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
  };
  for (const status of ['open', 'waiting']) {
    await choose(status);
    await until(async () => (await category()) === status, status);
  }
  await choose('spam');
  await until(async () => (await category()) === 'spam', 'spam');
  await said(page, `#${row.number} marked as spam`); // the last that can be undone
  await page.keyboard.press('z');
  await until(async () => (await category()) !== 'spam', 'undone');
  await openConversation(page, row.number);
  await page.keyboard.press('b');
  await page.getByTestId('snooze-tomorrow').waitFor();
  await until(
    () => page.evaluate(() => document.activeElement.matches('[role=menuitem]')),
    'a time has the focus',
  );
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await until(async () => (await category()) === 'snoozed', 'snoozed');
});

test('history is found by words, by customer and by tag', async () => {
  const page = await agent(MIRA);
  const word = `wort${crypto.randomUUID().slice(0, 8)}`;
  const row = await newConversation(page, word);
  await call(page, 'PATCH', `/conversations/${row.id}`, { add_tags: [word] });
  const who = row.participants[0].value;
  const finds = async (q) => {
    await until(
      async () =>
        (await call(page, 'GET', `/search?q=${encodeURIComponent(q)}`)).body.hits?.some(
          (hit) => hit.row.number === row.number,
        ),
      `${q} is indexed`,
    );
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.getByTestId('search').fill(q);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('q') === q);
    await page.locator(`[data-number="${row.number}"]`).waitFor();
  };
  await finds(word);
  await finds(`customer:${who}`);
  await finds(`tag:${word}`);
  await finds(`tag:${word} customer:${who}`);
});
