// A browser for the flows. INBOX_URL names a running demo, CHROMIUM the browser; nothing is downloaded.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, afterEach, before, beforeEach } from 'node:test';
import { chromium } from 'playwright-core';
import { network } from './network.mjs';
import { follow, report } from './trail.mjs';

export { network };

export const URL_OF_DEMO = process.env.INBOX_URL ?? 'http://127.0.0.1:8080';
export const PASSWORD = process.env.INBOX_PASSWORD ?? 'inbox-demo';
export const MIRA = 'mira@northwind.example';
export const JONAS = 'jonas@northwind.example';
export const RAVI = 'ravi@northwind.example';
export const INES = 'ines@northwind.example';
export const AMINA = 'amina@northwind.example';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Milliseconds that every answer takes on its way, and how much slower the page computes: a slow line shows what a flow takes for granted. */
const LATENCY = Number(process.env.INBOX_LATENCY ?? 0);
const SLOWNESS = Number(process.env.INBOX_SLOWNESS ?? 1);

/** Milliseconds that the test itself is held up before some of its steps: shows where two looks at a living page are taken for one. */
const JITTER = Number(process.env.INBOX_JITTER ?? 0);
if (JITTER) {
  const connection = chromium._connection;
  const send = connection.onmessage;
  let turn = Promise.resolve();
  connection.onmessage = (message) => {
    turn = turn.then(async () => {
      if (Math.random() < 0.3) await new Promise((resolve) => setTimeout(resolve, Math.random() * JITTER));
      send(message);
    });
  };
}

/** How long a flow waits for what must come: no measure of speed, a machine may stand still for a while. */
const PATIENCE_MS = 60_000;

let browser;
const open = new Set();
const kept = new Set();
/** Tests under way: those of a suite may run side by side. */
let running = 0;

before(async () => {
  // A page that a test makes up counts as one from the internet, which may not talk to this machine.
  const local = '--disable-features=LocalNetworkAccessChecks';
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', local];
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
});

// What a test has opened is closed when the next one begins, not when it ends: its own `t.after` comes later and may need a page.
beforeEach(async () => {
  if (running++ === 0) await close(open);
});

afterEach(async (t) => {
  running--;
  if (!t.passed) await report();
});

after(async () => {
  await close(open);
  await close(kept);
  await browser?.close();
});

async function close(contexts) {
  for (const context of contexts) await context.close();
  contexts.clear();
}

/**
 * A page of its own session; whatever the page complains of is kept in `page.complaints`. It stays open until its test has ended,
 * or with `keep` until its file has.
 */
export async function newPage({ keep = false, ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    serviceWorkers: 'block',
    ...options,
  });
  (keep ? kept : open).add(context);
  // An answer that a flow is just making up when it is over is nobody's failure.
  const close = context.close.bind(context);
  context.close = async () => {
    for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' });
    await close();
  };
  // Answers leave at once; the flows of taking back choose otherwise.
  await context.addInitScript((demo) => {
    if (location.origin !== demo || window !== window.top) return;
    const chosen = JSON.parse(localStorage.getItem('inbox.prefs') ?? '{}');
    localStorage.setItem('inbox.prefs', JSON.stringify({ hold: '0', ...chosen }));
  }, new URL(URL_OF_DEMO).origin);
  await context.addInitScript(writeDownToasts);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await slow(page);
  page.complaints = [];
  follow(page);
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('console', (message) => {
    const text = message.text();
    if (/Content Security Policy|Content-Security-Policy/.test(text)) page.complaints.push(text);
  });
  return page;
}

/** Runs in the page: what it says in passing is gone after some seconds, and a test may be held up for longer. */
function writeDownToasts() {
  if (window !== window.top) return;
  const seen = new WeakSet();
  globalThis.saidInPassing = [];
  new MutationObserver(() => {
    for (const one of document.querySelectorAll('[data-testid=toast] .text')) {
      if (!seen.has(one)) globalThis.saidInPassing.push(one.textContent);
      seen.add(one);
    }
  }).observe(document, { childList: true, subtree: true });
}

/** Waits until the page has said this in passing since it was loaded, whether or not that still shows; each saying is heard once. */
export function said(page, words) {
  return until(
    () =>
      page.evaluate((words) => {
        const all = globalThis.saidInPassing;
        const at = all.findIndex((one) =>
          typeof words === 'string' ? one.includes(words) : words.test(one),
        );
        return at >= 0 && all.splice(at, 1)[0];
      }, words),
    `the page says ${words}`,
  );
}

/** From here on what the page says in passing stays, as it does for whoever points at it: for what offers something. */
export function keepToasts(page) {
  return page.locator('.toasts').dispatchEvent('pointerenter');
}

/**
 * Presses keys that count only one right after the other, as G and A do: the page is told that they were, however long the test
 * or the page is held up between them.
 */
export async function sequence(page, ...keys) {
  const session = await page.context().newCDPSession(page);
  const begun = Date.now() / 1000;
  for (const [at, key] of keys.entries()) {
    const event = { key, timestamp: begun + at / 100 };
    await session.send('Input.dispatchKeyEvent', { type: 'keyDown', text: key, ...event });
    await session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  }
  await session.detach();
}

async function slow(page) {
  if (!LATENCY && SLOWNESS === 1) return;
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const asFastAsCan = { downloadThroughput: -1, uploadThroughput: -1 };
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: LATENCY,
    ...asFastAsCan,
  });
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWNESS });
}

export async function logIn(page, email, base = URL_OF_DEMO) {
  await page.goto(`${base}/login`);
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

/** All rows of a list, however long earlier flows have made it. */
export async function* conversations(page, asked) {
  for (let after = ''; after !== null;) {
    const query = new URLSearchParams({ ...asked, limit: '100', ...(after && { after }) });
    const { body } = await call(page, 'GET', `/conversations?${query}`);
    yield* body.rows;
    after = body.next;
  }
}

let made = 0;

/** A conversation of this flow alone, begun by the page's agent; its row. */
export async function newConversation(page, subject = 'A flow of its own') {
  const id = `${Date.now().toString(36)}${made++}`;
  const boot = await call(page, 'GET', '/bootstrap');
  const channel = boot.body.channels.find((one) => one.id === 'support');
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
export async function until(check, what, ms = PATIENCE_MS) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) assert.fail(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until keys go into this element: to be seen and to have the focus are two steps. */
export function focused(locator) {
  return until(
    () => locator.evaluate((element) => element === element.getRootNode().activeElement),
    `the focus is in ${locator}`,
  );
}

/** Acts, and sees this come meanwhile, however short it stays: a note that goes by itself is gone when a machine stands still. */
export async function seen(locator, act) {
  await Promise.all([locator.waitFor(), act()]);
}

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds wrong on the page as it stands: WCAG 2.2 A and AA, and best practice, or these rules only. */
export async function violations(page, rules = null) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const runOnly = rules ? { type: 'rule', values: rules } : { type: 'tag', values: TAGS };
  return page.evaluate(async (runOnly) => {
    const { violations } = await globalThis.axe.run(document, { runOnly, resultTypes: ['violations'] });
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(' | ')}`,
    );
  }, runOnly);
}
