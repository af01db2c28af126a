// A browser for the flows. INBOX_URL names a running demo, CHROMIUM the browser; nothing is downloaded.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

export const URL_OF_DEMO = process.env.INBOX_URL ?? 'http://127.0.0.1:8080';
export const PASSWORD = process.env.INBOX_PASSWORD ?? 'inbox-demo';
export const MIRA = 'mira@northwind.example';
export const JONAS = 'jonas@northwind.example';
export const RAVI = 'ravi@northwind.example';
export const AMINA = 'amina@northwind.example';
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let browser;
const open = new Set();

before(async () => {
  // A page that a test makes up counts as one from the internet, which may not talk to this machine.
  const local = '--disable-features=LocalNetworkAccessChecks';
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', local];
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
});

after(async () => {
  for (const context of open) await context.close();
  await browser?.close();
});

/** A page of its own session; whatever the page complains of is kept in `page.complaints`. */
export async function newPage(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  open.add(context);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('console', (message) => {
    const text = message.text();
    if (/Content Security Policy|Content-Security-Policy/.test(text)) page.complaints.push(text);
  });
  return page;
}

export async function logIn(page, email) {
  await page.goto(`${URL_OF_DEMO}/login`);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('[data-pane=list]').waitFor();
}

export async function agent(email, options) {
  const page = await newPage(options);
  page.network = await network(page);
  await logIn(page, email);
  return page;
}

/** Calls the API with the page's own session. */
export function call(page, method, path, body) {
  return page.evaluate(
    async ([method, path, body]) => {
      const me = await (await fetch('/api/v1/session')).json();
      const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': me.csrf };
      if (method === 'POST') headers['Idempotency-Key'] = crypto.randomUUID();
      const init = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
      const response = await fetch(`/api/v1${path}`, init);
      const text = await response.text();
      return { status: response.status, body: text ? JSON.parse(text) : undefined };
    },
    [method, path, body],
  );
}

/**
 * Takes the page's network into the test's hand; call it before the page is opened. A browser that is told to be offline
 * keeps its open sockets, so they are cut here.
 */
export async function network(page) {
  const sockets = new Set();
  let up = true;
  await page.routeWebSocket(/\/ws$/, (socket) => {
    if (!up) return;
    const server = socket.connectToServer();
    sockets.add({ socket, server });
  });
  return {
    /** `http` false leaves requests through: a page whose socket is dead and does not know it yet. */
    async down({ http = true } = {}) {
      up = false;
      if (http) await page.context().setOffline(true);
      for (const { socket, server } of sockets) {
        await socket.close({ code: 1001 });
        await server.close();
      }
      sockets.clear();
    },
    async up() {
      up = true;
      await page.context().setOffline(false);
      await page.evaluate(() => dispatchEvent(new Event('online')));
    },
  };
}

let made = 0;

/** A conversation of this flow alone, begun by the page's agent; its row. */
export async function newConversation(page, subject = 'A flow of its own') {
  const id = `${Date.now().toString(36)}${made++}`;
  const boot = await call(page, 'GET', '/bootstrap');
  const channel = boot.body.channels.find((one) => one.recipients);
  assert.ok(channel, 'the demo has a mail channel');
  const answer = await call(page, 'POST', '/conversations', {
    channel: channel.id,
    to: [{ kind: channel.kind, value: `flow-${id}@example.net`, name: `Flow ${id}` }],
    subject: `${subject} ${id}`,
    text: 'Hello, this is the first message.',
    client_id: `flow-${id}`,
  });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body.conversation;
}

export async function openConversation(page, number, view = 'all') {
  await page.goto(`${URL_OF_DEMO}/inbox/${view}/${number}`);
  await page.getByTestId('message').first().waitFor();
}

export const composer = (page) => page.getByTestId('composer-text');

export function messageWith(page, text) {
  return page.getByTestId('message').filter({ hasText: text });
}

/** Waits until `check` gives something true; a bounded poll, never a sleep of hope. */
export async function until(check, what, ms = 10_000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) assert.fail(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What axe finds wrong on the page as it stands: WCAG 2.2 A and AA, and best practice. */
export async function violations(page) {
  await page.addScriptTag({ path: AXE }).catch(async () => {
    const { readFile } = await import('node:fs/promises');
    await page.evaluate(await readFile(AXE, 'utf8'));
  });
  const found = await page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(' | ')}`,
    );
  });
  return found;
}
