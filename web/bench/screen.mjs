// Times the screen in Chromium, and a bare page that does the least for the same things; one JSON line a figure. `make bench BENCH=browser`
// fills a workspace, serves it and starts this with its address in the environment.
import { writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { BARE } from './bare.mjs';

const URL = process.env.INBOX_URL;
const ROUNDS = Number(process.env.INBOX_BENCH_ROUNDS ?? 5);
const UPDATES = 1000;
const KEYS = 150;
const EVENT_EVERY_MS = 20;
/** Between two keys: 10 in a second are a fast typist's. */
const KEY_EVERY_MS = 100;

const tell = (figure) => console.log(JSON.stringify(figure));
const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[values.length >> 1];
const p99 = (values) => sorted(values)[Math.min(values.length - 1, Math.floor(values.length * 0.99))];

function compare(what, goal, ours, bare, of = median) {
  const all = sorted(ours);
  tell({ what, goal, value: of(ours), low: all[0], high: all.at(-1), bare: of(bare) });
}

/** Keeps the page's socket at hand, so that frames can be handed in as if they had come by it. */
const HOLD_SOCKET = () => {
  const Real = globalThis.WebSocket;
  globalThis.WebSocket = class extends Real {
    constructor(...given) {
      super(...given);
      globalThis.__socket = this;
    }
    send(data) {
      const frame = JSON.parse(data);
      for (const one of [frame, ...(frame.subs ?? [])]) if (one.t === 'view') globalThis.__view = one.sub;
      super.send(data);
    }
  };
  globalThis.__painted = () =>
    new Promise((done) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done(performance.now());
        port2.postMessage(0);
      }),
    );
  globalThis.__hear = (frame) =>
    __socket.dispatchEvent(
      new MessageEvent('message', { data: typeof frame === 'string' ? frame : JSON.stringify(frame) }),
    );
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--js-flags=--expose-gc'],
});
try {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
  });
  await context.addInitScript(HOLD_SOCKET);
  await context.route('**/bare', (route) => route.fulfill({ contentType: 'text/html', body: BARE }));
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${URL}/login`);
  await page.getByLabel('Email').fill(process.env.INBOX_EMAIL);
  await page.getByLabel('Password').fill(process.env.INBOX_PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('[data-pane=list]').waitFor();
  const bare = await context.newPage();
  bare.setDefaultTimeout(60_000);
  await bare.goto(`${URL}/bare`);

  const only = process.env.INBOX_BENCH_ONLY?.split(',');
  for (const part of [rows, opening, burst, typing, longThread])
    if (!only || only.includes(part.name)) await part(page, bare);
} finally {
  await browser.close();
}

// A page that is not in front is drawn once a second, so each is brought there before it is timed.

/** Main-thread CPU of the page in milliseconds, by the thread's own clock. */
async function cpu(page) {
  page.cdp ??= await page.context().newCDPSession(page);
  if (!page.counting) {
    await page.cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    page.counting = true;
  }
  const { metrics } = await page.cdp.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
}

/** With INBOX_BENCH_PROFILE, a folder, what the page's thread did meanwhile is kept there for the developer tools. */
async function profiled(page, name, work) {
  const folder = process.env.INBOX_BENCH_PROFILE;
  if (!folder) return work();
  await cpu(page);
  await page.cdp.send('Profiler.enable');
  await page.cdp.send('Profiler.setSamplingInterval', { interval: 200 });
  await page.cdp.send('Profiler.start');
  const done = await work();
  const { profile } = await page.cdp.send('Profiler.stop');
  writeFileSync(`${folder}/${name}.cpuprofile`, JSON.stringify(profile));
  return done;
}

async function spent(page, work) {
  const before = await cpu(page);
  await work();
  return (await cpu(page)) - before;
}

/** From the start of the navigation until rows are painted. */
async function rows(page, bare) {
  const until = (selector) => async () => {
    while (!document.querySelector(selector)) await new Promise(requestAnimationFrame);
    return __painted();
  };
  const ours = [];
  const theirs = [];
  const cost = [];
  for (let n = 0; n <= ROUNDS; n++) {
    await page.bringToFront();
    await page.goto('about:blank');
    const before = await cpu(page);
    await page.goto(`${URL}/inbox/all`, { waitUntil: 'commit' });
    const first = await page.evaluate(
      `(${until('[data-testid=row]')})()`.replaceAll('selector', "'[data-testid=row]'"),
    );
    if (n > 0) cost.push((await cpu(page)) - before);
    await bare.bringToFront();
    await bare.goto(`${URL}/bare`, { waitUntil: 'commit' });
    const plain = await bare.evaluate(`(${until('.row')})()`.replaceAll('selector', "'.row'"));
    if (n > 0) [ours, theirs].forEach((all, i) => all.push(i ? plain : first));
  }
  compare('rows of a view painted, from navigation', 'rows', ours, theirs);
  tell({ what: '  main-thread CPU until then', goal: '', value: median(cost), bare: null });
}

/** From the key to the painted messages of the next conversation. */
async function opening(page, bare) {
  await page.bringToFront();
  await page.goto(`${URL}/inbox/all`);
  await page.getByTestId('row').nth(2).click();
  await page.getByTestId('message').first().waitFor();
  await page.evaluate(() => document.activeElement?.blur());
  const ours = [];
  const cost = [];
  for (let n = 0; n < 4 * ROUNDS; n++) {
    const painted = page.evaluate(async () => {
      const pressed = await new Promise((done) =>
        addEventListener('keydown', (event) => done(event.timeStamp), { capture: true, once: true }),
      );
      const before = document.querySelector('[data-testid=message]');
      const head = document.querySelector('[data-testid=number]')?.textContent;
      for (;;) {
        const message = document.querySelector('[data-testid=message]');
        const number = document.querySelector('[data-testid=number]')?.textContent;
        if (message && message !== before && number !== head) break;
        await new Promise((done) => {
          const watch = new MutationObserver(() => (watch.disconnect(), done()));
          watch.observe(document.body, { childList: true, subtree: true, characterData: true });
        });
      }
      return (await __painted()) - pressed;
    });
    await page.waitForTimeout(150);
    cost.push(await spent(page, async () => (await page.keyboard.press('j'), ours.push(await painted))));
  }
  const theirs = [];
  await bare.bringToFront();
  for (let n = 0; n < 4 * ROUNDS; n++) theirs.push(await bare.evaluate((n) => open(n), n));
  compare('conversation open, key to paint', 'open', ours, theirs);
  tell({ what: '  the worst of them', goal: '', value: Math.max(...ours), bare: Math.max(...theirs) });
  tell({ what: '  main-thread CPU of one', goal: '', value: median(cost), bare: null });
}

/** A thousand changed rows come in one burst; the main thread's CPU until all of it is shown. */
async function burst(page, bare) {
  await page.bringToFront();
  await page.goto(`${URL}/inbox/all`);
  await page.getByTestId('row').first().waitFor();
  const loaded = await page.evaluate(async (most) => {
    const list = document.querySelector('[data-pane=list] [role=list]').parentElement;
    for (let n = 0; n < 300 && list.firstElementChild.clientHeight < most * 72; n++) {
      list.scrollTop = list.scrollHeight;
      await new Promise((done) => setTimeout(done, 60));
    }
    list.scrollTop = 0;
    return Math.round(list.firstElementChild.clientHeight / 72);
  }, UPDATES);
  tell({ say: `${loaded} rows loaded in the list` });
  await page.mouse.move(900, 20);
  const all = [];
  for (let after = null; all.length < UPDATES;) {
    const url = `/api/v1/conversations?view=all&limit=100${after ? `&after=${after}` : ''}`;
    const found = await page.evaluate(async (url) => (await fetch(url)).json(), url);
    all.push(...found.rows);
    after = found.next;
    if (!after) break;
  }
  const ours = [];
  const theirs = [];
  for (let n = 1; n <= ROUNDS; n++) {
    const at = Date.now();
    const frames = all.map((row, i) =>
      JSON.stringify({
        t: 'put',
        sub: '',
        event: 'message.received',
        c: [1, 0],
        row: {
          ...row,
          version: row.version + n * 10,
          updated_at: at + (i % 2 ? 0 : i),
          inbound: row.inbound + 1,
        },
      }),
    );
    await page.evaluate((frames) => {
      globalThis.__frames = frames.map((frame) => frame.replace('"sub":""', `"sub":"${__view}"`));
    }, frames);
    await bare.evaluate((frames) => (globalThis.__frames = frames), frames);
    const hear = async () => {
      const pause = () => new Promise((done) => setTimeout(done, 400));
      for (let i = 0; i < __frames.length; i++) {
        __hear(__frames[i]);
        if (i % 50 === 49) await new Promise((done) => setTimeout(done));
      }
      await pause();
    };
    await page.bringToFront();
    ours.push(await spent(page, () => page.evaluate(hear)));
    await bare.bringToFront();
    theirs.push(await spent(bare, () => bare.evaluate(hear)));
  }
  compare(`${UPDATES} live updates in a burst, CPU`, 'burst', ours, theirs);
}

/**
 * What a key costs the main thread while 50 events a second come: its CPU from the key to the frame that shows it, whatever
 * of the events falls into that.
 */
async function typing(page, bare) {
  const measure = async (page, field) => {
    await page.bringToFront();
    await page.evaluate((every) => {
      let n = 0;
      const frames = __frames;
      globalThis.__events = setInterval(() => {
        const frame = JSON.parse(frames[n++ % frames.length]);
        frame.row.version += 1000 + n;
        frame.row.updated_at = Date.now();
        __hear(frame);
      }, every);
    }, EVENT_EVERY_MS);
    await page.locator(field).click();
    const costs = [];
    const keys = 'the quick brown fox jumps over the lazy dog ';
    for (let n = 0; n < KEYS; n++) {
      const key = keys[n % keys.length] === ' ' ? 'Space' : keys[n % keys.length];
      await page.waitForTimeout(KEY_EVERY_MS);
      costs.push(
        await spent(page, async () => {
          await page.keyboard.press(key);
          await page.evaluate(() => __painted());
        }),
      );
    }
    const idle = [];
    for (let n = 0; n < KEYS; n++) idle.push(await spent(page, () => page.evaluate(() => __painted())));
    await page.evaluate(() => clearInterval(__events));
    return { costs, idle };
  };
  await page.bringToFront();
  await page.getByTestId('row').nth(1).click();
  await page.getByTestId('message').first().waitFor();
  const ours = await profiled(page, 'typing', () => measure(page, '[data-testid=composer-text]'));
  const theirs = await measure(bare, 'textarea');
  const what = `a key typed under ${1000 / EVENT_EVERY_MS} events/s, CPU`;
  compare(`${what}, p99`, 'typing', ours.costs, theirs.costs, p99);
  compare('  median', '', ours.costs, theirs.costs);
  compare('  the events alone in as much time, p99', '', ours.idle, theirs.idle, p99);
}

/** A conversation of many thousand messages: opened, read up to its beginning, jumped into by a link. */
async function longThread(page) {
  await page.bringToFront();
  const { INBOX_THREAD: number, INBOX_MIDDLE: middle, INBOX_MESSAGES: messages } = process.env;
  await page.goto(`${URL}/inbox/all`);
  await page.getByTestId('row').first().waitFor();
  const opened = await page.evaluate(async (number) => {
    const start = performance.now();
    history.pushState(null, '', `/inbox/all/${number}`);
    dispatchEvent(new PopStateEvent('popstate'));
    while (!document.querySelector('[data-testid=message]')) await new Promise(requestAnimationFrame);
    return (await __painted()) - start;
  }, number);
  tell({ what: `a thread of ${messages} messages opened`, goal: 'open', value: opened, bare: null });
  const read = await profiled(page, 'thread', () =>
    page.evaluate(async () => {
      performance.setResourceTimingBufferSize(5000);
      const log = document.querySelector('[role=log]');
      const frames = [];
      const start = performance.now();
      let last = start;
      const end = start + 60_000;
      while (performance.now() < end) {
        log.scrollTop -= 700;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        frames.push(now - last);
        last = now;
        if (log.scrollTop === 0 && !document.querySelector('.older')) break;
      }
      globalThis.gc?.();
      return {
        seconds: (performance.now() - start) / 1000,
        frames,
        nodes: document.querySelectorAll('*').length,
        drawn: document.querySelectorAll('[data-message]').length,
        heap: performance.memory.usedJSHeapSize / 1e6,
        top: !document.querySelector('.older'),
        pages: performance
          .getEntriesByType('resource')
          .filter(({ name }) => name.includes('/timeline'))
          .map(({ duration }) => ({ duration })),
      };
    }),
  );
  tell({
    what: '  read up to its beginning: a frame, p99',
    goal: '',
    value: p99(read.frames),
    low: median(read.frames),
    high: Math.max(...read.frames),
    bare: null,
  });
  const asked = read.pages.map(({ duration }) => duration);
  tell({
    what: '  a page of it asked for',
    goal: '',
    value: median(asked),
    low: Math.min(...asked),
    high: Math.max(...asked),
    bare: null,
  });
  tell({
    say: `${read.top ? 'all of it' : 'NOT all of it'} in ${read.seconds.toFixed(1)} s, ${read.frames.length} frames; then ${read.drawn} messages and ${read.nodes} elements in the document, heap ${read.heap.toFixed(1)} MB`,
  });
  const jumped = await page.evaluate(
    async ([number, middle]) => {
      const start = performance.now();
      history.pushState(null, '', `/inbox/all/${number}#${middle}`);
      dispatchEvent(new PopStateEvent('popstate'));
      while (!document.querySelector(`[data-message="${middle}"]`)) await new Promise(requestAnimationFrame);
      return (await __painted()) - start;
    },
    [number, middle],
  );
  tell({ what: '  a link into its middle, all loaded', goal: '', value: jumped, bare: null });
  await page.goto('about:blank');
  await page.goto(`${URL}/inbox/all`);
  await page.getByTestId('row').first().waitFor();
  const direct = await page.evaluate(
    async ([number, middle]) => {
      const start = performance.now();
      history.pushState(null, '', `/inbox/all/${number}#${middle}`);
      dispatchEvent(new PopStateEvent('popstate'));
      while (!document.querySelector(`[data-message="${middle}"]`)) await new Promise(requestAnimationFrame);
      return (await __painted()) - start;
    },
    [number, middle],
  );
  tell({ what: '  a link into its middle, nothing loaded', goal: '', value: direct, bare: null });
}
