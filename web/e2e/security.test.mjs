// A second factor from setting it up to losing it, asked for at the login, and the list of logins.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import {
  AMINA,
  agent,
  call,
  JONAS,
  logIn,
  newPage,
  PASSWORD,
  RAVI,
  said,
  URL_OF_DEMO,
  until,
  violations,
} from './browser.mjs';

/** The demo's admin. */
const BOSS = 'ines@northwind.example';

/**
 * What an authenticator app shows (RFC 6238), so many steps off. The service takes what is one step off, and no step twice: the
 * code of this step holds through the next one, that of the next a step longer, so that half a minute's rest is no failure.
 */
function codeOf(secret, off = 0) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((ch) => alphabet.indexOf(ch).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + off));
  const mac = createHmac('sha1', key).update(step).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function typePassword(page, email) {
  await page.goto(`${URL_OF_DEMO}/login`);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** Fills this in as late as can be: a code of the app is old soon. */
async function enter(field, words) {
  await field.waitFor();
  await field.fill(words());
  await field.press('Enter');
}

/** Types into what has the focus, as whoever has no mouse: the field has to have it. */
async function typeOn(field, words) {
  await field.and(field.page().locator(':focus')).waitFor();
  await field.page().keyboard.type(words());
  await field.page().keyboard.press('Enter');
}

const focused = (page, name) => page.getByRole('button', { name }).and(page.locator(':focus')).waitFor();

/** Ends the login without the page's knowledge; one that hears of it would come back to where it was. */
async function forget(page) {
  await page.goto('about:blank');
  await page.context().clearCookies();
}

const secretOn = async (page) => (await page.locator('code.secret').textContent()).replaceAll(' ', '');

test('a second factor is set up, asked for at the login, and reset by an admin', async (t) => {
  const admin = await agent(BOSS);
  t.after(async () => {
    const people = (await call(admin, 'GET', '/security/accounts')).body;
    const jonas = people.find((one) => one.email === JONAS);
    if (jonas.two_factor) await call(admin, 'DELETE', `/accounts/${jonas.id}/factor`);
  });
  const page = await agent(JONAS);
  await page.goto(`${URL_OF_DEMO}/settings/security`);
  await page.getByTestId('factor-begin').click();
  await typeOn(page.getByLabel('Current password'), () => 'not it');
  await page.getByText('This is not your password.').waitFor();
  await page.getByLabel('Current password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByAltText('QR code for your authenticator app').waitFor();
  assert.deepEqual(await violations(page), []);
  const secret = await secretOn(page);
  await typeOn(page.getByLabel('Code of the app'), () => '000000');
  await page.getByText('This code is wrong').waitFor();
  await enter(page.getByLabel('Code of the app'), () => codeOf(secret));
  await page.getByTestId('recovery-codes').waitFor();
  const codes = await page.getByTestId('recovery-codes').locator('li').allTextContents();
  assert.equal(codes.length, 10);
  await focused(page, 'Copy');
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('10 recovery codes are left.').waitFor();
  await focused(page, 'New recovery codes');

  const other = await newPage();
  await typePassword(other, JONAS);
  await other.getByRole('heading', { name: 'Enter your code' }).waitFor();
  assert.deepEqual(await violations(other), []);
  await typeOn(other.getByLabel('Code'), () => '000000');
  await other.getByText('This code is wrong').waitFor();
  await enter(other.getByLabel('Code'), () => codeOf(secret, 1));
  await other.locator('[data-pane=list]').waitFor();

  const third = await newPage();
  await typePassword(third, JONAS);
  await enter(third.getByLabel('Code'), () => codes[0]);
  await third.locator('[data-pane=list]').waitFor();

  await admin.goto(`${URL_OF_DEMO}/settings/access`);
  await admin.getByRole('button', { name: /Reset the second factor of Jonas/ }).click();
  await admin.getByTestId('confirmed').click();
  await said(admin, /The second factor of Jonas.* is reset/);
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  await agent(JONAS);
});

test('a workspace that asks everybody for one lets nobody in without', async () => {
  const admin = await agent(BOSS);
  await admin.goto(`${URL_OF_DEMO}/settings/access`);
  await admin.getByTestId('access-two-factor').click();
  await admin.getByText('Set up your own second factor first.').waitFor();
  const begun = (await call(admin, 'POST', '/me/factor', { password: PASSWORD })).body;
  const rule = admin.getByTestId('access-two-factor');
  assert.equal((await call(admin, 'PUT', '/me/factor', { code: codeOf(begun.secret) })).status, 204);
  try {
    await rule.click();
    await said(admin, 'Saved');
    await rule.and(admin.locator('[aria-checked=true]')).waitFor();
    const page = await newPage({ viewport: { width: 390, height: 844 } });
    await typePassword(page, AMINA);
    await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
    assert.deepEqual(await violations(page), []);
    const secret = await secretOn(page);
    await enter(page.getByLabel('Code of the app'), () => codeOf(secret));
    await page.getByTestId('recovery-codes').waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole('button', { name: 'Continue to the inbox' }).click();
    await page.locator('[data-pane=list]').waitFor();
  } finally {
    if ((await call(admin, 'GET', '/security')).body.two_factor) await rule.click();
    await until(
      async () => !(await call(admin, 'GET', '/security')).body.two_factor,
      'the rule is off again',
    );
    const people = (await call(admin, 'GET', '/security/accounts')).body;
    const amina = people.find((one) => one.email === AMINA);
    if (amina.two_factor) {
      const reset = await call(admin, 'DELETE', `/accounts/${amina.id}/factor`);
      assert.equal(reset.status, 204, JSON.stringify(reset.body));
    }
    const off = await call(admin, 'POST', '/me/factor/off', { password: PASSWORD, code: begun.recovery[0] });
    assert.equal(off.status, 204, JSON.stringify(off.body));
  }
});

test('one sees where one is logged in and ends a login that is not here', async () => {
  const page = await agent(AMINA);
  await call(page, 'DELETE', '/me/sessions');
  const phone = await agent(AMINA, {
    viewport: { width: 390, height: 844 },
    userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1',
  });
  await page.goto(`${URL_OF_DEMO}/settings/security`);
  const rows = page.getByTestId('sessions').locator('li');
  await rows.nth(1).waitFor();
  await rows.nth(0).filter({ hasText: 'this one' }).waitFor();
  await rows.nth(1).filter({ hasText: 'Safari, iPhone' }).waitFor();
  await page.getByRole('button', { name: 'End the login of Safari, iPhone' }).click();
  await said(page, 'The login has ended');
  await phone.getByRole('heading', { name: 'Log in' }).waitFor();
  await until(async () => (await rows.count()) === 1, 'the row is gone');
});

test('a passkey is added, logs in without the password, and is refused once it is removed', async () => {
  // Browsers have no passkeys for IP addresses; the demo's own address stands for localhost.
  const there = URL_OF_DEMO.replace('127.0.0.1', 'localhost');
  const page = await newPage();
  const authenticator = await page.context().newCDPSession(page);
  await authenticator.send('WebAuthn.enable');
  await authenticator.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const list = page.getByTestId('passkeys');
  const name = `Laptop ${Date.now().toString(36)}`;

  await logIn(page, RAVI);
  await page.goto(`${URL_OF_DEMO}/settings/security`);
  await list.getByText(`They work on ${there} only`).waitFor();
  assert.equal(await page.getByTestId('passkey-add').count(), 0);

  await logIn(page, RAVI, there);
  await page.goto(`${there}/settings/security`);
  await page.getByTestId('passkey-add').click();
  await list.getByLabel('Name of the passkey').and(page.locator(':focus')).fill(name);
  const password = list.getByLabel('Current password');
  await enter(password, () => 'not it');
  await list.getByText('This is not your password.').waitFor();
  await enter(password, () => PASSWORD);
  await list.getByText(name).waitFor();
  await list.getByText('never used').waitFor();
  assert.deepEqual(await violations(page), []);

  await forget(page);
  await page.goto(`${there}/login`);
  await page.getByTestId('passkey-login').click();
  await page.locator('[data-pane=list]').waitFor();

  await page.goto(`${there}/settings/security`);
  await list.getByText(/last used/).waitFor();
  await list.getByRole('button', { name: `Rename ${name}` }).click();
  await list.getByLabel('Name of the passkey').fill(`${name} 2`);
  await enter(password, () => PASSWORD);
  await focused(page, `Rename ${name} 2`);
  await list.getByRole('button', { name: `Remove ${name} 2` }).click();
  await enter(password, () => PASSWORD);
  await said(page, 'The passkey is removed');

  await forget(page);
  await page.goto(`${there}/login`);
  await page.getByTestId('passkey-login').click();
  await page.getByText('This passkey does not log in here.').waitFor();
});
