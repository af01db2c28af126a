// A channel read by one team: everybody else's open window loses its conversations at once, and gets them back.
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { agent, AMINA, call, INES, until, URL_OF_DEMO, violations } from './browser.mjs';

const SECRET = randomBytes(32);

/** A customer writes by the channel, as its system signs it. */
async function write(id, text) {
  const at = String(Math.floor(Date.now() / 1000));
  const message = `msg_${randomBytes(8).toString('hex')}`;
  const body = JSON.stringify({
    type: 'message',
    id: message,
    customer: { id: message, name: 'Seven' },
    text,
  });
  const signed = createHmac('sha256', SECRET).update(`${message}.${at}.${body}`).digest('base64');
  const headers = {
    'Content-Type': 'application/json',
    'webhook-id': message,
    'webhook-timestamp': at,
    'webhook-signature': `v1,${signed}`,
  };
  return (await fetch(`${URL_OF_DEMO}/hooks/api/${id}`, { method: 'POST', headers, body })).status;
}

test('an admin names who reads a channel; who does not loses it from his open window at once', async () => {
  const name = `Legal ${randomBytes(3).toString('hex')}`;
  const admin = await agent(INES);
  const id = (await call(admin, 'POST', '/teams', { name, slug: '' })).body.id;
  const settings = { secret: `whsec_${SECRET.toString('base64')}`, url: 'http://127.0.0.1:9/' };
  const made = await call(admin, 'POST', '/channels', { id, connector: 'api', name, settings, anyway: true });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  try {
    await until(async () => (await write(id, `About ${name}`)) === 200, 'the channel takes a delivery');
    const mine = async () =>
      (await call(admin, 'GET', `/conversations?view=all&filter=channel:${id}`)).body.rows[0];
    const row = await until(mine, 'its conversation');
    await call(admin, 'PATCH', `/conversations/${row.id}`, { assignee: 'ines' });
    const amina = await agent(AMINA);
    await amina.goto(`${URL_OF_DEMO}/inbox/all/${row.number}`);
    const message = amina.getByTestId('message').filter({ hasText: `About ${name}` });
    const listed = amina.locator(`[data-testid=row][data-number="${row.number}"]`);
    await message.waitFor();
    await listed.waitFor();

    await admin.goto(`${URL_OF_DEMO}/settings/channels`);
    const own = admin.locator(`[data-testid=channel-row][data-id="${id}"]`);
    await own.getByRole('button', { name }).first().click();
    await admin.getByRole('group', { name: 'Who sees its conversations' }).getByLabel(name).check();
    assert.deepEqual(await violations(admin), []);
    await admin.getByTestId('channel-save').click();
    await listed.waitFor({ state: 'detached' });
    await message.waitFor({ state: 'detached' });
    assert.equal((await call(amina, 'GET', `/conversations/${row.id}`)).status, 404);
    const seen = (await call(amina, 'GET', '/bootstrap')).body.channels.find((one) => one.id === id);
    assert.equal(seen.reads, false, 'nor does he begin one there');

    const now = (await call(admin, 'GET', '/channels')).body.find((one) => one.id === id);
    assert.deepEqual(now.readers, [id]);
    await call(admin, 'PATCH', `/channels/${id}`, { version: now.version, readers: [] });
    await listed.waitFor();
    assert.deepEqual(amina.complaints, []);
  } finally {
    await call(admin, 'DELETE', `/channels/${id}`);
    await call(admin, 'DELETE', `/teams/${id}`);
  }
});
