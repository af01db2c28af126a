// Who a visitor is: by his browser, by what his site signs, by his mail; and which sites may carry the chat.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { agent, call, MIRA, newPage, openConversation, until, URL_OF_DEMO } from './browser.mjs';
import { sendMail, sentTo } from './mail.mjs';
import {
  answer,
  conversationOf,
  hostPage,
  identity,
  opened,
  SHOP,
  unique,
  visitor,
  write,
} from './visitors.mjs';

const SECRET = process.env.INBOX_IDENTITY_SECRET;
const signed = { skip: SECRET ? false : 'the demo has no chat with signed identities' };
const MEMBERS = `${URL_OF_DEMO}/demo/shop/members.html`;

test('a line that an agent looks at is seen', async () => {
  const mira = await agent(MIRA);
  const page = await visitor();
  const question = unique('Is anybody there?');
  await write(page, question);
  const row = await conversationOf(mira, question);
  const tick = page.chat.locator('.message.mine .meta').last();
  await tick.getByText('Sent').waitFor();
  await openConversation(mira, row.number);
  await tick.getByText('Seen').waitFor();
});

test('an agent sees who has the chat open, on which page, and who has closed it', async () => {
  const mira = await agent(MIRA);
  const page = await visitor();
  const question = unique('Where do you deliver?');
  await write(page, question);
  const row = await conversationOf(mira, question);
  await openConversation(mira, row.number);
  const sidebar = mira.locator('aside').filter({ has: mira.getByTestId('customer-name') });
  await sidebar.getByText('In the chat now').waitFor();
  await page.goto(`${SHOP}delivery.html`);
  await page.locator('.panel').waitFor();
  const shown = sidebar.getByTestId('visitor-page');
  await until(
    async () => (await shown.getAttribute('href'))?.endsWith('/delivery.html'),
    'the page is shown',
  );
  await sidebar.getByText('On the page').waitFor();
  const line = await mira.getByTestId('customer-here').boundingBox();
  const said = await mira.getByRole('log').boundingBox();
  assert.ok(line.y >= said.y + said.height - 1, 'what he does stands below what was said');
  await page.locator('.launcher').click();
  await sidebar.getByText('In the chat now').waitFor({ state: 'detached' });
});

test('the next day the same browser goes on with the same conversation', async () => {
  const profile = await mkdtemp(join(tmpdir(), 'visitor-'));
  const options = {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
    reducedMotion: 'reduce',
  };
  const question = unique('Until tomorrow');
  const mira = await agent(MIRA);
  try {
    const today = await chromium.launchPersistentContext(profile, options);
    today.setDefaultTimeout(60_000);
    const page = await today.newPage();
    await page.goto(SHOP);
    await write(await opened(page), question);
    await today.close();
    const row = await conversationOf(mira, question);
    const reply = unique('Good morning');
    await answer(mira, row.id, reply);

    const tomorrow = await chromium.launchPersistentContext(profile, options);
    tomorrow.setDefaultTimeout(60_000);
    const again = await tomorrow.newPage();
    await again.goto(SHOP);
    await again.locator('.badge', { hasText: '1' }).waitFor();
    await opened(again);
    for (const text of [question, reply]) await again.chat.getByText(text).waitFor();
    const thanks = unique('Thank you');
    await write(again, thanks);
    assert.equal((await conversationOf(mira, thanks)).id, row.id);
    await tomorrow.close();
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
});

test('a site that is not on the list gets no chat', async () => {
  const page = await newPage();
  const config = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/chat/shop/config'));
  await hostPage(page, 'http://elsewhere.example/', 'shop');
  await config;
  assert.equal(await page.locator('.launcher').count(), 0);
  const refused = await page.evaluate(
    (address) =>
      new Promise((resolve) => {
        const socket = new WebSocket(address);
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('refused');
      }),
    `${URL_OF_DEMO.replace('http', 'ws')}/chat/shop/ws`,
  );
  assert.equal(refused, 'refused');
});

test('while nobody is there a visitor leaves his address with his line', async () => {
  const page = await newPage({ reducedMotion: 'reduce' });
  await page.routeWebSocket(/\/chat\/shop\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const frame = JSON.parse(String(message));
      socket.send(
        JSON.stringify(frame.t === 'ready' || frame.t === 'online' ? { ...frame, online: false } : frame),
      );
    });
  });
  await page.goto(SHOP);
  await opened(page);
  await page.chat.getByText('We are away right now').waitFor();
  const question = unique('Please write to me');
  await page.chat.locator('textarea').fill(question);
  await page.chat.locator('textarea').press('Enter');
  await page.chat.getByText('Please fill this in').first().waitFor();
  const address = `${crypto.randomUUID().slice(0, 8)}@example.net`;
  await page.chat.getByLabel('Email').fill(address);
  await page.chat.getByLabel('Name').fill('Ines Duarte');
  await page.chat.locator('textarea').press('Enter');
  await page.chat.getByText('Sent').waitFor();
  const mira = await agent(MIRA);
  const row = await conversationOf(mira, question);
  const { body } = await call(mira, 'GET', `/customers/${row.customer.id}`);
  const stated = body.identities.find((one) => one.value === address);
  assert.ok(stated, 'the address is known');
  assert.ok(!stated.verified, 'and nothing proves it');

  await openConversation(mira, row.number);
  const browser = mira.getByTestId('identity').filter({ hasText: 'Visitor on the website' });
  await browser.getByText('Not verified').waitFor();
  assert.equal(await mira.getByTestId('identity').filter({ hasText: 'Ines Duarte' }).count(), 0);
  await mira.getByRole('button', { name: `Write to ${address}` }).click();
  await mira
    .getByTestId('new-to')
    .getByText(row.customer.name || address)
    .waitFor();
  const written = unique('Here is your answer');
  const words = mira.getByTestId('new-text');
  await words.fill(written);
  await words.press('Escape');
  await words.waitFor({ state: 'detached' });
  await mira.getByTestId('compose').click();
  assert.equal(await words.inputValue(), '', 'words for one person go to no other');
  await words.press('Escape');
  await words.waitFor({ state: 'detached' });
  await mira.getByRole('button', { name: `Write to ${address}` }).click();
  await until(async () => (await words.inputValue()) === written, 'his own words are there again');
  await mira.getByTestId('new-send').click();
  await sentTo(address, (mail) => mail.text.includes(written));
  await until(async () => {
    const his = await call(mira, 'GET', `/conversations?customer=${row.customer.id}`);
    return his.body.rows.length === 2;
  }, 'the mail is to the same person');
});

