// Times the live board in Chromium: from an agent's request to the changed figure on a supervisor's screen, painted. One JSON line a
// figure. `make bench BENCH=floor` serves the demo and starts this with its address in the environment.
import { chromium } from 'playwright-core';
import { Account, PASSWORD, URL } from '../soak/people.mjs';

const CHANGES = Number(process.env.INBOX_BENCH_CHANGES ?? 200);
const GAP_MS = 400;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
try {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(`${URL}/login`);
  await page.getByLabel('Email').fill('ravi@northwind.example');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('[data-pane=list]').waitFor();
  await page.goto(`${URL}/board`);
  const row = page.locator('[data-testid=board-agent][data-agent=mira]');
  await row.waitFor();
  const mira = await Account.logIn('mira');
  const { rows } = await mira.call('GET', '/conversations?view=mine&limit=1');
  const held = `/conversations/${rows[0].id}`;
  const took = [];
  for (let n = 0; n < CHANGES; n++) {
    await row.evaluate((element) => {
      globalThis.__painted = new Promise((done) => {
        const watch = new MutationObserver(() => {
          watch.disconnect();
          requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => done(Date.now());
            port2.postMessage(0);
          });
        });
        watch.observe(element, { childList: true, characterData: true, subtree: true });
      });
    });
    const began = Date.now();
    await mira.call('PATCH', held, { assignee: n % 2 ? 'mira' : null });
    took.push((await page.evaluate(() => globalThis.__painted)) - began);
    await new Promise((done) => setTimeout(done, GAP_MS * Math.random()));
  }
  took.sort((a, b) => a - b);
  const share = (part) => took[Math.min(took.length - 1, Math.floor(took.length * part))];
  console.log(JSON.stringify({ p50: share(0.5), p99: share(0.99), most: took.at(-1) }));
} finally {
  await browser.close();
}
