// What is seen without an account: login, its errors, the shop with its chat, the page of a survey.
import { agent, call, INES, URL_OF_DEMO } from '../e2e/browser.mjs';
import { conversationOf, opened, SHOP } from '../e2e/visitors.mjs';
import { LONG, RTL, WORD } from './data.mjs';
import { seen } from './go.mjs';

const visit = (name, path, what, then = null) => [
  name,
  async (page) => {
    await page.goto(path.startsWith('http') ? path : URL_OF_DEMO + path);
    await seen(page, what);
    await then?.(page);
  },
];

export const outside = [
  visit('login', '/login', 'form'),
  visit('login-refused', '/login', 'form', async (page) => {
    await page.getByLabel('Email').fill(`${WORD}@northwind.example`);
    await page.getByLabel('Password').fill('not the password');
    await page.keyboard.press('Enter');
    await seen(page, '[role=alert]');
  }),
  visit('forgot', '/forgot', 'form'),
  visit('reset', '/reset/nothing', 'form'),
  visit('sign-in-refused', '/sso/nobody/start', 'h1'),
  visit('survey-unknown', '/s/nothing', 'body'),
  visit('not-found', '/nothing/at/all', 'body'),
];

export const shop = [
  visit('shop', SHOP, '.launcher'),
  ['chat', (page) => opened(page)],
  [
    'chat-written',
    async (page) => {
      for (const text of [LONG, RTL, WORD, '😀😃😄']) await say(page, text);
    },
  ],
  [
    'chat-answered',
    async (page) => {
      const ines = await agent(INES);
      const row = await conversationOf(ines, '😀😃😄');
      await call(ines, 'POST', `/conversations/${row.id}/messages`, {
        ...{ kind: 'reply', text: `Hello ${LONG},\n\n**bold** and ${WORD}`, anyway: true },
        client_id: crypto.randomUUID(),
      });
      await page.chat.getByText('bold').first().waitFor();
      await ines.context().close();
    },
  ],
  [
    'chat-emoji',
    async (page) => {
      await page.chat.getByRole('button', { name: 'Emoji' }).click();
      await page.chat.getByRole('toolbar', { name: 'Emoji' }).waitFor();
    },
  ],
  [
    'chat-past',
    async (page) => {
      await page.keyboard.press('Escape');
      await page.chat.getByRole('button', { name: 'Your conversations' }).click();
      await page.chat.locator('.past').waitFor();
    },
  ],
];

async function say(page, text) {
  const email = page.chat.locator('input[type=email][required]');
  if (await email.count()) await email.fill('visitor@example.org');
  await page.chat.locator('textarea').fill(text);
  await page.keyboard.press('Enter');
  await page.chat.getByText(text).first().waitFor();
}
