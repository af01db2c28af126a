// A link to one message: copied from its menu, it leads there, however far back in the thread that is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  messageWith,
  MIRA,
  newConversation,
  openConversation,
  until,
  URL_OF_DEMO,
} from './browser.mjs';

const NOTES = 90;

/** A conversation of this flow with many notes, and the ids of those. */
async function longThread(page) {
  const row = await newConversation(page, 'Long');
  const ids = await page.evaluate(
    async ([id, notes]) => {
      const { csrf } = await (await fetch('/api/v1/session')).json();
      const made = [];
      for (let n = 0; n < notes; n++) {
        const headers = {
          'Content-Type': 'application/json',
          'X-CSRF-Token': csrf,
          'Idempotency-Key': `${id}-${n}`,
        };
        const body = JSON.stringify({ kind: 'note', text: `Note number ${n}.`, client_id: `${id}-${n}` });
        const answer = await fetch(`/api/v1/conversations/${id}/messages`, { method: 'POST', headers, body });
        made.push((await answer.json()).message.id);
      }
      return made;
    },
    [row.id, NOTES],
  );
  return { row, ids };
}

const inView = (page, text) =>
  messageWith(page, text).evaluate((message) => {
    if (!message.isConnected) return false; // drawn anew meanwhile
    const { top, bottom } = message.getBoundingClientRect();
    const log = message.closest('[role=log]').getBoundingClientRect();
    return top >= log.top && bottom <= log.bottom;
  });

test('a link leads to an old message, from there on to the newest, and a message arrived meanwhile is counted', async () => {
  const page = await agent(MIRA);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const { row, ids } = await longThread(page);
  await openConversation(page, row.number);
  const newest = messageWith(page, `Note number ${NOTES - 1}.`);
  await newest.hover();
  await newest.getByTestId('message-menu').click();
  await page.getByRole('menuitem', { name: 'Copy link to this message' }).click();
  const link = `${URL_OF_DEMO}/c/${row.number}#${ids.at(-1)}`;
  await until(
    async () => (await page.evaluate(() => navigator.clipboard.readText())) === link,
    'the link is in the clipboard',
  );

  await page.goto('about:blank');
  await page.goto(`${URL_OF_DEMO}/c/${row.number}#${ids[10]}`);
  await messageWith(page, 'Note number 10.').waitFor();
  await until(() => inView(page, 'Note number 10.'), 'the message is in the window');
  assert.equal(await messageWith(page, `Note number ${NOTES - 1}.`).count(), 0, 'not all is loaded for that');

  const latest = page.getByTestId('latest');
  await page.evaluate(async (id) => {
    const { csrf } = await (await fetch('/api/v1/session')).json();
    await fetch(`/api/v1/conversations/${id}/messages`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf, 'Idempotency-Key': `${id}-late` },
      body: JSON.stringify({ kind: 'note', text: 'Came meanwhile.', client_id: `${id}-late` }),
    });
  }, row.id);
  await latest.filter({ hasText: '1 new message' }).waitFor();
  await until(() => inView(page, 'Note number 10.').catch(() => false), 'nothing moved');

  // Scrolled on, the thread grows together with its end; every note is there once on the way.
  const log = page.locator('[role=log]');
  const seen = new Set();
  const end = Date.now() + 60_000;
  for (;;) {
    const shown = await log.evaluate(async (element) => {
      element.scrollTop += 700;
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      return [...element.querySelectorAll('[data-message]')].map((one) => one.innerText);
    });
    for (const text of shown) for (const [, n] of text.matchAll(/Note number (\d+)\./g)) seen.add(Number(n));
    if (shown.some((text) => text.includes('Came meanwhile.'))) break; // of the same look: the rest may be drawn with it
    assert.ok(Date.now() < end, `the end was not reached, ${seen.size} seen`);
  }
  for (let n = 10; n < NOTES; n++) assert.ok(seen.has(n), `note ${n} was never drawn`);

  await page.goto(`${URL_OF_DEMO}/c/${row.number}#${ids[3]}`);
  await until(() => inView(page, 'Note number 3.').catch(() => false), 'the second link leads there too');
  await latest.click();
  await until(() => inView(page, 'Came meanwhile.').catch(() => false), 'back at the newest');
  const told = page.getByTestId('toast').filter({ hasText: 'not in this conversation' });
  await Promise.all([told.waitFor(), page.goto(`${URL_OF_DEMO}/c/${row.number}#nowhere`)]);
  assert.deepEqual(page.complaints, []);
});
