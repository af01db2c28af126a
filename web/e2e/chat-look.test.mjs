// How a chat looks and speaks: set on the settings page with a preview, and tried on pages of hostile hosts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, INES, MIRA, newPage, until, URL_OF_DEMO, violations } from './browser.mjs';
import { answer, conversationOf, mayHaveGreeted, opened, unique, write } from './visitors.mjs';

const ID = `look-${crypto.randomUUID().slice(0, 6)}`;
const HOST = 'http://host.example';
let ines;
let plain; // what everybody may know of the chat as it was made

const settings = (more) => ({
  origins: [HOST, 'http://other.example'],
  starts_per_ip: 1000,
  title: 'Ask us',
  ...more,
});

test('a chat of its own for these flows', async () => {
  ines = await agent(INES, { keep: true });
  await agent(MIRA, { keep: true }); // somebody whom chats are given to: without, each is offline
  const body = { id: ID, connector: 'webchat', name: `Look ${ID}`, settings: settings({}) };
  const { status, body: made } = await call(ines, 'POST', '/channels', body);
  assert.equal(status, 201, JSON.stringify(made));
  plain = await until(async () => {
    const answer = await fetch(`${URL_OF_DEMO}/chat/${ID}/config`);
    return answer.ok && answer.json();
  }, 'the chat is there');
});

/** Saves other settings and waits until the public configuration has them. */
async function set(more) {
  const { body } = await call(ines, 'GET', '/channels');
  const { version } = body.find((one) => one.id === ID);
  const saved = await call(ines, 'PATCH', `/channels/${ID}`, { version, settings: settings(more) });
  assert.equal(saved.status, 200, JSON.stringify(saved.body));
  await until(async () => {
    const config = await (await fetch(`${URL_OF_DEMO}/chat/${ID}/config`)).json();
    return Object.entries({ ...plain, ...more }).every(
      ([name, value]) => !(name in config) || JSON.stringify(config[name]) === JSON.stringify(value),
    );
  }, 'the new settings are in use');
}

/** A page at `path` of the host, with this inside its head, and the chat; `options` are the browser's. */
async function host(path = '/', { head = '', tag = '', headers = {}, lang = 'en', ...options } = {}) {
  const page = await newPage({ reducedMotion: 'reduce', ...options });
  const html = `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>Host</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">${head}</head><body><main><h1>Host</h1></main>
<script src="${URL_OF_DEMO}/widget/widget.js" data-channel="${ID}" ${tag}></script></body></html>`;
  await page.route(`${HOST}/**`, (route) => route.fulfill({ contentType: 'text/html', body: html, headers }));
  await page.goto(`${HOST}${path}`);
  return page;
}

test('words on the button, its colour, its side and the theme are the channel’s', async () => {
  await set({ launcher: 'Questions?', accent: '#ffe14d', position: 'left', theme: 'dark', agents: 'names' });
  const page = await host();
  const button = page.getByRole('button', { name: 'Questions?' });
  await button.waitFor();
  const { x } = await button.boundingBox();
  assert.ok(x < 100, `on the left: ${x}`);
  await opened(page);
  const styles = await page.locator('.head').evaluate((head) => {
    const { backgroundColor, color } = getComputedStyle(head);
    return { backgroundColor, color, panel: getComputedStyle(head.parentElement).backgroundColor };
  });
  assert.deepEqual(styles, {
    backgroundColor: 'rgb(255, 225, 77)',
    color: 'rgb(0, 0, 0)',
    panel: 'rgb(21, 26, 34)',
  });
  await page.locator('.panel textarea').fill('Hello');
  const send = page.locator('.send:enabled');
  assert.equal(await send.evaluate((button) => getComputedStyle(button).color), styles.color);
  assert.deepEqual(await violations(page), []);
});

