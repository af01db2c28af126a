// What the screens show beside the demo and tests/bench/hostile.py: lists of the settings with names that are hard to draw.
import assert from 'node:assert/strict';
import { call } from '../e2e/browser.mjs';

export const LONG = 'Wolfeschlegelsteinhausenbergerdorff and the rest of the returns department';
export const RTL = 'شركة النخبة للتجهيزات الرياضية والرحلات';
export const WORD = 'x'.repeat(60);
const HOUR = 3_600_000;

/** Makes them all, as an admin's page would, unless they are there. */
export async function furnish(page) {
  const { body } = await call(page, 'GET', '/accounts');
  if (body.some((one) => one.name === LONG)) return;
  const add = async (path, body) => {
    const made = await call(page, 'POST', path, body);
    assert.ok(made.status < 300, `${path}: ${JSON.stringify(made.body)}`);
    return made.body;
  };
  for (const [n, name] of [LONG, RTL, WORD, '👩‍👩‍👧‍👦 Familie 🏳️‍🌈 Müller'].entries()) {
    await add('/teams', { name, slug: `screen-${n}` });
    await add('/break-reasons', { name, version: 0 });
    await add('/saved-replies', reply(name, n));
  }
  for (const [n, name] of [LONG, RTL, WORD].entries()) {
    await add('/queues', queue(name, n + 1));
    await add('/sla/policies', policy(name, n + 1));
    await add('/calendars', calendar(name));
    await add('/alerts', {
      ...{ name, measure: 'longest_wait', queue: '', above: 3_600_000, for_ms: 60_000 },
      ...{ enabled: n > 0, version: 0 },
    });
    await add('/roles', { version: 0, name, permissions: ['reply', 'note'], sight: 'own' });
    await add('/views', view(name));
    await add('/surveys', survey(name, n + 1));
    await add('/blocked-senders', { kind: 'email', value: `${WORD}${n}@spam.example`, why: name });
    await add('/tokens', { name, reach: 'read', days: 90 });
  }
  const chat = { origins: ['https://shop.example'], title: LONG.slice(0, 60), greetings: [] };
  await add('/channels', { id: 'look', connector: 'webchat', name: LONG, settings: chat });
  for (const [n, name] of [RTL, WORD, LONG].entries())
    await add('/accounts', {
      email: `screen${n}@northwind.example`,
      name,
      role: 'agent',
      teams: ['support'],
    });
  await add('/blocked-senders', { kind: 'email', value: 'spam.example', domain: true, why: '' });
}

const reply = (name, n) => ({
  name,
  text: n === 2 ? WORD.repeat(5) : 'Dear {{customer.first_name}},\n\nthank you for your patience.',
  folder: n ? 'Orders' : LONG,
  personal: n === 1,
  version: 0,
});

const queue = (name, order) => ({
  name,
  order,
  conditions: { all: [{ field: 'tag', op: 'has', value: ['refund', WORD] }] },
  ...{ teams: ['support', 'sales'], agents: ['mira'], strategy: 'round_robin', version: 0 },
  skills: [{ skill: 'french', level: 2, relax_ms: 60_000 }],
});

const policy = (name, order) => ({
  ...{ name, order, enabled: order > 1, calendar: '', version: 0 },
  conditions: { all: [{ field: 'tag', op: 'has', value: ['vip', WORD] }] },
  targets: { first_response: HOUR, next_response: 2 * HOUR, resolution: 24 * HOUR },
  by_priority: { urgent: { resolution: 2 * HOUR } },
  warn_shares: [50, 80],
  pauses: ['waiting'],
  on_warning: [{ kind: 'tag', value: 'soon' }],
  on_breach: [{ kind: 'priority', value: 'urgent' }],
});

const calendar = (name) => ({
  name,
  zone: 'Europe/Berlin',
  week: [...Array(5).fill([{ start: 540, end: 1020 }]), [], []],
  ...{ country: 'DE', subdivision: 'BY', version: 0 },
  specials: [{ first: '2026-12-24', last: '2026-12-24', hours: [], name }],
});

const view = (name) => ({ name, filter: 'tag:vip', sort: 'due', share: 'all', icon: 'flag', version: 0 });

const survey = (name, order) => ({
  ...{ name, order, enabled: true, wait_ms: 600_000, again_days: 30, version: 0 },
  kind: order === 2 ? 'nps' : 'csat',
  words: {
    question: `${name}?`,
    labels:
      order === 2
        ? ['Never', WORD.slice(0, 20)]
        : ['Very bad', 'Bad', 'Okay', WORD.slice(0, 20), 'Very good'],
    ...{ comment_question: 'Why?', send: 'Send', thanks: 'Thank you!', language: 'en' },
    closed: 'It is too late to answer.',
  },
  conditions: { all: [{ field: 'tag', op: 'has', value: ['vip'] }] },
});
