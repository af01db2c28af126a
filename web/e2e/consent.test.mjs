// A mailbox that takes no password: an admin signs in at a login service in another tab, and the channel's page says what came of it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createMailServer } from 'node:net';
import { after, before, test } from 'node:test';
import { agent, call, INES, URL_OF_DEMO, violations } from './browser.mjs';

const login = { forms: [] };
let server, base;

before(async () => {
  server = createServer((request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1');
    if (url.pathname === '/authorize') {
      const back = `${url.searchParams.get('redirect_uri')}?code=c1&state=${url.searchParams.get('state')}`;
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<a href="${back}">Allow</a>`);
      return;
    }
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      login.forms.push(new URLSearchParams(body));
      const tokens = { access_token: 'a1', refresh_token: 'r1', expires_in: 3600 };
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(tokens));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${server.address().port}`;
});

after(() => server.close());

async function mailbox(page, t) {
  const id = `oauth-${randomBytes(3).toString('hex')}`;
  const settings = {
    address: 'help@northwind.example',
    smtp: { host: '127.0.0.1', port: 9, security: 'plain', user: 'help@northwind.example' },
    oauth: {
      client_id: 'the-client',
      client_secret: 'the-secret',
      authorize_url: `${base}/authorize`,
      token_url: `${base}/token`,
      scopes: ['mail'],
      name: 'Example',
    },
  };
  const made = { id, connector: 'email', name: id, settings, anyway: true };
  assert.equal((await call(page, 'POST', '/channels', made)).status, 201);
  t.after(() => call(page, 'DELETE', `/channels/${id}`));
  return id;
}

for (const [theme, options] of [
  ['light', {}],
  ['dark on a telephone', { colorScheme: 'dark', viewport: { width: 390, height: 844 } }],
]) {
  test(`an admin lets a mailbox in and sees that it is (${theme})`, async (t) => {
    const page = await agent(INES, options);
    const id = await mailbox(page, t);
    await page.goto(`${URL_OF_DEMO}/settings/channels`);
    await page
      .locator(`[data-testid="channel-row"][data-id="${id}"]`)
      .getByRole('button', { name: `Edit ${id}` })
      .click();
    const consent = page.getByTestId('consent');
    await consent.getByText('Nobody has signed in at Example yet.').waitFor();
    assert.equal(await consent.getByTestId('webhook').innerText(), `${URL_OF_DEMO}/oauth/return`);
    assert.deepEqual(await violations(page), []);
    if (process.env.SHOTS)
      await page.screenshot({ path: `${process.env.SHOTS}/consent-${theme[0]}.png`, fullPage: true });

    const [tab] = await Promise.all([
      page.waitForEvent('popup'),
      consent.getByRole('link', { name: 'Sign in with Example' }).click(),
    ]);
    await tab.getByRole('link', { name: 'Allow' }).click();
    await tab.getByRole('heading', { name: 'Signed in, but it does not work yet' }).waitFor(); // there is no mail server
    if (process.env.SHOTS) await tab.screenshot({ path: `${process.env.SHOTS}/returned-${theme[0]}.png` });
    assert.equal(login.forms.at(-1).get('code'), 'c1');
    await tab.close();

    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await page.locator('[data-testid=consent][data-state=given]').waitFor();
    await consent.getByText('let this channel in').waitFor();
    await consent.getByRole('link', { name: 'Sign in with Example again' }).waitFor();
    if (process.env.SHOTS)
      await page.screenshot({ path: `${process.env.SHOTS}/given-${theme[0]}.png`, fullPage: true });
  });
}

/** A mail server that lets nobody in by password: as much of SMTP as a login needs. */
async function mailServer() {
  const said = createMailServer((socket) => {
    socket.write('220 mail.example ESMTP\r\n');
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      const line = String(data).toUpperCase();
      if (line.startsWith('EHLO')) socket.write('250-mail.example\r\n250 AUTH XOAUTH2\r\n');
      else if (line.startsWith('AUTH')) socket.write('235 welcome\r\n');
      else if (line.startsWith('QUIT')) socket.end('221 bye\r\n');
      else socket.write('250 fine\r\n');
    });
  });
  await new Promise((resolve) => said.listen(0, '127.0.0.1', resolve));
  return said;
}

/** A mailbox that sends only, at a login service of one's own. */
async function fillIn(page, port) {
  await page.getByLabel('Mail address').fill('help@northwind.example');
  await page.getByTestId('use-smtp').click();
  await page.getByTestId('use-oauth').click();
  await page.getByLabel('Host').fill('127.0.0.1');
  await page.getByLabel('User (optional)').fill('help@northwind.example');
  await page.getByLabel('Encryption').selectOption('plain');
  await page.getByRole('spinbutton', { name: 'Port' }).fill(String(port));
  const login = page.locator('fieldset', { has: page.getByTestId('use-oauth') }).last();
  await login.getByLabel('Client id').fill('the-client');
  await login.getByLabel('Client secret').fill('the-secret');
  await login.getByLabel('Provider').selectOption('custom');
  await login.getByLabel('Authorize url').fill(`${base}/authorize`);
  await login.getByLabel('Token url').fill(`${base}/token`);
  await login.getByLabel('Scopes').fill('mail');
  await login.getByLabel('Name').fill('Example');
}

test('a new mailbox is saved and signed in to in one go', async (t) => {
  const mail = await mailServer();
  const page = await agent(INES);
  const id = `fresh-${randomBytes(3).toString('hex')}`;
  t.after(() => call(page, 'DELETE', `/channels/${id}`));
  try {
    await page.goto(`${URL_OF_DEMO}/settings/channels`);
    await page.getByTestId('channel-add').click();
    await page.getByTestId('connector-email').click();
    await page.getByTestId('channel-name').fill(id);
    await fillIn(page, mail.address().port);
    await page.getByTestId('channel-test').click();
    const told = page.getByTestId('channel-told');
    await told.filter({ hasText: 'Save this channel, then sign in at Example.' }).waitFor();
    assert.ok(!(await told.innerText()).includes('/oauth/start'));
    if (process.env.SHOTS)
      await page.screenshot({ path: `${process.env.SHOTS}/lacks-consent.png`, fullPage: true });
    await page.getByRole('button', { name: 'Save and sign in' }).click();
    await page.getByRole('link', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Example lets this channel in' }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole('link', { name: 'Back to the channels' }).click();
    await page.locator(`[data-testid="channel-row"][data-id="${id}"][data-state=works]`).waitFor();
  } finally {
    mail.close();
  }
});