test('agents have a face, a first name, or neither', async () => {
  for (const [agents, shown, faces] of [
    ['faces', /^I\s*Inês$/, 1],
    ['names', /^Inês$/, 0],
    ['nobody', /^Ask us$/, 0],
  ]) {
    await set({ agents });
    const page = await opened(await host());
    const question = unique('Who are you?');
    await write(page, question);
    await answer(ines, (await conversationOf(ines, question)).id, 'It is me');
    await page.chat.getByText('It is me').waitFor();
    const said = page.chat.locator('.message').filter({ hasText: 'It is me' });
    await until(
      async () =>
        shown.test((await said.locator('.who').innerText()).trim()) &&
        (await page.chat.locator('.face').count()) === faces,
      `${agents} stand above the answer`,
    );
  }
});

test('somebody is greeted on the pages that are meant, once, and not while he chats', async () => {
  await set({ greetings: [{ pages: '/tents*', text: 'Looking for a tent?', seconds: 0 }], greeting_days: 7 });
  const page = await host('/about');
  await mayHaveGreeted(page);
  assert.equal(await page.locator('.greeter').count(), 0);
  await page.goto(`${HOST}/tents/fjell`);
  await page.getByRole('button', { name: 'Looking for a tent?' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'Looking for a tent?' }).click();
  await page.locator('.panel').waitFor();
  await page.locator('.greeter').waitFor({ state: 'detached' });
  await page.locator('.panel textarea').press('Escape');
  await page.locator('.panel').waitFor({ state: 'hidden' });
  await page.goto(`${HOST}/tents/other`);
  await mayHaveGreeted(page);
  assert.equal(await page.locator('.greeter').count(), 0, 'not twice within its days');
});

test('outside of business hours the chat is offline and says when somebody is back', async () => {
  const never = { name: `Closed ${ID}`, zone: 'UTC', week: [[], [], [], [], [], [], []] };
  const tomorrow = new Date(Date.now() + 86_400_000).getUTCDay();
  never.week[(tomorrow + 6) % 7] = [{ start: 540, end: 1020 }];
  const made = await call(ines, 'POST', '/calendars', never);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await set({ hours: made.body.id });
  const page = await opened(await host());
  await page.chat
    .locator('.head')
    .getByText(/^We are back .*9:00/)
    .waitFor();
  await page.chat.getByLabel('Email').waitFor();
  // The hours change while the chat is open.
  const week = never.week.map(() => [{ start: 0, end: 1440 }]);
  const changed = await call(ines, 'PUT', `/calendars/${made.body.id}`, {
    ...never,
    week,
    version: made.body.version,
  });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  await page.chat.locator('.head').getByText('We usually reply in a few minutes').waitFor();
  await set({ answer_time: 'day' });
  const other = await opened(await host());
  await other.chat.locator('.head').getByText('We usually reply within a day').waitFor();
  await call(ines, 'DELETE', `/calendars/${made.body.id}`);
});

