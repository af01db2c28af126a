// Channels in the settings: an admin connects a system of his own, a delivery to its address appears live, and so on to its removal.
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { agent, call, INES, messageWith, RAVI, until, URL_OF_DEMO } from './browser.mjs';

const SECRET = randomBytes(32);
const WRITTEN = `whsec_${SECRET.toString('base64')}`;
const system = { received: [], status: 200 };
let server, url;

before(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      system.received.push(JSON.parse(body));
      response.writeHead(system.status, { 'Content-Type': 'application/json' }).end('{}');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${server.address().port}/inbox`;
});

after(() => server.close());

/** Delivers as a system does that signs by Standard Webhooks; the status of the answer. */
async function deliver(address, text) {
  const id = `msg_${randomBytes(8).toString('hex')}`;
  const at = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({ type: 'message', id, customer: { id: 'customer-7', name: 'Seven' }, text });
  const signature = createHmac('sha256', SECRET).update(`${id}.${at}.${body}`).digest('base64');
  const headers = {
    'Content-Type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': `v1,${signature}`,
  };
  return (await fetch(address, { method: 'POST', headers, body })).status;
}

const row = (page, id) => page.locator(`[data-testid=channel-row][data-id="${id}"]`);

async function opened(email, options) {
  const page = await agent(email, options);
  await page.goto(`${URL_OF_DEMO}/settings/channels`);
  await page.getByTestId('settings').waitFor();
  return page;
}

/** Writes this in the open conversation and sends it by its keys. */
async function answered(page, words) {
  await page.getByTestId('composer-text').fill(words);
  await page.getByTestId('composer-text').press('Control+Enter');
}

async function fromMenu(page, id, item) {
  await row(page, id).getByTestId('channel-menu').click();
  await page.getByRole('menuitem', { name: item }).click();
}

test('a system of one’s own is connected, used, paused, removed and brought back without a restart', async () => {
  const id = `own-${randomBytes(3).toString('hex')}`;
  const page = await opened(INES);
  await page.getByTestId('channel-add').click();
  await page.getByTestId('connector-api').click();
  await page.getByTestId('channel-name').fill(`Own ${id}`);
  await page.getByRole('textbox', { name: 'Id', exact: true }).fill(id);
  await page.getByTestId('channel-save').click();
  await page.getByText('This must not be empty.').waitFor();

  // What does not work is said before anything is stored, and stored only on demand.
  system.status = 500;
  await page.getByLabel('Secret', { exact: true }).fill(WRITTEN);
  await page.getByLabel('Address of your system').fill(url);
  await page.getByTestId('channel-test').click();
  await page.getByTestId('channel-told').filter({ hasText: 'status 500' }).waitFor();
  await page.getByTestId('channel-save').click();
  await page.getByRole('button', { name: 'Save anyway' }).waitFor();
  system.status = 200;
  await page.getByTestId('channel-test').click();
  await page.getByText('It works.', { exact: true }).waitFor();
  await page.getByTestId('channel-save').click();
  const address = await page.getByTestId('webhook').textContent();
  assert.equal(address, `${URL_OF_DEMO}/hooks/api/${id}`);
  assert.equal(await page.getByLabel('Secret', { exact: true }).inputValue(), '');

  // A delivery to it appears live on another agent's screen, and his answer goes out.
  const other = await agent(RAVI);
  await other.goto(`${URL_OF_DEMO}/inbox/all`);
  await until(async () => (await deliver(address, `Hello from ${id}`)) === 200, 'taken');
  const arrived = other.getByTestId('row').filter({ hasText: `Hello from ${id}` });
  await arrived.waitFor();
  await arrived.click();
  await messageWith(other, `Hello from ${id}`).waitFor();
  await answered(other, 'Welcome here.');
  await until(
    () => system.received.some((one) => JSON.stringify(one).includes('Welcome here.')),
    'the answer',
  );

  // Send me a test: a real message, whose state is shown.
  await page.getByRole('main').getByRole('button', { name: 'Channels' }).click();
  await row(page, id).and(page.locator('[data-state=works]')).waitFor();
  await fromMenu(page, id, 'Send me a test');
  await page.getByTestId('test-to').fill('me-myself');
  await page.getByTestId('test-send').click();
  await page.locator('[data-testid=test-state][data-state=sent]').waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('test-state').waitFor({ state: 'detached' });

  // Paused: a delivery is to come again, and nothing is lost.
  await fromMenu(page, id, 'Pause');
  await row(page, id).and(page.locator('[data-state=paused]')).waitFor();
  await until(async () => (await deliver(address, 'Too early')) === 503, 'put off');
  await other.getByTestId('channel-paused').waitFor();
  await answered(other, 'This one waits.');
  await messageWith(other, 'This one waits.').locator('[data-testid=delivery][data-state=pending]').waitFor();
  await other.getByText('the channel is paused').waitFor();
  await fromMenu(page, id, 'Resume');
  await until(
    () => system.received.some((one) => JSON.stringify(one).includes('This one waits.')),
    'the waiting answer',
  );
  await until(async () => (await deliver(address, 'In time')) === 200, 'taken again');

  await fromMenu(page, id, 'Remove');
  await page.getByTestId('confirmed').click();
  await row(page, id).and(page.locator('[data-state=removed]')).waitFor();
  await until(async () => (await deliver(address, 'Nobody there')) === 404, 'gone');
  await page.getByRole('button', { name: `Bring back Own ${id}` }).click();
  await row(page, id).and(page.locator('[data-state=works]')).waitFor();
  await until(async () => (await deliver(address, 'Back again')) === 200, 'back');
  await call(page, 'DELETE', `/channels/${id}`);
});

test('a mistake is shown at its field, and another admin’s change is not overwritten', async () => {
  const page = await opened(INES);
  const id = `form-${randomBytes(3).toString('hex')}`;
  const made = await call(page, 'POST', '/channels', {
    id,
    connector: 'form',
    name: `Form ${id}`,
    settings: { site_key: 'a-key-for-this-site', reply_by: 'support' },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await page.getByRole('button', { name: `Edit Form ${id}` }).click();
  await page.getByPlaceholder('Set. Leave it empty to keep it.').waitFor();
  await page.getByLabel('Sites (optional)').fill('not an origin');
  await page.getByTestId('channel-save').click();
  await page.locator('[aria-invalid=true]').waitFor();
  await page.getByLabel('Sites (optional)').fill('https://www.example.com');
  await call(page, 'PATCH', `/channels/${id}`, { version: 1, name: 'By somebody else' });
  await page.getByTestId('channel-save').click();
  await page.getByText('Somebody else changed this channel').waitFor();
  await call(page, 'DELETE', `/channels/${id}`);
});

test('a stored secret that is not needed any more is forgotten when it is saved so', async () => {
  const page = await opened(INES);
  const id = `forget-${randomBytes(3).toString('hex')}`;
  const settings = { secret: WRITTEN, old_secret: WRITTEN, url };
  const made = await call(page, 'POST', '/channels', {
    id,
    connector: 'api',
    name: `Forget ${id}`,
    settings,
  });
  assert.deepEqual(made.body.secrets, ['old_secret', 'secret']);
  await page.getByRole('button', { name: `Edit Forget ${id}` }).click();
  await page.locator('summary').click();
  await page.getByTestId('forget-old_secret').waitFor();
  assert.equal(await page.getByTestId('forget-secret').count(), 0, 'it is needed');
  await page.getByTestId('forget-old_secret').click();
  await page.getByText('Forgotten when you save.').waitFor();
  await page.getByTestId('channel-save').click();
  await page.getByTestId('channel-add').waitFor();
  const after = (await call(page, 'GET', '/channels')).body.find((one) => one.id === id);
  assert.deepEqual(after.secrets, ['secret']);
  await call(page, 'DELETE', `/channels/${id}`);
});

test('channels of the settings file are shown and cannot be changed; agents see no such page', async () => {
  const page = await opened(INES);
  await page.getByRole('button', { name: 'Show Support mail' }).click();
  await page.getByRole('note').waitFor();
  assert.equal(await page.getByTestId('channel-save').count(), 0);
  assert.equal(await page.getByTestId('channel-name').isDisabled(), true);
  const other = await opened(RAVI);
  await other.getByText('There is no such page, or it is not for your role.').waitFor();
});
