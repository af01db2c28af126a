// Whatever happens to a screen, once all is told it shows what a page opened anew shows. Random disconnects, reloads, two tabs, access
// gained and lost, while agents and customers act. INBOX_SOAK_SECONDS long, every choice by INBOX_SOAK_SEED; a difference ends it.
import { createHash } from 'node:crypto';
import { chromium } from 'playwright-core';
import { dice, URL, World } from './people.mjs';
import { person, Screen } from './screens.mjs';

const SECONDS = Number(process.env.INBOX_SOAK_SECONDS ?? 60);
const SEED = Number(process.env.INBOX_SOAK_SEED ?? Math.floor(Math.random() * 1e9));
const MOST_STEPS = 14;
const ALIKE_MS = 30_000;
const STEP_MS = 90_000;
/** Growth of a page's heap that is no leak: pages held and code compiled. */
const HEAP_MB = Number(process.env.INBOX_SOAK_HEAP_MB ?? 8);

const say = (words) => console.log(words);
const hash = (value) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** What comes of a step; one that nothing comes of ends the run, and does not hold it up for ever. */
function within(what, step) {
  let timer;
  const late = new Promise((_, refuse) => {
    timer = setTimeout(() => refuse(new Error(`nothing came of ${what} within ${STEP_MS} ms`)), STEP_MS);
  });
  return Promise.race([step, late]).finally(() => clearTimeout(timer));
}

/** Paths at which two values differ, with both. */
function differences(a, b, path = '') {
  if (Object.is(a, b)) return [];
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object')
    return [`${path}: ${JSON.stringify(a)} but fresh ${JSON.stringify(b)}`];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], `${path}.${key}`),
  );
}

/** Both with as many rows as each has: a page that was scrolled has loaded more. */
function cut(a, b) {
  const most = (find) => Math.min(find(a)?.length ?? 0, find(b)?.length ?? 0);
  const rows = most((one) => one.list?.rows);
  const items = most((one) => one.thread?.items);
  return [a, b].map((one) => {
    const list = one.list && {
      ...one.list,
      rows: one.list.rows.slice(0, rows),
      unread: one.list.unread.slice(0, rows),
      drafts: one.list.drafts.filter((id) => one.list.rows.slice(0, rows).some((row) => row.id === id)),
    };
    const thread = one.thread?.items
      ? { ...one.thread, items: items ? one.thread.items.slice(-items) : [] }
      : one.thread;
    return { ...one, list, thread };
  });
}

async function settle(screen) {
  await screen.join();
  const { fresh } = screen.of;
  await fresh.bringToFront();
  await fresh.goto('about:blank');
  await fresh.goto(URL + (await screen.path()));
  await fresh.locator('[data-pane=list]').waitFor();
  await screen.page.bringToFront();
  let found = [];
  for (const end = Date.now() + ALIKE_MS; ;) {
    const [held, anew] = cut(await screen.digest(), await fresh.evaluate(() => globalThis.inboxDigest()));
    const begun = anew.list?.loaded || anew.list?.refused;
    found = begun && anew.thread?.state !== 'loading' ? differences(held, anew) : ['not loaded'];
    if (found.length === 0) return hash(held);
    // Which row it is says more than its place.
    const rows = anew.list?.rows.map(({ number, version, inbound, absorbed }) => ({
      number,
      version,
      inbound,
      absorbed,
    }));
    found = found.map(
      (one) => `${one} ${JSON.stringify(rows?.[/^.list.unread.(\d+)/.exec(one)?.[1]]) ?? ''}`,
    );
    if (Date.now() > end) break;
    await new Promise((done) => setTimeout(done, 150));
  }
  throw new Error(`${screen.name} at ${await screen.path()} differs:\n  ${found.slice(0, 12).join('\n  ')}`);
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The heap at the beginning and the end of the run, each as the median of a quarter of it. */
function trend(weights) {
  const quarter = Math.max(1, Math.floor(weights.length / 4));
  const part = (some) => median(some.map(({ heap }) => heap / 1e6));
  return { before: part(weights.slice(1, 1 + quarter)), after: part(weights.slice(-quarter)) };
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
let rounds = 0;
let steps = 0;
const log = [];
try {
  say(`seed ${SEED}`);
  const roll = dice(SEED);
  const world = await World.open(roll);
  const mira = await person(browser, 'mira');
  const jonas = await person(browser, 'jonas');
  const screens = [
    await Screen.open(mira, 'mira 1', roll),
    await Screen.open(mira, 'mira 2', roll),
    await Screen.open(jonas, 'jonas', roll),
  ];
  screens[0].reloads = false; // its heap is watched
  screens[2].alone = true;
  const weights = [];
  const end = Date.now() + SECONDS * 1000;
  while (Date.now() < end) {
    log.length = 0;
    for (let n = 4 + roll.below(MOST_STEPS - 4); n > 0; n--) {
      steps++;
      const screen = roll.next() < 0.5 ? roll.of(screens) : null;
      const number = screen && (await world.number());
      const told = screen
        ? `${screen.name} ${await within(`a step of ${screen.name}`, screen.act(number))}`
        : await within('what somebody did', world.act());
      log.push(told);
      if (process.env.INBOX_SOAK_LOUD) say(`  ${told}`);
    }
    const hashes = [];
    for (const screen of screens) {
      hashes.push(await within(`looking at ${screen.name}`, settle(screen)));
    }
    for (const { complaints } of screens) if (complaints.length > 0) throw new Error(complaints.join('\n'));
    weights.push(await within('weighing', screens[0].weight()));
    rounds++;
    say(`round ${rounds}: ${hashes.join(' ')}, heap ${(weights.at(-1).heap / 1e6).toFixed(1)} MB`);
  }
  const { before, after } = trend(weights);
  const sum = `${rounds} rounds, ${steps} steps alike; heap ${before.toFixed(1)} MB, then ${after.toFixed(1)} MB`;
  say(`seed ${SEED}: ${sum}; ${weights.at(-1).nodes} nodes, ${weights.at(-1).listeners} listeners`);
  if (weights.length > 8 && after - before > HEAP_MB) throw new Error(`the heap grew: ${sum}`);
} catch (error) {
  say(`seed ${SEED}, round ${rounds + 1}, after:\n  ${log.join('\n  ')}`);
  say(String(error.stack ?? error));
  process.exitCode = 1;
} finally {
  await browser.close();
}
