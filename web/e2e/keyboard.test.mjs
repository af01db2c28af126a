// A whole shift without a mouse: every step by keys, and where one is can be seen at each.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  messageWith,
  MIRA,
  newConversation,
  newPage,
  PASSWORD,
  RAVI,
  said,
  sequence,
  until,
  URL_OF_DEMO,
} from './browser.mjs';

/**
 * Where one is can be seen: what has the focus has a mark of its own, of the box it fills, or of the entry it points to; and where
 * nothing has it, keys go to the open conversation, whose row is marked.
 */
async function visible(page, step) {
  let wrong = '';
  const marked = () =>
    page.evaluate(() => {
      const current = document.querySelector('[data-pane=list] [aria-current]');
      const one = document.activeElement === document.body ? current : document.activeElement;
      if (!one) return 'nothing has the focus';
      const at = one.getBoundingClientRect();
      if (!at.width || at.bottom < 0 || at.top > innerHeight) return 'the focus is out of sight';
      const pointed = document.getElementById(one.getAttribute('aria-activedescendant') ?? '');
      if (one === current) return '';
      const marks = [one, one.closest('.box, .search, .field'), pointed].filter(Boolean).some((it) => {
        const { outlineStyle, outlineWidth, boxShadow, backgroundColor } = getComputedStyle(it);
        const filled = it === pointed && backgroundColor !== 'rgba(0, 0, 0, 0)';
        return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none' || filled;
      });
      return marks ? '' : `nothing marks ${one.outerHTML.slice(0, 160)}`;
    });
  await until(async () => !(wrong = await marked()), '').catch(() => assert.fail(`${step}: ${wrong}`));
}

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

/** Presses the keys of one entry of the table, once no field would take them for letters. */
async function act(page, ...keys) {
  const typing = () => page.evaluate(() => document.activeElement.matches('input, textarea, select'));
  await until(async () => !(await typing()), `no field has the focus before ${keys}`);
  if (keys.length > 1) await sequence(page, ...keys);
  else await press(page, ...keys);
}

/** Goes on by `Tab` until what is wanted has the focus, marked at every stop. */
async function tabTo(page, what) {
  for (let stop = 0; stop < 80; stop++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement === document.body)) continue; // behind the last comes the browser's own
    await visible(page, `on the way to ${what}`);
    if (await page.evaluate((what) => document.activeElement.matches(what), what)) return;
  }
  assert.fail(`no way to ${what}`);
}

