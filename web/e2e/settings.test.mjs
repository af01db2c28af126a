// The settings: reached from the account's menu, found by words, usable on a phone; what is saved there shows elsewhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, focused, RAVI, seen, until, URL_OF_DEMO, violations } from './browser.mjs';

async function openSettings(page) {
  await page.getByTestId('account').click();
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  await page.getByTestId('settings').waitFor();
}

test('a new name and signature are kept and shown to colleagues', async (t) => {
  const page = await agent(RAVI);
  const { name: called, signature } = (await call(page, 'GET', '/session')).body;
  t.after(() => call(page, 'PATCH', '/me', { name: called, signature }));
  await openSettings(page);
  await page.getByRole('textbox', { name: 'Name' }).fill('Ravi Menon-Quist');
  await page.getByRole('textbox', { name: 'Signature' }).fill('Ravi\nNorthwind');
  await page.keyboard.press('Tab');
  await focused(page.getByTestId('save-profile'));
  await seen(page.getByText('Saved', { exact: true }), () => page.keyboard.press('Enter'));
  await page.reload();
  const name = page.getByRole('textbox', { name: 'Name' });
  await until(async () => (await name.inputValue()) === 'Ravi Menon-Quist', 'the name is kept');
  const agents = (await call(page, 'GET', '/agents')).body;
  assert.ok(agents.some((one) => one.name === 'Ravi Menon-Quist'));
});

test('a wrong password is told at its field and changes nothing', async () => {
  const page = await agent(RAVI);
  await page.goto(`${URL_OF_DEMO}/settings/profile`);
  await page.getByLabel('Current password').fill('not it');
  await page.getByLabel('New password', { exact: true }).fill('a long new password');
  await page.getByLabel('New password again').fill('a long new passwort');
  await page.getByTestId('save-password').click();
  await page.getByText('The two passwords differ').waitFor();
  await page.getByLabel('New password again').fill('a long new password');
  await page.getByTestId('save-password').click();
  await page.getByText('This is not your password.').waitFor();
  const wrong = page.getByLabel('Current password');
  await until(async () => (await wrong.getAttribute('aria-invalid')) === 'true', 'the field is marked');
});

test('pages are found by what they are about, by keyboard alone, and lead back', async () => {
  const page = await agent(RAVI);
  await openSettings(page);
  await page.getByRole('searchbox', { name: 'Search settings' }).fill('signat');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/settings/profile');
  await page.getByRole('searchbox', { name: 'Search settings' }).fill('dark');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/settings/preferences');
  await page.getByTestId('settings').getByLabel('Colours').waitFor();
  await page.getByRole('searchbox', { name: 'Search settings' }).fill('passkey');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Passkeys' }).waitFor();
  await page.getByRole('searchbox', { name: 'Search settings' }).fill('zebra');
  await page.getByText('No setting is called so.').waitFor();
  await page.getByRole('link', { name: 'Back to the inbox' }).click();
  await page.locator('[data-pane=list]').waitFor();
});

test('what was typed into a form is not lost by going elsewhere without a question', async () => {
  const page = await agent(RAVI);
  await openSettings(page);
  const name = page.getByRole('textbox', { name: 'Name' });
  await page.getByTestId('settings-preferences').click();
  await page.waitForURL(/preferences/);
  await page.getByTestId('settings-profile').click();
  await name.fill('Somebody else');
  await page.getByTestId('settings-preferences').click();
  const asked = page.getByTestId('confirm');
  await asked.getByText('not saved yet').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Escape');
  await asked.waitFor({ state: 'detached' });
  assert.equal(await name.inputValue(), 'Somebody else');
  await page.goBack();
  await asked.waitFor();
  assert.match(page.url(), /profile/);
  await page.keyboard.press('Escape');
  await page.getByTestId('settings-preferences').click();
  await asked.waitFor();
  await page.getByTestId('confirmed').click();
  await page.waitForURL(/preferences/);
});
