// Screens in Chromium that are treated badly, and beside each account's screens one that is opened anew to compare with.
import { network } from '../e2e/network.mjs';
import { PASSWORD, URL } from './people.mjs';

const VIEWS = [
  'all',
  'all',
  'mine',
  'unassigned',
  'followed',
  'snoozed',
  'resolved',
  'urgent',
  'due',
  'queue',
];

/** A context of its own session, logged in; `make` opens one more tab of it. */
export async function person(browser, id) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    serviceWorkers: 'block',
  });
  const first = await context.newPage();
  first.setDefaultTimeout(30_000);
  await first.goto(`${URL}/login`);
  await first.getByLabel('Email').fill(`${id}@northwind.example`);
  await first.getByLabel('Password').fill(PASSWORD);
  await first.getByRole('button', { name: 'Log in' }).click();
  await first.locator('[data-pane=list]').waitFor();
  return { id, context, fresh: first };
}

export class Screen {
  static async open(of, name, roll) {
    const screen = new Screen();
    screen.name = name;
    screen.of = of;
    screen.roll = roll;
    screen.complaints = [];
    screen.page = await of.context.newPage();
    screen.page.setDefaultTimeout(30_000);
    screen.page.on('pageerror', (error) => screen.complaints.push(`${name}: ${error.stack ?? error}`));
    screen.network = await network(screen.page);
    screen.up = true;
    await screen.page.goto(`${URL}/inbox/all`);
    await screen.page.locator('[data-pane=list]').waitFor();
    return screen;
  }

  /** One thing that happens to this screen; tells what it was. `number` names a conversation. */
  act(number) {
    return this.roll.weighted([
      [3, () => this.go(`/inbox/${this.roll.of(VIEWS)}`)],
      [5, () => this.go(`/inbox/${this.roll.of(VIEWS)}/${number}`)],
      [4, () => this.cut()],
      [4, () => this.join()],
      [this.reloads === false ? 0 : 1, () => this.reload()],
      [2, () => this.write()],
      [1, () => this.scroll()],
    ])();
  }

  async go(path) {
    await this.page.evaluate((path) => {
      history.pushState(null, '', path);
      dispatchEvent(new PopStateEvent('popstate'));
    }, path);
    return `goes to ${path}`;
  }

  /** The line breaks; where another tab of the account needs the network, only this one's socket. */
  async cut() {
    if (!this.up) return 'is away';
    this.up = false;
    await this.network.down({ http: this.alone === true && this.roll.next() < 0.5 });
    return 'is cut off';
  }

  async join() {
    if (this.up) return 'is there';
    this.up = true;
    await this.network.up();
    return 'is back';
  }

  async reload() {
    await this.join();
    await this.page.reload();
    await this.page.locator('[data-pane=list]').waitFor();
    return 'is loaded anew';
  }

  /** Words into whatever draft is open, or all of them out again. */
  async write() {
    const field = this.page.getByTestId('composer-text');
    if ((await field.count()) === 0) return 'writes nothing';
    const text = this.roll.next() < 0.3 ? '' : `Typed ${this.roll.below(1000)}`;
    await field.fill(text, { timeout: 2000 }).catch(() => undefined);
    await this.page.evaluate(() => document.activeElement?.blur());
    return `writes "${text}"`;
  }

  async scroll() {
    await this.page.evaluate((down) => {
      const list = document.querySelector('[data-pane=list] [role=list]')?.parentElement;
      if (list) list.scrollTop = down ? list.scrollHeight : 0;
    }, this.roll.next() < 0.6);
    return 'scrolls';
  }

  digest() {
    return this.page.evaluate(() => globalThis.inboxDigest());
  }

  path() {
    return this.page.evaluate(() => location.pathname + location.search);
  }

  /** The page's heap after everything that can go is gone, in bytes, and what is in its document. */
  async weight() {
    this.cdp ??= await this.of.context.newCDPSession(this.page);
    await this.cdp.send('Performance.enable');
    for (let i = 0; i < 2; i++) await this.cdp.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.cdp.send('Performance.getMetrics');
    const of = (name) => metrics.find((one) => one.name === name).value;
    return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
  }
}
