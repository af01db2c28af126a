// What customers send besides words, and what they do to their messages afterwards. No channel of the demo does these, so the
// answers of the service are given them on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  messageWith,
  MIRA,
  newConversation,
  openConversation,
  until,
  violations,
} from './browser.mjs';

const MINUTE = 60_000;

/** The messages that this flow adds to a thread, made from one of its own. */
function rich(base, customer) {
  const from = (n, change) => ({
    ...base,
    id: `flow-rich-${n}`,
    kind: 'customer',
    author: { kind: 'customer', id: customer },
    author_name: 'Ada Nwosu',
    state: null,
    recipients: [],
    to: [],
    sender: null,
    text: '',
    fresh: null,
    client_id: '',
    at: base.at + n * MINUTE,
    arrived_at: base.arrived_at + n * MINUTE,
    ...change,
  });
  const map = 'https://maps.example/?q=52.5251,13.3694';
  return [
    from(1, {
      cards: [{ kind: 'location', title: 'Hauptbahnhof', text: 'Europaplatz 1, Berlin', url: map }],
      reactions: [
        { author: { kind: 'customer', id: customer }, emoji: '👍', at: 1 },
        { author: { kind: 'agent', id: 'mira' }, emoji: '👍', at: 2 },
        { author: { kind: 'agent', id: 'ravi' }, emoji: '❤️', at: 3 },
      ],
    }),
    from(2, {
      cards: [
        { kind: 'contact', title: 'Bo Lindqvist', text: '+46 70 123 45 67\nbo@example.net' },
        { kind: 'sticker', title: '🎿' },
        { kind: 'story', title: 'Answers your story', url: 'https://photos.example/stories/17' },
        { kind: 'referral', title: 'Autumn sale', text: 'Tents from 199 €', url: 'https://ads.example/a/9' },
        { kind: 'product', title: 'Fjell 2', text: 'Two-person tent' },
        { kind: 'unsupported', title: 'Poll', text: 'This cannot be shown.', url: 'javascript:alert(1)' },
      ],
    }),
    from(3, { text: 'Yes, please', cards: [{ kind: 'choice', title: 'Yes, please' }] }),
    from(4, {
      text: 'Please send it by the 22nd.',
      edited_at: base.at + 6 * MINUTE,
      earlier: [{ text: 'Please send it by the 21st.', at: base.at + 4 * MINUTE }],
    }),
    from(5, { deleted_at: base.at + 7 * MINUTE }),
    from(0.5, { text: 'We were here before you connected the mailbox.', late: true }),
  ];
}

/** A conversation of this flow whose first message is out: from then on the service tells nothing new of it by itself. */
async function quiet(page) {
  const row = await newConversation(page);
  await until(async () => {
    const { timeline } = (await call(page, 'GET', `/conversations/${row.number}`)).body;
    return timeline.items.some(
      (item) => item.t === 'message' && ['sent', 'delivered', 'read'].includes(item.state),
    );
  }, 'its first message is out');
  return row;
}

/** Opens a conversation of this flow in which somebody sent all of that. */
async function thread(options) {
  const page = await agent(MIRA, options);
  const row = await quiet(page);
  const last = {
    id: 'flow-rich-5',
    at: row.updated_at,
    kind: 'customer',
    author: row.customer.id,
    preview: '',
  };
  await page.route(/\/api\/v1\/conversations(\/[^/?]+)?(\?.*)?$/, async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    const answer = await route.fetch();
    const body = await answer.json();
    if (body.timeline) {
      const { items } = body.timeline;
      const base = items.find((item) => item.t === 'message');
      items.push(...rich(base, row.customer.id));
      items.sort((a, b) => (a.arrived_at ?? a.at) - (b.arrived_at ?? b.at));
    }
    for (const one of body.rows ?? [])
      if (one.id === row.id) Object.assign(one, { last: { ...last, content: 'withdrawn' } });
    return route.fulfill({ response: answer, json: body });
  });
  const outside = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(page.url()).origin)) outside.push(request.url());
  });
  await openConversation(page, row.number);
  await messageWith(page, 'Hauptbahnhof').waitFor();
  return { page, row, outside };
}