test('who waits in a closed queue reads when it opens, and no place in it before', async () => {
  await set({});
  const week = Array.from({ length: 7 }, () => []);
  week[(new Date(Date.now() + 86_400_000).getUTCDay() + 6) % 7] = [{ start: 540, end: 1020 }];
  const closed = { name: `Queue ${ID}`, zone: 'UTC', week };
  const hours = (await call(ines, 'POST', '/calendars', closed)).body;
  const made = await call(ines, 'POST', '/queues', {
    name: `Queue ${ID}`,
    order: 0,
    strategy: 'manual',
    conditions: { field: 'channel', op: 'is', value: ID },
    calendar: hours.id,
    closed_text: 'We are closed, back tomorrow.',
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const page = await opened(await host());
  const head = page.chat.locator('.head');
  await head.getByText(/^We are back .*9:00/).waitFor();
  await write(page, unique('Is somebody there'));
  await page.chat.getByText('We are closed, back tomorrow.').waitFor();
  await head.getByText(/^We are back .*9:00/).waitFor();
  assert.equal(await page.chat.locator('[data-place]').count(), 0, 'nothing is given out');
  const always = week.map(() => [{ start: 0, end: 1440 }]);
  const open = { ...closed, week: always, version: hours.version };
  const saved = await call(ines, 'PUT', `/calendars/${hours.id}`, open);
  assert.equal(saved.status, 200, JSON.stringify(saved.body));
  await page.chat.getByText('You are next').waitFor();
  await head.getByText('We usually reply in a few minutes').waitFor();
  await call(ines, 'DELETE', `/queues/${made.body.id}`);
  await call(ines, 'DELETE', `/calendars/${hours.id}`);
});

test('the page drives the chat, and what it says of its user reaches the agents', async () => {
  await set({});
  const head = `<script>window.heard = []; window.inboxChat = [['setAttributes', { plan: 'gold', cart: '3 tents' }],
    ...['open', 'close', 'message', 'unread', 'ready'].map((name) => ['on', name, (it) => window.heard.push(name)])];</script>`;
  const page = await host('/', { head });
  await page.locator('.launcher').waitFor();
  await page.evaluate(() => window.inboxChat.open());
  page.chat = page.locator('.panel');
  await page.chat.waitFor();
  const question = unique('Is my plan good for that?');
  await write(page, question);
  const row = await conversationOf(ines, question);
  const told = async () => (await call(ines, 'GET', `/customers/${row.customer.id}`)).body.attributes;
  await until(async () => (await told()).plan === 'gold', 'the plan');
  assert.equal((await told()).cart, '3 tents');
  await page.evaluate(() => window.inboxChat.setAttributes({ cart: '', plan: 'silver' }));
  await write(page, unique('And now?'));
  await until(async () => (await told()).plan === 'silver', 'the new plan');
  const refused = page.waitForEvent('console', (line) => line.text().includes('attributes refused'));
  await page.evaluate(() => window.inboxChat.setAttributes({ ['n'.repeat(60)]: 'x' }));
  await refused;
  await page.evaluate(() => window.inboxChat.close());
  await page.chat.waitFor({ state: 'hidden' });
  await answer(ines, row.id, unique('Yes'));
  await page.locator('.badge', { hasText: '1' }).waitFor();
  await page.evaluate(() => window.inboxChat.toggle());
  await page.chat.waitFor();
  for (const name of ['ready', 'open', 'close', 'message', 'unread'])
    await until(async () => (await page.evaluate(() => window.heard)).includes(name), `${name} is heard`);
});

test('emoji are picked by keys, and the sound can be switched off for good', async () => {
  const page = await opened(await host());
  await page.chat.getByRole('button', { name: 'Emoji' }).click();
  await page.chat.getByRole('toolbar', { name: 'Emoji' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await until(async () => (await page.chat.locator('textarea').inputValue()) === '😁', 'it is written');
  await page.keyboard.press('Escape');
  await page.chat.getByRole('toolbar').waitFor({ state: 'detached' });
  assert.ok(await page.chat.isVisible(), 'Escape closes the picker first');
  await page.chat.getByRole('button', { name: 'Emoji' }).click();
  await page.chat.getByRole('toolbar', { name: 'Emoji' }).waitFor();
  await page.chat.locator('input[type=file]').setInputFiles({
    name: 'tune.exe',
    mimeType: 'application/x-msdownload',
    buffer: Buffer.from('x'),
  });
  await page.chat.getByText('tune.exe').waitFor();
  await page.chat.getByRole('button', { name: 'Send' }).click();
  await page.chat.getByText('tune.exe').waitFor({ state: 'detached' });
  await page.chat.getByRole('toolbar', { name: 'Emoji' }).waitFor({ state: 'detached' });
  const sound = page.chat.getByRole('button', { name: 'Sound for answers' });
  const pressed = (is) => page.chat.locator(`button[aria-label="Sound for answers"][aria-pressed=${is}]`);
  await pressed(true).waitFor();
  await sound.click();
  await pressed(false).waitFor();
  await page.reload();
  await page.chat.waitFor();
  await pressed(false).waitFor();
});

test('ten languages, of the page, the channel or the tag; Arabic from right to left', async () => {
  await set({ title: '' });
  const titles = {
    de: 'Schreiben',
    fr: '',
    es: '',
    pt: '',
    it: '',
    nl: '',
    pl: 'Porozmawiaj z nami',
    tr: 'Bizimle sohbet edin',
    ar: 'تحدث معنا',
  };
  for (const lang of Object.keys(titles)) {
    const page = await opened(await host('/', { lang }));
    const title = await page.chat.locator('h2').innerText();
    assert.ok(title && title !== 'Chat with us', `${lang}: ${title}`);
    if (lang === 'ar') {
      assert.equal(title, titles.ar);
      const [attach, send] = [
        await page.chat.locator('.row button').first().boundingBox(),
        await page.chat.locator('.send').boundingBox(),
      ];
      assert.ok(attach.x > send.x, 'mirrored');
      assert.ok(
        (await page.locator('.launcher').boundingBox()).x > 700,
        'the side is the page’s, not the script’s',
      );
      assert.deepEqual(await violations(page), []);
    }
    await page.context().close();
  }
  await set({ title: 'Northwind', greeting: 'Tents, boots and your order.', launcher: 'Questions?' });
  const mixed = await opened(await host('/', { lang: 'ar' }));
  const at = await mixed.chat.evaluate((panel) => {
    const greeting = panel.querySelector('.greeting p');
    const words = [...greeting.childNodes].find((node) => node.nodeType === 3 && node.data.trim());
    const first = words.data.search(/\S/);
    const x = (place) => {
      const range = new Range();
      range.setStart(words, place);
      range.setEnd(words, place + 1);
      return range.getBoundingClientRect().x;
    };
    const edge = (line) => Math.round(line.getBoundingClientRect().right);
    return {
      stop: x(words.data.trimEnd().length - 1) - x(first),
      edges: [...panel.querySelectorAll('.heading > *')].map(edge),
      launcher: getComputedStyle(panel.closest('.root').querySelector('.launcher')).direction,
    };
  });
  assert.ok(at.stop > 100, `the full stop ends the sentence: ${at.stop}`);
  assert.equal(at.edges[0], at.edges[1], 'title and the line below it begin at the same edge');
  assert.equal(at.launcher, 'ltr');
  await set({ title: '', language: 'pl', greeting: '', launcher: '' });
  assert.equal(
    await (await opened(await host('/', { lang: 'de' }))).chat.locator('h2').innerText(),
    'Porozmawiaj z nami',
  );
  assert.equal(
    await (await opened(await host('/', { tag: 'data-lang="tr"' }))).chat.locator('h2').innerText(),
    'Bizimle sohbet edin',
  );
});

test('a strict policy and hostile style sheets change nothing', async () => {
  await set({});
  const ws = URL_OF_DEMO.replace('http', 'ws');
  const policy = `default-src 'none'; script-src ${URL_OF_DEMO}; connect-src ${URL_OF_DEMO} ${ws}; img-src ${URL_OF_DEMO}; require-trusted-types-for 'script'; trusted-types svelte-trusted-html`;
  const strict = await host('/', { headers: { 'Content-Security-Policy': policy } });
  await opened(strict);
  await write(strict, unique('Under a policy'));
  assert.deepEqual(strict.complaints, []);
  const css = `* { all: unset !important; font: 40px serif !important; color: red !important; direction: rtl !important; zoom: 1; }
    button, div, textarea { display: none !important; position: static !important; }
    body > * { opacity: 0.4 !important; transform: rotate(4deg) translateX(50vw) !important; pointer-events: none !important; }
    inbox-chat { filter: none; letter-spacing: 1em !important; text-transform: uppercase !important }`;
  const look = async (page) =>
    page.chat.evaluate((panel) => {
      const { x, y, width, height } = panel.getBoundingClientRect();
      const { opacity } = getComputedStyle(panel.getRootNode().host);
      const { fontSize, color, letterSpacing, textTransform, direction } = getComputedStyle(
        panel.querySelector('h2'),
      );
      return { x, y, width, height, opacity, fontSize, color, letterSpacing, textTransform, direction };
    });
  const plain = await opened(await host('/'));
  const hostile = await opened(await host('/styled', { head: `<style>${css}</style>` }));
  for (const page of [plain, hostile]) await page.chat.locator('.log[aria-live=polite]').waitFor();
  assert.deepEqual(await look(hostile), await look(plain));
});

test('in a frame the chat fills it, on the channel’s sites only', async () => {
  const page = await newPage({ reducedMotion: 'reduce' });
  const html = `<!doctype html><html lang="en"><title>Host</title><body><main><h1>Host</h1><iframe title="Chat" width="400" height="600" src="${URL_OF_DEMO}/chat/${ID}/page"></iframe></main></body></html>`;
  for (const site of [HOST, 'http://elsewhere.example'])
    await page.route(`${site}/`, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.goto(`${HOST}/`);
  const frame = page.frameLocator('iframe');
  const panel = frame.locator('.panel');
  await panel.waitFor();
  await until(async () => {
    const box = await panel.boundingBox();
    return box?.width === 400 && box.height === 600;
  }, 'it fills the frame');
  assert.equal(await frame.locator('.launcher').count(), 0);
  assert.equal(await panel.getByRole('button', { name: 'Close chat' }).count(), 0);
  const question = unique('From a frame');
  await panel.locator('textarea').fill(question);
  await panel.locator('textarea').press('Enter');
  await panel.getByText('Sent').waitFor();
  await conversationOf(ines, question);
  await page.goto('http://elsewhere.example/');
  await until(() => page.complaints.some((text) => text.includes('frame-ancestors')), 'refused elsewhere');
});

test('on a phone the chat keeps clear of edges and keyboard', async () => {
  const page = await opened(await host('/', { viewport: { width: 390, height: 780 }, hasTouch: true }));
  await page.setViewportSize({ width: 390, height: 420 });
  const send = await until(async () => {
    const box = await page.chat.locator('.send').boundingBox();
    return box.y + box.height <= 420 && box;
  }, 'what is written stays above the keyboard');
  assert.ok(send.height >= 44);
  assert.deepEqual(await violations(page), []);
});

for (const colorScheme of ['light', 'dark'])
  test(`the settings show the chat as it is typed, ${colorScheme}`, async () => {
    for (const viewport of [
      { width: 1440, height: 900 },
      { width: 390, height: 844 },
    ]) {
      const page = await agent(INES, { colorScheme, viewport, reducedMotion: 'reduce' });
      await page.goto(`${URL_OF_DEMO}/settings/channels`);
      await page.getByRole('button', { name: `Edit Look ${ID}` }).click();
      const preview = page.frameLocator('[data-testid=chat-preview]');
      await preview.locator('.panel').waitFor();
      await page.getByLabel('Title (optional)').fill('Typed just now');
      await preview.getByRole('heading', { name: 'Typed just now' }).waitFor();
      await page.getByLabel('Colour').fill('#0a7d36');
      await until(
        async () =>
          (await preview
            .locator('.head')
            .evaluate((it) => getComputedStyle(it).backgroundColor)
            .catch(() => '')) === 'rgb(10, 125, 54)',
        'the colour',
      );
      await preview.locator('textarea').fill('Hello');
      await preview.locator('textarea').press('Enter');
      await preview.locator('.message.mine').getByText('Hello').waitFor();
      await page.getByLabel('Nobody there').check();
      await preview.getByText('We are away right now').waitFor();
      await page.getByTestId('add-greetings').click();
      await page.getByLabel('Pages', { exact: false }).first().waitFor();
      assert.deepEqual(await violations(page), [], `at ${viewport.width}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.equal(wide, false, 'nothing sticks out');
      if (process.env.SHOTS)
        await page.screenshot({
          path: `${process.env.SHOTS}/chat-settings-${colorScheme}-${viewport.width}.png`,
          fullPage: true,
        });
      await page.context().close();
    }
  });

test('the chat is gone with its channel', async () => {
  await call(ines, 'DELETE', `/channels/${ID}`);
  await until(async () => (await fetch(`${URL_OF_DEMO}/chat/${ID}/config`)).status === 404, 'gone');
});