test('a shift from logging in to logging out, by keys alone', async () => {
  const ravi = await agent(RAVI);
  const tag = `keys-${Date.now().toString(36)}`;
  const rows = [await newConversation(ravi, 'By keys'), await newConversation(ravi, 'By keys too')];
  for (const { id } of rows)
    await call(ravi, 'PATCH', `/conversations/${id}`, { add_tags: [tag], team: 'support' });
  const [row] = rows;
  const stored = async ({ id } = row) => (await call(ravi, 'GET', `/conversations/${id}`)).body.row;
  const page = await newPage();

  await page.goto(`${URL_OF_DEMO}/login`);
  await page.getByLabel('Email').waitFor();
  if (!(await page.evaluate(() => document.activeElement.matches('[type=email]'))))
    await tabTo(page, '[type=email]');
  await visible(page, 'the address');
  await page.keyboard.type(MIRA);
  await press(page, 'Tab');
  await visible(page, 'the password');
  await page.keyboard.type(PASSWORD);
  await press(page, 'Enter');
  await page.locator('[data-pane=list]').waitFor();

  await act(page, 'g', 'a');
  await page.waitForURL('**/inbox/all');
  await page.getByTestId('row').first().waitFor();
  for (const key of ['j', 'k', 'j']) await act(page, key);
  await visible(page, 'a row');

  await act(page, '/');
  await page.locator('[data-testid=search]:focus').waitFor();
  await visible(page, 'the search');
  await page.keyboard.type(`#${row.number}`);
  await press(page, 'Enter');
  await page.waitForURL(`**/${row.number}`);
  await page.getByTestId('message').first().waitFor();

  await act(page, 'r');
  await page.locator('[data-testid=composer-text]:focus').waitFor();
  await visible(page, 'the answer');
  await page.keyboard.type('We send you a new one today.');
  await press(page, 'Control+Enter');
  await messageWith(page, 'We send you a new one today.').waitFor();
  await press(page, 'Escape');
  await act(page, 'n');
  await page.locator('[data-testid=mode-note][aria-pressed=true]').waitFor();
  await page.locator('[data-testid=composer-text]:focus').waitFor();
  await visible(page, 'the note');
  await page.keyboard.type('The third this week.');
  await press(page, 'Control+Enter');
  await messageWith(page, 'The third this week.').waitFor();
  await press(page, 'Escape');

  await act(page, 'a');
  await page.locator('[data-testid=assignee-input]:focus').waitFor();
  await visible(page, 'who is to answer');
  await page.keyboard.type('Amina');
  await page.getByRole('option').first().filter({ hasText: 'Amina' }).waitFor();
  await press(page, 'Enter');
  await until(async () => (await stored()).assignee === 'amina', 'Amina has it');
  await page.getByTestId('assignee').filter({ hasText: 'Amina' }).waitFor();
  await visible(page, 'after the assignment');
  await act(page, 'i');
  await until(async () => (await stored()).assignee === 'mira', 'Mira has it');

  await act(page, 't');
  await page.locator('[data-testid=tags-input]:focus').waitFor();
  await visible(page, 'the tags');
  await page.keyboard.type('warranty');
  await page.getByRole('option').first().filter({ hasText: 'warranty' }).waitFor();
  await press(page, 'Enter');
  await until(async () => (await stored()).tags.includes('warranty'), 'the tag');
  await press(page, 'Escape');
  await page.getByTestId('tags-input').waitFor({ state: 'detached' });

  await act(page, 'b');
  await page.locator('[data-testid=snooze-tomorrow]').waitFor();
  await page.locator('[role=menuitem]:focus').waitFor();
  await visible(page, 'when to come back');
  await press(page, 'ArrowDown', 'Enter');
  await until(async () => (await stored()).category === 'snoozed', 'it sleeps');
  await said(page, `#${row.number} snoozed`);
  await act(page, 'z');
  await until(async () => (await stored()).category !== 'snoozed', 'undone');

  await act(page, 'g', 'a');
  await page.waitForURL('**/inbox/all**');
  await act(page, 'Shift+F');
  await page.locator('[data-testid=filter]:focus').waitFor();
  await visible(page, 'the filter');
  await page.keyboard.type(`tag:${tag}`);
  await press(page, 'Enter');
  await until(async () => (await page.getByTestId('row').count()) === 2, 'both, and no other');
  await press(page, 'Escape');
  await act(page, '/');
  await page.locator('[data-testid=search]:focus').waitFor();
  await visible(page, 'the search over a filtered list');
  await press(page, 'Escape', 'Escape');
  await page.getByTestId('search').waitFor({ state: 'detached' });
  await act(page, 'j');
  await visible(page, 'a row of the filter');
  await act(page, '*', 'a');
  await page.getByTestId('bulk-count').getByText('2 selected').waitFor();
  await act(page, 'p');
  await page.locator('[data-testid=bulk-priority-urgent]:focus').waitFor();
  await visible(page, 'the priority of both');
  await press(page, 'Enter');
  const all = async (what) => (await Promise.all(rows.map(stored))).every(what);
  await until(() => all((one) => one.priority === 'urgent'), 'both are urgent');
  await said(page, 'Priority Urgent: 2 done');
  await act(page, 'z');
  await until(() => all((one) => one.priority === 'normal'), 'both undone');

  await press(page, 'Control+k');
  await page.locator('[data-testid=palette-input]:focus').waitFor();
  await page.keyboard.type('profile');
  await page.getByRole('option', { selected: true, name: /Profile/ }).waitFor();
  await visible(page, 'the palette');
  await press(page, 'Enter');
  await page.waitForURL('**/settings/profile');
  await page.getByTestId('language').waitFor();
  await tabTo(page, '[data-testid=settings] a');

  await act(page, 'g', 'i');
  await page.waitForURL('**/inbox/mine**');
  for (let pane = 0; pane < 6; pane++) {
    if (await page.evaluate(() => document.activeElement.closest('[data-pane=nav]') !== null)) break;
    await press(page, 'F6');
  }
  await tabTo(page, '[data-testid=account]');
  await press(page, 'Enter');
  await page.getByRole('menuitem', { name: 'Log out' }).waitFor();
  await press(page, 'End');
  await visible(page, 'the way out');
  await press(page, 'Enter');
  await page.getByLabel('Password').waitFor();
});
