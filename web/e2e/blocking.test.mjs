// Spam: marked, taken back, its sender blocked for good or by mistake; nobody hears of what a blocked sender writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  focused,
  MIRA,
  openConversation,
  seen,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';
import { sendMail } from './mail.mjs';

let made = 0;

/** A mail of a sender of this flow alone; the number of its conversation. */
async function written(page, from, subject) {
  await sendMail({ from, subject, text: 'Hello there' });
  const found = await until(async () => {
    const answer = await call(page, 'GET', `/search?q=${encodeURIComponent(subject)}`);
    return answer.body.hits?.find((hit) => hit.row.subject === subject)?.row;
  }, `a conversation about ${subject}`);
  return found;
}

const fresh = (word) => `${word}-${Date.now().toString(36)}${made++}`;

test('a sender is blocked from the thread, is heard by nobody, and is let in again', async () => {
  const page = await agent(MIRA);
  const name = fresh('pest');
  const from = `${name}@${name}.example`;
  const first = await written(page, from, `Offer ${name}`);
  await openConversation(page, first.number);
  await page.keyboard.press('Shift+B');
  const dialog = page.getByTestId('block-dialog');
  await dialog.getByText(`Only ${from}`).waitFor();
  assert.deepEqual(await violations(page), []);
  await dialog.getByLabel('Reason').fill('Nothing but offers');
  await focused(dialog.getByLabel('Reason'));
  await seen(page.getByText(`${from} is blocked`).first(), () => page.keyboard.press('Enter'));

  await sendMail({ from, subject: `Another offer ${name}`, text: 'Hello again' });
  const row = await until(async () => {
    const found = (await call(page, 'GET', `/conversations/${first.number}`)).body.row;
    return found.messages === 2 && found;
  }, 'the second message is where the first one is');
  assert.deepEqual([row.category, row.queued_at, row.waiting_since], ['spam', null, null]);

  await page.goto(`${URL_OF_DEMO}/settings/blocked`);
  const entry = page.getByTestId('blocked').filter({ hasText: from });
  await entry.getByText('Nothing but offers').waitFor();
  await entry.getByText('1 message kept away').waitFor();
  assert.deepEqual(await violations(page), []);

  await openConversation(page, first.number);
  await seen(page.getByText(`${from} is not blocked any more`).first(), () =>
    page.getByTestId('spam-bar').getByTestId('unblock').click(),
  );
  const third = await written(page, from, `A question ${name}`);
  assert.equal(third.category, 'open');
  assert.notEqual(third.number, first.number);
});

test('undo takes back both the block and the mark', async () => {
  const page = await agent(MIRA);
  const name = fresh('customer');
  const row = await written(page, `${name}@${name}.example`, `Order ${name}`);
  await openConversation(page, row.number);
  await page.getByTestId('more').click();
  await page.getByTestId('more-block').click();
  await page.getByTestId('block-domain').check();
  await seen(page.getByText(`@${name}.example is blocked`).first(), () =>
    page.getByTestId('block-confirm').click(),
  );
  await page.getByTestId('block-dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('z');
  await until(async () => {
    const found = (await call(page, 'GET', `/conversations/${row.number}`)).body.row;
    const list = (await call(page, 'GET', '/blocked-senders')).body.rows;
    return found.category === 'open' && !list.some((one) => one.value === `@${name}.example`);
  }, 'the conversation is open again and nobody is blocked');
});

test('spam and not spam, by key and by the bar', async () => {
  const page = await agent(MIRA);
  const name = fresh('maybe');
  const row = await written(page, `${name}@${name}.example`, `Lottery ${name}`);
  await openConversation(page, row.number);
  await seen(page.getByText(`#${row.number} marked as spam`).first(), () => page.keyboard.press('!'));
  await openConversation(page, row.number);
  await page.getByTestId('spam-bar').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('not-spam').click();
  await page.getByTestId('spam-bar').waitFor({ state: 'detached' });
});

test('an address is blocked by hand on the page, by keyboard; what may not be is told there', async () => {
  const page = await agent(MIRA);
  await page.goto(`${URL_OF_DEMO}/settings/blocked`);
  await page.getByTestId('block-add').focus();
  await page.keyboard.press('Enter');
  await focused(page.getByLabel('Email address, mail domain or phone number'));
  await page.keyboard.type('gmail.com');
  await page.keyboard.press('Enter');
  await page.getByText('very many people write from this domain').waitFor();
  const domain = `${fresh('spam')}.example`;
  await page.getByLabel('Email address, mail domain or phone number').fill(domain);
  await page.keyboard.press('Enter');
  const entry = page.getByTestId('blocked').filter({ hasText: `@${domain}` });
  await entry.getByText('has not written since').waitFor();
  await entry.getByRole('button', { name: `Unblock @${domain}` }).click();
  await entry.waitFor({ state: 'detached' });
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing on the page of blocked senders, narrow, ${colorScheme}`, async () => {
    const page = await agent(MIRA, { colorScheme, viewport: { width: 390, height: 844 } });
    await page.goto(`${URL_OF_DEMO}/settings/blocked`);
    await page.getByTestId('block-add').click();
    await page.getByLabel('Email address, mail domain or phone number').waitFor();
    assert.deepEqual(await violations(page), []);
    if (process.env.INBOX_SHOTS)
      await page.screenshot({ path: `${process.env.INBOX_SHOTS}/blocked-${colorScheme}.png` });
  });
}
