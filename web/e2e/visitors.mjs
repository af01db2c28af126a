// A visitor of a shop with the chat open, and the agent's look at what he wrote.
import { createHmac } from 'node:crypto';
import { call, network, newPage, until, URL_OF_DEMO } from './browser.mjs';

export const SHOP = `${URL_OF_DEMO}/demo/shop/`;
export const unique = (words) => `${words} ${crypto.randomUUID().slice(0, 8)}`;

/** A visitor's page with the chat open; `page.chat` is the panel. */
export async function visitor(options) {
  const page = await newPage({ reducedMotion: 'reduce', ...options });
  page.network = await network(page);
  await page.goto(SHOP);
  return opened(page);
}

export async function opened(page) {
  await page.locator('.launcher').click();
  page.chat = page.locator('.panel');
  await page.chat.waitFor();
  return page;
}

/** Says this in the chat, and his address where it is asked for: that nobody is there may be told while he writes. */
export async function write(page, text) {
  const email = page.chat.locator('input[type=email][required]');
  const field = page.chat.locator('form textarea');
  await page.chat.locator('.log[aria-live=polite]').waitFor();
  await field.fill(text);
  await until(async () => {
    if (await email.count()) await email.fill('visitor@example.org');
    await field.press('Enter');
    return (await field.inputValue()) === '';
  }, `${text} is said`);
  await stored(page, text);
}

/** Waits until a line has left and is shown once, as the server has it. */
export async function stored(page, text) {
  const own = page.chat.locator('.message.mine').filter({ hasText: text });
  const sending = page.chat.getByText('Sending');
  await until(async () => !(await sending.count()) && (await own.count()) === 1, `${text} is stored`);
}

/** Waits until what greets, a file of its own, has come, and has drawn its bubble if it means to: it does so in a task of its own. */
export async function mayHaveGreeted(page) {
  const file = await until(
    () =>
      page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map((one) => one.name)
          .find((name) => /\/widget\/greeter/.test(name)),
      ),
    'what greets has come',
  );
  await page.evaluate(async (file) => {
    await import(file);
    await new Promise((resolve) => setTimeout(resolve));
  }, file);
}

/** The conversation whose last line this is. */
export async function conversationOf(agent, text) {
  return until(async () => {
    const { body } = await call(agent, 'GET', '/conversations?view=all');
    return body.rows.find((row) => row.last?.preview.includes(text));
  }, `a conversation says ${text}`);
}

export function answer(agent, conversation, text) {
  const body = { kind: 'reply', text, client_id: crypto.randomUUID(), anyway: true };
  return call(agent, 'POST', `/conversations/${conversation}/messages`, body);
}

const base64url = (value) => Buffer.from(value).toString('base64url');

/** What a host site signs about its user (RFC 7519); a claim that is undefined is left out. */
export function identity(secret, claims = {}) {
  const now = Math.floor(Date.now() / 1000);
  const all = { sub: 'user-1', aud: 'members', iat: now, exp: now + 3600, ...claims };
  const signed = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify(all))}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** A page of a host site at `address`, made here, that carries this chat. */
export async function hostPage(page, address, channel, token = '') {
  const html = `<!doctype html><html lang="en"><title>Host</title><body><h1>Host</h1>
<script>window.heard = []; (window.Inbox = window.Inbox || []).push(['on', 'identity', (it) => window.heard.push(it)]);</script>
<script src="${URL_OF_DEMO}/widget/widget.js" data-channel="${channel}" data-identity="${token}"></script></body></html>`;
  await page.route(address, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.goto(address);
}
