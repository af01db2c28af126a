// Who a message goes to: an answer to everybody of a mail, and what is said when nobody is named.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import {
  agent,
  composer,
  newConversation,
  newPage,
  openConversation,
  RAVI,
  until,
  URL_OF_DEMO,
} from './browser.mjs';
import { conversationAbout, sendMail, sentTo, SUPPORT } from './mail.mjs';

/** Waits until just these stand in a field. */
function chips(page, field, ...names) {
  const all = page.getByTestId(field).locator('.chip');
  const shown = async () => (await all.allTextContents()).map((one) => one.trim());
  return until(async () => isDeepStrictEqual(await shown(), names), `${field} holds ${names}`);
}

/** Waits until a field is said to be wrong, and has the focus. */
function isWrong(field) {
  const wrong = (one) => one.ariaInvalid === 'true' && one === document.activeElement;
  return until(() => field.evaluate(wrong), 'what is wrong has the focus');
}

for (const way of ['key', 'button']) {
  test(`an answer to all names everybody whom the customer copied: by ${way}`, async () => {
    const page = await agent(RAVI);
    const run = crypto.randomUUID().slice(0, 8);
    const [ada, ben, cyd] = ['ada', 'ben', 'cyd'].map((name) => `${name}-${run}@example.net`);
    const subject = `Tents for all ${run}`;
    await sendMail({
      from: `Ada <${ada}>`,
      subject,
      text: 'Ben and Cyd will want to know too.',
      headers: { To: `${SUPPORT}, Ben <${ben}>`, Cc: cyd },
    });
    const row = await conversationAbout(page, subject);
    await openConversation(page, row.number);
    await page.getByTestId('new-participants').getByText('2 people').waitFor();
    await page.getByTestId('show-participants').click();
    await until(async () => (await page.getByTestId('new-participant').count()) === 2, 'both are named');
    await chips(page, 'to', 'Ada');
    assert.equal(await page.getByTestId('cc').count(), 0);

    if (way === 'key') await page.keyboard.press('Shift+R');
    else await page.getByTestId('composer').getByRole('button', { name: 'Reply all' }).click();
    await page.getByTestId('cc').waitFor();
    await chips(page, 'to', 'Ada');
    await chips(page, 'cc', 'Ben', cyd);
    await page.getByTestId('named').getByText('Ben').waitFor();
    await page.locator('[data-testid=composer-text]:focus').waitFor();
    await page.keyboard.type('To all of you: it comes on Friday.');
    await page.keyboard.press('Control+Enter');
    const mail = await sentTo(ada, ({ text }) => text.includes('it comes on Friday'));
    assert.match(mail.headers.to, new RegExp(ada));
    assert.match(mail.headers.cc, new RegExp(`${ben}.*${cyd}`));
    assert.doesNotMatch(`${mail.headers.to}${mail.headers.cc}`, /support@/);
    await page.getByTestId('new-participants').waitFor({ state: 'detached' });
    await page.getByTestId('new-participant').first().waitFor({ state: 'detached' });
  });
}

test('a forward begins with whom it goes to, and says so when nobody is named', async () => {
  const page = await agent(RAVI);
  const row = await newConversation(page);
  await openConversation(page, row.number);
  await page.keyboard.press('f');
  const to = page.getByTestId('to').getByRole('textbox');
  await page.waitForFunction(() => document.activeElement?.closest('[data-testid=to]'));
  await composer(page).focus();
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('to').getByRole('alert').getByText('enter who gets it').waitFor();
  await isWrong(to);
  const told = `forward-${crypto.randomUUID().slice(0, 8)}@example.net`;
  await page.keyboard.type(`${told},`);
  await page.getByTestId('outside').getByText(`${told} is new to this conversation`).waitFor();
  await page.keyboard.press('Control+Enter');
  await sentTo(told);
});

test('a new conversation says what is missing', async () => {
  const page = await agent(RAVI);
  await page.getByTestId('compose').click();
  await page.getByTestId('new-text').fill('Hello');
  await page.keyboard.press('Control+Enter');
  const to = page.getByTestId('new-to').getByRole('textbox');
  await page.getByTestId('new-to').getByRole('alert').waitFor();
  await isWrong(to);
  await page.getByTestId('new-text').fill('');
  await to.fill('somebody@example.net');
  await page.getByTestId('new-send').click();
  await page.getByTestId('new-conversation').getByText('write a message').waitFor();
  await page.locator('[data-testid=new-text][aria-invalid=true]').waitFor();
  await page.keyboard.press('Escape');
});

test('nobody logged in is no error in the log of the browser', async () => {
  const page = await newPage();
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(`${URL_OF_DEMO}/inbox/mine`);
  await page.getByLabel('Email').waitFor();
  assert.match(page.url(), /\/login$/);
  assert.deepEqual(errors, []);
});
