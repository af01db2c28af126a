// Channels that cannot be used as usual. Those of the demo all work, so the service's answers are changed on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  composer,
  messageWith,
  MIRA,
  newConversation,
  openConversation,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

const HOUR = 3_600_000;
const TROUBLE = {
  healthy: false,
  since: Date.now() - 2 * HOUR,
  last_ok_at: Date.now() - 3 * HOUR,
  problem: 'The mail server refused our login.',
  remedy: 'Correct smtp.user and smtp.password.',
};

/** A conversation whose channel is `channel`'s, heard from `ago` milliseconds ago; null: never. */
async function thread(channel, ago, options) {
  const page = await agent(MIRA, options);
  const row = await newConversation(page);
  // What the service tells of the row later on would undo what is changed here.
  await until(async () => {
    const { items } = (await call(page, 'GET', `/conversations/${row.id}`)).body.timeline;
    return items.some((item) => item.state === 'sent' || item.state === 'delivered');
  }, 'the first message is on its way');
  await page.route('**/api/v1/bootstrap', async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    Object.assign(
      body.channels.find((one) => one.id === row.channel),
      channel,
    );
    return route.fulfill({ response: answer, json: body });
  });
  await page.route(/\/api\/v1\/conversations\/[^/?]+$/, async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    const answer = await route.fetch();
    const body = await answer.json();
    body.row.heard_at = ago === null ? null : Date.now() - ago;
    return route.fulfill({ response: answer, json: body });
  });
  await openConversation(page, row.number);
  return page;
}

const bar = (page) => page.getByTestId('answering');

async function noReply(page) {
  await composer(page).fill('Too late?');
  await page.getByTestId('send').and(page.locator(':disabled')).waitFor();
  await composer(page).press('Control+Enter');
  assert.equal(await composer(page).inputValue(), 'Too late?', 'what was typed stays');
  await bar(page).getByRole('button', { name: 'Write a note' }).click();
  await composer(page).fill('He has to write first.');
  await bar(page).waitFor({ state: 'detached' });
  await page.getByTestId('send').click();
  await messageWith(page, 'He has to write first.').waitFor();
  assert.equal(await messageWith(page, 'Too late?').count(), 0, 'nothing else was sent');
}

test('until when one may answer is said, and the answer can be sent', async () => {
  const page = await thread({ window: 24 * HOUR }, 2 * HOUR);
  await bar(page)
    .filter({ hasText: /You can answer until (\d|tomorrow)/ })
    .waitFor();
  await composer(page).fill('In time.');
  await page.getByTestId('send').and(page.locator(':enabled')).waitFor();
  assert.deepEqual(page.complaints, []);
});

test('after that only notes can be written, and it is said why', async () => {
  const page = await thread({ window: 24 * HOUR }, 30 * HOUR);
  await bar(page).filter({ hasText: 'you may answer within 24 hours' }).waitFor();
  await noReply(page);
});

test('a channel that was removed is said to be so before anything is sent', async () => {
  const page = await thread({ removed: true, healthy: false }, HOUR);
  await bar(page).filter({ hasText: 'Support mail was removed' }).waitFor();
  await noReply(page);
});

for (const colorScheme of ['light', 'dark']) {
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ]) {
    test(`a channel in trouble says what to do, ${colorScheme}, ${width} wide`, async () => {
      const options = { colorScheme, viewport: { width, height } };
      const page = await thread({ ...TROUBLE, window: 24 * HOUR }, 23.5 * HOUR, options);
      await page.getByTestId('channel-trouble').filter({ hasText: TROUBLE.remedy }).waitFor();
      assert.deepEqual(await violations(page), []);
      if (width < 760) {
        await page.goto(`${URL_OF_DEMO}/inbox/all`);
        await page.getByRole('button', { name: 'Open navigation' }).click();
      }
      await page.getByTestId('trouble').click();
      const line = page.getByTestId('channel').first();
      await line.filter({ hasText: TROUBLE.problem }).filter({ hasText: TROUBLE.remedy }).waitFor();
      assert.equal(await line.getAttribute('data-state'), 'trouble');
      await line.filter({ hasText: /Since [\s\S]*Last known to work/ }).waitFor();
      assert.deepEqual(await violations(page), []);
      await page.keyboard.press('Escape');
      await page.getByTestId('channels').waitFor({ state: 'detached' });
    });
  }
}