test('places, contacts and the like are shown in words, and nothing outside is fetched for them', async () => {
  const { page, row, outside } = await thread();
  const place = messageWith(page, 'Hauptbahnhof');
  const link = place.getByRole('link', { name: 'Open the map on maps.example' });
  assert.match((await link.getAttribute('rel')) ?? '', /noreferrer/);
  assert.equal(await place.getByText('No text').count(), 0);
  await until(async () => (await page.getByTestId('card').count()) === 8, 'a card for each');
  const odd = page.locator('[data-testid=card][data-kind=unsupported]');
  assert.equal(await odd.getByRole('link').count(), 0, 'no link that is no web address');
  const chips = await until(async () => {
    const shown = await place.getByTestId('reaction').allInnerTexts();
    return shown.length === 2 && shown;
  }, 'the two reactions');
  assert.match(chips[0], /👍[\s\S]*You/);
  const line = page.locator(`[data-testid=row][data-number="${row.number}"]`);
  await line.filter({ hasText: 'Message taken back' }).waitFor();
  assert.deepEqual(outside, []);
  assert.deepEqual(page.complaints, []);
});

test('earlier wordings open by keyboard; what was taken back and what is history says so', async () => {
  const { page } = await thread();
  const message = messageWith(page, 'by the 22nd');
  const button = message.getByTestId('edited');
  await button.focus();
  await page.keyboard.press('Enter');
  await message.getByText('Please send it by the 21st.').waitFor();
  await page.keyboard.press('Enter');
  await message.getByTestId('earlier').waitFor({ state: 'detached' });
  const gone = messageWith(page, 'The customer took this message back');
  await gone.waitFor();
  assert.equal(await gone.getByTestId('message-menu').count(), 0);
  const old = messageWith(page, 'before you connected');
  assert.match(await old.getByTestId('late').innerText(), /arrived with the backlog/);
});

test('an answer that is out is changed and taken back, and a message reacted to, from its menu', async () => {
  const asked = [];
  const page = await agent(MIRA);
  await page.route('**/api/v1/bootstrap', async (route) => {
    const answer = await route.fetch();
    const json = await answer.json();
    for (const channel of json.channels) channel.amends = ['edit', 'delete', 'react'];
    await route.fulfill({ response: answer, json });
  });
  const row = await quiet(page);
  let answer;
  await page.route(/\/api\/v1\/conversations\/[^/?]+(\?.*)?$/, async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    const found = await route.fetch();
    const json = await found.json();
    answer = json.timeline?.items.find((item) => item.t === 'message');
    if (answer) Object.assign(answer, { state: 'sent', text: 'By the 21st', version: 90 });
    return route.fulfill({ response: found, json });
  });
  await page.route(/\/messages\/[^/]+\/(edit|withdraw|reaction)$/, async (route) => {
    const [, what] = /(edit|withdraw|reaction)$/.exec(route.request().url());
    asked.push([what, route.request().postDataJSON()]);
    const kind = { edit: 'edit', withdraw: 'delete', reaction: 'react' }[what];
    const json = {
      ...answer,
      version: asked.length + 90,
      amending: { kind, text: '', failed: what === 'edit', error: 'too old' },
    };
    await route.fulfill({ json });
  });
  await page.reload();
  await openConversation(page, row.number);
  const ours = messageWith(page, 'By the 21st');
  await ours.hover();
  await ours.getByTestId('message-menu').click();
  await page.getByRole('menuitem', { name: 'Change what it says' }).click();
  await page.getByTestId('amend-text').fill('By the 22nd');
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('amend-confirm').click();
  await ours.getByText('Could not be changed: too old').waitFor();
  await ours.getByTestId('message-menu').click();
  await page.getByRole('menuitem', { name: 'Take back' }).click();
  await page.getByTestId('amend-confirm').click();
  await ours.getByText('is being taken back').waitFor();
  assert.deepEqual(asked, [
    ['edit', { text: 'By the 22nd' }],
    ['withdraw', null],
  ]);
});

for (const colorScheme of ['light', 'dark']) {
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ]) {
    test(`rich messages can be used by everybody, ${colorScheme}, ${width} wide, also from right to left`, async () => {
      const { page } = await thread({ colorScheme, viewport: { width, height } });
      const edited = messageWith(page, 'by the 22nd');
      await edited.getByTestId('edited').click();
      await edited.getByTestId('earlier').waitFor();
      assert.deepEqual(await violations(page), []);
      await page.evaluate(() => (document.documentElement.dir = 'rtl'));
      const wide = await page.evaluate(() => {
        const log = document.querySelector('[role=log]');
        return { over: log.scrollWidth - log.clientWidth, page: document.documentElement.scrollWidth };
      });
      assert.ok(wide.over <= 0 && wide.page <= width, JSON.stringify(wide));
    });
  }
}
