// The command palette, and times said in words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  composer,
  focused,
  messageWith,
  MIRA,
  newConversation,
  openConversation,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

const input = (page) => page.getByTestId('palette-input');

async function ask(page, words) {
  await page.keyboard.press('Control+k');
  await focused(input(page));
  await page.keyboard.type(words);
}

/** Enter takes what is chosen, which has to be this by then. */
const chosen = (page, name) => page.getByRole('option', { selected: true, name }).waitFor();

test('everything is done from one field, by the keyboard alone', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page, 'By the palette');
  await openConversation(page, row.number);
  await ask(page, '');
  assert.deepEqual(await violations(page), []);
  await page.keyboard.type('prio');
  await chosen(page, /Priority/);
  await page.keyboard.press('Enter');
  await page.getByTestId('priority-urgent').waitFor();
  await page.locator('[role^=menuitem]:focus').waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('priority-urgent').waitFor({ state: 'detached' });
  await ask(page, 'snoozed');
  await chosen(page, /Snoozed/);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/inbox/snoozed');
  await ask(page, String(row.number));
  await chosen(page, new RegExp(`${row.number}`));
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/${row.number}`);
  await ask(page, 'profile');
  await chosen(page, /Profile/);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/settings/profile');
});

test('customers are found, words are searched for, Escape leaves all as it was', async () => {
  const page = await agent(MIRA);
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await page.getByTestId('row').first().waitFor();
  await ask(page, 'zzqq');
  await chosen(page, /zzqq/);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/search?q=zzqq');
  await ask(page, 'tove');
  await page.getByRole('option', { name: /Tove Berg.*Customers/ }).click();
  await page.waitForURL(/customer%3A/);
  await page.getByTestId('row').first().waitFor();
  await page.goBack();
  await page.waitForURL('**/search?q=zzqq');
  await ask(page, 'anna');
  await page.keyboard.press('Escape');
  await input(page).waitFor({ state: 'detached' });
  assert.match(page.url(), /zzqq/);
});

test('snoozed until a time said in words, in the menu and in the palette', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page, 'To be snoozed');
  await openConversation(page, row.number);
  await page.keyboard.press('b');
  const say = page.getByTestId('snooze-say');
  await page.locator('[role=menuitem]:focus').waitFor();
  await page.keyboard.type('in 4 days');
  await until(
    async () => (await say.inputValue()) === 'in 4 days',
    'what is typed goes to the words, blanks and all',
  );
  await say.fill('whenever');
  await page.getByTestId('snooze-meant').filter({ hasText: 'No time that lies ahead' }).waitFor();
  await say.fill('in 3 days');
  await page.getByTestId('snooze-meant').filter({ hasText: /\d/ }).waitFor();
  assert.deepEqual(await violations(page), []);
  await say.press('Enter');
  const until3 = await until(
    async () => (await call(page, 'GET', `/conversations/${row.number}`)).body.row.snoozed_until,
    'snoozed',
  );
  assert.ok(Math.abs(until3 - Date.now() - 3 * 86_400_000) < 2 * 3_600_000);
  await openConversation(page, row.number, 'snoozed');
  await ask(page, 'snooze in 2 hours');
  await chosen(page, /Snooze until/);
  await page.keyboard.press('Enter');
  await until(async () => {
    const at = (await call(page, 'GET', `/conversations/${row.number}`)).body.row.snoozed_until;
    return Math.abs(at - Date.now() - 2 * 3_600_000) < 120_000;
  }, 'snoozed anew');
});

test('a key is changed for this account, on every device; what is taken is said', async () => {
  const page = await agent(MIRA);
  await page.goto(`${URL_OF_DEMO}/settings/keys`);
  const item = (id) => page.getByTestId(`key-${id}`);
  const change = (id) => item(id).getByRole('button', { name: /change$/ });
  try {
    await change('close').click();
    await change('close').and(page.locator('[aria-pressed=true]')).waitFor();
    await page.keyboard.press('j');
    await item('close').getByRole('alert').filter({ hasText: 'Next conversation' }).waitFor();
    await page.keyboard.press('d');
    await item('close').getByText('D', { exact: true }).waitFor();
    assert.deepEqual(await violations(page), []);
    await until(async () => (await call(page, 'GET', '/session')).body.keys.close === 'd', 'kept');
    const other = await agent(MIRA);
    const row = await newConversation(other, 'Closed by another key');
    await openConversation(other, row.number);
    await other.keyboard.press('d');
    await until(
      async () => (await call(other, 'GET', `/conversations/${row.number}`)).body.row.category === 'resolved',
      'closed by D',
    );
    const second = await newConversation(other, 'Not closed by the key that was given');
    await openConversation(other, second.number);
    const changes = [];
    other.on('request', (one) => one.method() === 'PATCH' && changes.push(one.url()));
    await other.keyboard.press('e');
    await ask(other, ''); // answered after it
    assert.deepEqual(changes, [], 'E closes nothing any more');
    await item('close')
      .getByRole('button', { name: /as given/ })
      .click();
    await until(
      async () => (await call(page, 'GET', '/session')).body.keys.close === undefined,
      'taken back',
    );
  } finally {
    // Other flows close by the key that is given.
    await call(page, 'PATCH', '/me', { keys: {} });
  }
});

test('keys of the text field and of sending are changed, and shown changed where they are told', async () => {
  const page = await agent(MIRA);
  await page.goto(`${URL_OF_DEMO}/settings/keys`);
  const item = (id) => page.getByTestId(`key-${id}`);
  const press = async (id, key) => {
    const change = item(id).getByRole('button', { name: /change$/ });
    await change.click();
    await change.and(page.locator('[aria-pressed=true]')).waitFor();
    await page.keyboard.press(key);
  };
  try {
    await press('mark-bold', 'Control+i');
    await item('mark-bold').getByRole('alert').filter({ hasText: 'Italic' }).waitFor();
    await page.keyboard.press('Control+c');
    await item('mark-bold').getByRole('alert').filter({ hasText: 'copy' }).waitFor();
    await page.keyboard.press('Control+d');
    await item('mark-bold').getByText('Ctrl D', { exact: true }).waitFor();
    await press('mark-link', 'Control+Shift+7');
    await item('mark-link').getByText('Ctrl ⇧7', { exact: true }).waitFor();
    await press('send', 'Control+s');
    await item('send').getByText('Ctrl S', { exact: true }).waitFor();
    await page.getByTestId('typed-replies').getByText('always the same').waitFor();
    assert.deepEqual(await violations(page), []);
    const row = await newConversation(page, 'With keys of my own');
    await openConversation(page, row.number);
    await composer(page).click();
    await focused(composer(page));
    assert.equal(await page.getByTestId('format-bold').getAttribute('title'), 'Bold (Ctrl D)');
    assert.equal(await page.getByTestId('send').getAttribute('title'), 'Send (Ctrl S)');
    await page.keyboard.press('Control+b');
    await page.keyboard.press('Control+d');
    await page.keyboard.type('mine');
    await until(async () => (await composer(page).inputValue()) === '**mine**', 'bold by D alone');
    await page.keyboard.press('Control+s');
    await messageWith(page, 'mine').waitFor();
    await page.getByRole('heading', { level: 1 }).first().click();
    await page.keyboard.press('?');
    const told = page
      .getByTestId('help')
      .locator('div')
      .filter({ has: page.getByText('Bold', { exact: true }) });
    assert.match((await told.last().innerText()).replaceAll(/\s/g, ''), /^BoldCtrlD$/);
    assert.deepEqual(await violations(page), []);
  } finally {
    await call(page, 'PATCH', '/me', { keys: {} });
  }
});