test('only what the site signed for this chat and not long ago proves who somebody is', signed, async () => {
  const wrong = {
    invalid: [identity('another secret that is also 32 bytes'), 'nonsense', identity(SECRET).slice(0, -3)],
    audience: [identity(SECRET, { aud: 'shop' })],
    lifetime: [identity(SECRET, { exp: Math.floor(Date.now() / 1000) + 30 * 86_400 })],
    expired: [identity(SECRET, { exp: Math.floor(Date.now() / 1000) - 600 })],
  };
  for (const [reason, tokens] of Object.entries(wrong))
    for (const token of tokens) {
      const page = await newPage();
      await hostPage(page, MEMBERS, 'members', token);
      const heard = await until(() => page.evaluate(() => window.heard[0]), `an answer to ${reason}`);
      assert.deepEqual(heard, { ok: false, reason });
    }
});

test('who is logged in has one thread in every browser, and it opens for nobody else', signed, async () => {
  const mira = await agent(MIRA);
  const sub = unique('user');
  const token = identity(SECRET, {
    sub,
    name: 'Tilda Holm',
    email: `${sub.slice(-8)}@example.net`,
    email_verified: true,
  });
  const enter = async (given) => {
    const page = await newPage({ reducedMotion: 'reduce' });
    await hostPage(page, MEMBERS, 'members', given);
    return opened(page);
  };
  const first = await enter(token);
  const question = unique('My order');
  await write(first, question);
  const row = await conversationOf(mira, question);
  assert.equal(row.customer.name, 'Tilda Holm');
  const { body } = await call(mira, 'GET', `/customers/${row.customer.id}`);
  assert.ok(body.identities.find((one) => one.kind === 'email')?.verified);

  const second = await enter(token);
  await second.chat.getByText(question).waitFor();
  const other = await enter(identity(SECRET, { sub: `${sub}-other` }));
  const theirs = unique('Somebody else');
  await write(other, theirs);
  assert.equal(await other.chat.getByText(question).count(), 0);
  await second.evaluate(() => window.Inbox.logout());
  await second.chat.getByText(question).waitFor({ state: 'detached' });
});

test(
  'an answer that a visitor has not seen goes by mail, and his reply to it is in his chat when he comes back',
  signed,
  async () => {
    const mira = await agent(MIRA);
    const sub = unique('user');
    const address = `${sub.slice(-8)}@example.net`;
    const token = identity(SECRET, { sub, name: 'Tilda', email: address, email_verified: true });
    const page = await newPage({ reducedMotion: 'reduce' });
    await hostPage(page, MEMBERS, 'members', token);
    await opened(page);
    const question = unique('By chat');
    await write(page, question);
    const row = await conversationOf(mira, question);
    await page.close();

    const told = unique('By mail to you');
    await answer(mira, row.id, told);
    const copy = await sentTo(address, (mail) => mail.text.includes(told));
    await sendMail({
      from: `Tilda <${address}>`,
      to: copy.headers['reply-to'] ?? copy.headers.from,
      subject: `Re: ${copy.headers.subject}`,
      text: `And by mail\n\nOn Mon, 16 Nov 2026 at 10:00, Support <support@northwind.example> wrote:\n> ${told}`,
      headers: { 'In-Reply-To': copy.headers['message-id'], References: copy.headers['message-id'] },
    });
    await until(
      async () => (await call(mira, 'GET', `/conversations/${row.id}`)).body.row.inbound === 2,
      'the mail is in the conversation',
    );
    const again = await newPage({ reducedMotion: 'reduce' });
    await hostPage(again, MEMBERS, 'members', token);
    await opened(again);
    for (const text of [question, told, 'And by mail']) await again.chat.getByText(text).waitFor();
    assert.equal(await again.chat.getByText('On Mon, 16 Nov').count(), 0);
    const answered = unique('Answered by mail');
    await answer(mira, row.id, answered);
    await again.chat.getByText(answered).waitFor();
  },
);
