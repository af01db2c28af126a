// Those who act behind the screens' backs: agents by the API, customers by mail. Every choice comes from the run's dice.
import { sendMail } from '../e2e/smtp.mjs';

export const URL = process.env.INBOX_URL;
export const PASSWORD = process.env.INBOX_PASSWORD ?? 'inbox-demo';

/** A generator of choices that can be repeated: mulberry32. */
export function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(next() * limit);
  const of = (values) => values[below(values.length)];
  /** One of [weight, value] pairs. */
  const weighted = (pairs) => {
    let left = next() * pairs.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of pairs) if ((left -= weight) < 0) return value;
    return pairs.at(-1)[1];
  };
  return { next, below, of, weighted };
}

/** An account that acts by the API; what is refused because another was faster is no mistake. */
export class Account {
  static async logIn(id) {
    const account = new Account();
    const me = await account.call('POST', '/session', {
      email: `${id}@northwind.example`,
      password: PASSWORD,
    });
    account.csrf = me.csrf;
    account.id = me.id;
    return account;
  }

  async call(method, path, body) {
    const headers = { Accept: 'application/json', Origin: URL };
    if (this.cookie) headers.Cookie = this.cookie;
    if (this.csrf) headers['X-CSRF-Token'] = this.csrf;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (method === 'POST') headers['Idempotency-Key'] = crypto.randomUUID();
    const answer = await fetch(`${URL}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
    const cookies = answer.headers.getSetCookie();
    if (cookies.length > 0) this.cookie = cookies.map((one) => one.split(';')[0]).join('; ');
    const text = await answer.text();
    if (answer.status >= 500) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    if (!answer.ok) return { refused: answer.status, why: text };
    return text ? JSON.parse(text) : null;
  }
}

const CATEGORIES = ['open', 'open', 'waiting', 'resolved', 'spam'];
const PRIORITIES = ['low', 'normal', 'high', 'urgent'];
const TAGS = ['refund', 'tent', 'urgent', 'vip'];
const TEAMS = ['support', 'sales'];
const HANDS = ['mira', 'jonas', 'amina', null];

/** The conversations of this run and what people do to them. */
export class World {
  static async open(roll) {
    const world = new World();
    world.roll = roll;
    world.said = 0;
    world.customers = [];
    world.accounts = {};
    for (const id of ['ines', 'ravi', 'amina', 'mira', 'jonas']) world.accounts[id] = await Account.logIn(id);
    return world;
  }

  /** The newest conversations, as the admin sees them. */
  async #some() {
    const { rows } = await this.accounts.ines.call('GET', '/conversations?view=all&limit=25');
    return rows;
  }

  async #one() {
    const rows = await this.#some();
    return rows.length > 0 ? rows[this.roll.below(Math.min(rows.length, 12))] : null;
  }

  async number() {
    const row = await this.#one();
    return row ? String(row.number) : '';
  }

  /** One thing that somebody does; tells what it was. */
  act() {
    return this.roll.weighted([
      [4, () => this.mail()],
      [5, () => this.change()],
      [4, () => this.answer()],
      [2, () => this.access()],
      [2, () => this.elsewhere()],
      [1, () => this.rename()],
      [1, () => this.join()],
      [1, () => this.settings()],
    ])();
  }

  async mail() {
    const { roll } = this;
    const known = this.customers.length > 4 && roll.next() < 0.6 ? roll.of(this.customers) : null;
    const n = ++this.said;
    const customer = known ?? { from: `soak-${n}@example.net`, subject: `Soak ${n}`, id: '' };
    const headers = known ? { 'In-Reply-To': known.id, References: known.id } : {};
    const id = await sendMail({
      from: `Customer ${customer.from.split('@')[0]} <${customer.from}>`,
      subject: known ? `Re: ${known.subject}` : customer.subject,
      text: `Line ${n} of the customer.`,
      headers,
    });
    if (!known) this.customers.push({ ...customer, id });
    if (this.customers.length > 30) this.customers.shift();
    return `mail ${known ? 'again' : 'new'} ${customer.from}`;
  }

  async change() {
    const { roll } = this;
    const row = await this.#one();
    if (!row) return 'change nothing';
    const body = roll.weighted([
      [3, () => ({ status: roll.of(CATEGORIES) })],
      [3, () => ({ assignee: roll.of(HANDS) })],
      [4, () => ({ team: roll.of(TEAMS) })],
      [1, () => ({ priority: roll.of(PRIORITIES) })],
      [2, () => ({ follow: roll.next() < 0.7 })],
      [1, () => ({ add_tags: [roll.of(TAGS)] })],
      [1, () => ({ remove_tags: [roll.of(TAGS)] })],
      [1, () => ({ subject: `Another subject ${++this.said}` })],
      [1, () => ({ status: 'snoozed', until: Date.now() + 1500 + roll.below(60_000) })],
    ])();
    const who = roll.of(['ines', 'ravi', 'amina', 'mira']);
    const done = await this.accounts[who].call('PATCH', `/conversations/${row.id}`, body);
    return `change #${row.number} ${JSON.stringify(body)} by ${who}${done.refused ? ` refused ${done.refused}` : ''}`;
  }

  async answer() {
    const { roll } = this;
    const row = await this.#one();
    if (!row) return 'answer nothing';
    const who = roll.of(['ines', 'ravi', 'amina', 'mira', 'jonas']);
    const kind = roll.of(['reply', 'note', 'note']);
    const text = `Words ${++this.said}${kind === 'note' && roll.next() < 0.4 ? ' @Mira Kovač' : ''}`;
    const body = { kind, text, client_id: crypto.randomUUID(), anyway: kind === 'reply' };
    if (text.includes('@')) body.mentions = ['mira'];
    const done = await this.accounts[who].call('POST', `/conversations/${row.id}/messages`, body);
    return `${kind} in #${row.number} by ${who}${done.refused ? ` refused ${done.refused} ${done.why}` : ''}`;
  }

  /** Teams and roles come and go, of the agents whose screens are looked at. */
  async access() {
    const { roll } = this;
    const id = roll.of(['mira', 'jonas']);
    const accounts = await this.accounts.ines.call('GET', '/accounts');
    const account = accounts.find((one) => one.id === id);
    const body = roll.weighted([
      [5, () => ({ teams: roll.of([[], ['support'], ['sales'], ['support', 'sales']]) })],
      [2, () => ({ role: roll.of(['agent', 'supervisor']) })],
    ])();
    const done = await this.accounts.ines.call('PATCH', `/accounts/${id}`, {
      version: account.version,
      ...body,
    });
    return `access of ${id} ${JSON.stringify(body)}${done.refused ? ` refused ${done.why}` : ''}`;
  }

  /** What the agent does on another device: reads, writes drafts, drops them. */
  async elsewhere() {
    const { roll } = this;
    const row = await this.#one();
    if (!row) return 'elsewhere nothing';
    const mira = this.accounts.mira;
    const what = roll.of(['read', 'unread', 'draft', 'drop', 'seen']);
    const at = `/conversations/${row.id}`;
    if (what === 'seen') await mira.call('PUT', '/me/notices/read', { until: Date.now() });
    else if (what === 'unread') await mira.call('PUT', `${at}/read`, { message: '' });
    else if (what === 'read') {
      if (row.last) await mira.call('PUT', `${at}/read`, { message: row.last.id });
    } else if (what === 'drop') await mira.call('DELETE', `${at}/drafts/note`);
    else {
      const found = await mira.call('GET', at);
      const base = found.drafts?.find(({ mode }) => mode === 'note')?.revision ?? 0;
      await mira.call('PUT', `${at}/drafts/note`, {
        text: `Draft ${++this.said}`,
        to: null,
        cc: [],
        bcc: [],
        files: [],
        subject: '',
        message: '',
        base,
      });
    }
    return `elsewhere ${what} #${row.number}`;
  }

  async rename() {
    const row = await this.#one();
    if (!row) return 'rename nothing';
    const name = `Customer named ${++this.said}`;
    const customer = await this.accounts.ines.call('GET', `/customers/${row.customer.id}`);
    if (customer.refused) return 'rename refused';
    const done = await this.accounts.ines.call('PATCH', `/customers/${row.customer.id}`, {
      version: customer.version,
      name,
    });
    return `rename the customer of #${row.number}${done.refused ? ` refused ${done.why}` : ''}`;
  }

  async join() {
    const rows = await this.#some();
    const [a, b] = [this.roll.of(rows), this.roll.of(rows)];
    if (!a || !b || a.id === b.id) return 'join nothing';
    const body = { into: b.id, same_person: true };
    const done = await this.accounts.ravi.call('POST', `/conversations/${a.id}/merge`, body);
    if (done.refused) return `merge #${a.number} refused ${done.refused}`;
    if (this.roll.next() < 0.5) {
      const undone = await this.accounts.ravi.call('POST', `/repairs/${done.repair.id}/undo`);
      return `merge #${a.number} into #${b.number} and undo${undone.refused ? ` refused ${undone.why}` : ''}`;
    }
    return `merge #${a.number} into #${b.number}`;
  }

  async settings() {
    const { ines } = this.accounts;
    const what = this.roll.of(['team', 'view', 'availability']);
    if (what === 'team') {
      await ines.call('PATCH', '/teams/sales', { name: `Sales ${++this.said}` });
    } else if (what === 'availability') {
      const availability = this.roll.of(['online', 'busy', 'away']);
      await ines.call('PUT', `/agents/${this.roll.of(['mira', 'jonas', 'amina'])}/availability`, {
        availability,
        break_reason: '',
      });
    }
    return `settings ${what}`;
  }
}
