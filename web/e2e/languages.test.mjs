// The screen in each of its languages: the account's choice, the browser's at the login, nothing raw, nothing clipped, and from right to left.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { agent, call, INES, newConversation, newPage, until, URL_OF_DEMO, violations } from './browser.mjs';

const words = (name) => JSON.parse(readFileSync(new URL(`../src/lib/i18n/${name}.json`, import.meta.url)));
const KEYS = Object.keys({ ...words('en'), ...words('later') }).filter((key) => key.includes('.'));

/** Goes there as a click does, without loading the page anew. */
async function go(page, path, ready) {
  await page.evaluate((to) => {
    history.pushState({}, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
  await page.locator(ready).first().waitFor();
}

/** Keys instead of words, unfilled values, and buttons whose words do not fit; none of them, hopefully. */
const flaws = (page) =>
  page.evaluate((keys) => {
    const raw = new Set(keys);
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const text = node.data.trim();
      if (raw.has(text) || text.includes('{{')) found.push(`raw: ${text}`);
    }
    for (const one of document.querySelectorAll('button, .btn, th, h1, h2, nav a')) {
      const cut = one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0 && one.innerText.trim();
      const meant = one.matches('.truncate, .bell, .sr') || one.querySelector('.truncate');
      if (cut && !meant) found.push(`clipped: ${one.innerText.trim()} (${one.className})`);
    }
    const content = document.querySelector('[data-testid=settings] > section');
    if (content && content.scrollWidth > content.clientWidth)
      found.push('the page of the settings is too wide');
    if (document.documentElement.scrollWidth > innerWidth) found.push('the page is wider than the window');
    return found;
  }, KEYS);

const turned = (page, tag) =>
  until(
    () => page.evaluate((tag) => document.documentElement.lang.startsWith(tag), tag),
    `the screen speaks ${tag}`,
  );

async function choose(page, tag) {
  await page.getByTestId('language').selectOption(tag);
  await turned(page, tag);
  await page.getByTestId('language').and(page.locator(':focus')).waitFor();
}

async function speaking(tag, options) {
  const page = await agent(INES, options);
  await call(page, 'PATCH', '/me', { language: tag });
  await page.goto(`${URL_OF_DEMO}/settings/profile`);
  await turned(page, tag);
  return page;
}

test('every language is chosen in the settings, and nothing in it is raw or clipped', async () => {
  const page = await agent(INES);
  const { number } = await newConversation(page, 'In every language');
  try {
    await go(page, '/settings/profile', '[data-testid=language]');
    for (const tag of ['de', 'fr', 'es', 'pt', 'ar']) {
      await choose(page, tag);
      assert.deepEqual(await flaws(page), [], `${tag}: settings`);
      await go(page, `/inbox/all/${number}`, '[data-testid=message]');
      assert.deepEqual(await flaws(page), [], `${tag}: list and thread`);
      await go(page, '/board', '[data-testid=queue-tile]');
      assert.deepEqual(await flaws(page), [], `${tag}: board`);
      await go(page, '/settings/profile', '[data-testid=language]');
    }
    await page.reload();
    await turned(page, 'ar');
  } finally {
    await call(page, 'PATCH', '/me', { language: '' });
  }
  assert.deepEqual(page.complaints, []);
});

test('no page of the settings is wider than a phone, with long words and from right to left', async () => {
  const page = await agent(INES, { viewport: { width: 390, height: 844 }, hasTouch: true });
  try {
    for (const tag of ['de', 'fr', 'ar']) {
      await call(page, 'PATCH', '/me', { language: tag });
      await page.goto(`${URL_OF_DEMO}/settings`);
      await turned(page, tag);
      await page.getByTestId('settings-surveys').waitFor();
      const links = page.locator('[data-testid=settings] nav a[data-testid]');
      const pages = await links.evaluateAll((all) => all.map((one) => one.pathname));
      for (const path of pages) {
        await go(page, path, '[data-testid=settings]');
        const open = page.locator(`[data-testid=settings] nav a[href="${path}"][aria-current]`);
        await open.waitFor({ state: 'attached' });
        await page.locator('[data-testid=settings] > section h1').waitFor();
        // Saved replies show the variables that are filled in later.
        const found = (await flaws(page)).filter((one) => !/^raw: .*\{\{(customer|agent)\./s.test(one));
        assert.deepEqual(found, [], `${tag}: ${path}`);
      }
    }
  } finally {
    await call(page, 'PATCH', '/me', { language: '' });
  }
});

test('before anybody is logged in, the browser’s language is spoken', async () => {
  const page = await newPage({ locale: 'de-CH' });
  await page.goto(`${URL_OF_DEMO}/login`);
  await page.getByRole('button', { name: 'Anmelden' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dir), 'ltr');
});

for (const [theme, viewport] of [
  ['light', { width: 1440, height: 900 }],
  ['dark', { width: 390, height: 844 }],
]) {
  test(`Arabic runs from right to left, ${theme}, ${viewport.width} px`, async () => {
    const page = await speaking('ar', { colorScheme: theme, viewport });
    try {
      const { number } = await newConversation(page, 'From right to left');
      await go(page, `/inbox/all/${number}`, '[data-testid=message]');
      assert.equal(await page.evaluate(() => document.documentElement.dir), 'rtl');
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(await flaws(page), []);
      const { x, width } = await page.locator('[data-pane=thread]').boundingBox();
      const back = await page.getByTestId('composer-text').boundingBox();
      assert.ok(back.x >= x && back.x + back.width <= x + width, 'the composer is inside its pane');
      if (viewport.width > 760) {
        const list = await page.locator('[data-pane=list]').boundingBox();
        assert.ok(list.x > x, 'the list is at the right of the thread');
        const edge = page.getByTestId('edge-list');
        const wide = async () => Number(await edge.getAttribute('aria-valuenow'));
        const before = await wide();
        await edge.press('ArrowLeft');
        await until(async () => (await wide()) !== before, 'the key moves the edge');
        assert.ok((await wide()) > before, 'left is forwards');
      }
    } finally {
      await call(page, 'PATCH', '/me', { language: '' });
    }
  });
}

test('a list in another window goes on in the language that was chosen, without an error', async () => {
  const page = await agent(INES);
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await page.getByTestId('row').first().waitFor();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  try {
    const other = await page.context().newPage();
    await other.goto(`${URL_OF_DEMO}/settings/profile`);
    await choose(other, 'de');
    await turned(page, 'de');
    await page.getByTestId('row').first().waitFor();
    assert.deepEqual(errors, []);
  } finally {
    await call(page, 'PATCH', '/me', { language: '' });
  }
});
