// Answers between the decision to send and their leaving: taken back in time, planned for later, called back by the customer.
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
  said,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';
import { conversationOf, unique, visitor, write } from './visitors.mjs';

const held = (page, seconds) =>
  page.addInitScript((hold) => {
    localStorage.setItem('inbox.prefs', JSON.stringify({ hold }));
  }, seconds);

const stateOf = async (page, number, text) => {
  const { body } = await call(page, 'GET', `/conversations/${number}`);
  return body.timeline.items.find((item) => item.t === 'message' && item.text.includes(text))?.state;
};

test('an answer is taken back in time, also after a reload, and its words come back', async () => {
  const page = await agent(MIRA);
  await held(page, '60'); // as long as can be
  const row = await newConversation(page);
  await openConversation(page, row.number);
  const text = unique('Too early');
  await composer(page).fill(text);
  await page.getByTestId('send').click();
  await messageWith(page, text)
    .getByText(/Sends in \d+ s/)
    .waitFor();
  await page.reload();
  await messageWith(page, text).getByTestId('take-back').click();
  await until(async () => (await composer(page).inputValue()) === text, 'the words are back');
  assert.equal(await stateOf(page, row.number, text), 'cancelled');
  await page.getByTestId('taken-back').waitFor();
  const last = async () => (await call(page, 'GET', `/conversations/${row.number}`)).body.row.last;
  await until(async () => !(await last()).preview.includes(text), 'lists know nothing of it');
  await composer(page).fill(`${text}, now right`);
  await page.getByTestId('send').click();
  await page.getByTestId('toast').getByRole('button', { name: 'Undo' }).last().click();
  await until(async () => (await composer(page).inputValue()) === `${text}, now right`, 'by the toast too');
  await page.getByTestId('send').click();
  await messageWith(page, 'now right').getByTestId('send-now').last().click();
  await until(
    async () => (await messageWith(page, 'now right').locator('[data-state=sent]').count()) > 0,
    'it left',
  );
  await composer(page).fill('And one more');
  await page.getByTestId('send').click();
  await messageWith(page, 'And one more')
    .getByText(/Sends in \d+ s/)
    .waitFor();
  assert.deepEqual(await violations(page), []);
});

test('without a hold an answer leaves at once', async () => {
  const page = await agent(MIRA);
  await held(page, '0');
  const row = await newConversation(page);
  await openConversation(page, row.number);
  await composer(page).fill('At once');
  await page.getByTestId('send').click();
  await messageWith(page, 'At once').waitFor();
  assert.equal(await page.getByTestId('take-back').count(), 0, 'nothing waits');
  await messageWith(page, 'At once').locator('[data-state=sent]').waitFor();
});

for (const colorScheme of ['light', 'dark'])
  test(`an answer is planned in words, shown, edited and cancelled (${colorScheme})`, async () => {
    const page = await agent(MIRA, { colorScheme });
    const row = await newConversation(page);
    await openConversation(page, row.number);
    const text = unique('Good morning');
    await composer(page).fill(text);
    await page.getByTestId('send-later').click();
    await page.getByTestId('send-later-tomorrow').waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByTestId('send-later-say').fill('tomorrow 9:30');
    await page.keyboard.press('Enter');
    await messageWith(page, text).getByText('Scheduled for Tomorrow').waitFor();
    await page.locator(`[data-testid=row][data-number="${row.number}"]`).getByTestId('scheduled').waitFor();
    assert.deepEqual(await violations(page), []);
    const detail = await call(page, 'GET', `/conversations/${row.number}`);
    const planned = detail.body.timeline.items.find((item) => item.text === text);
    const at = new Date(planned.scheduled_for);
    assert.deepEqual([at.getHours(), at.getMinutes()], [9, 30]);
    const listed = page.locator(`[data-testid=row][data-number="${row.number}"]`);
    await page.getByTestId('view-scheduled').click();
    await page.waitForURL('**/inbox/scheduled*');
    await listed.click();
    await messageWith(page, text).getByTestId('take-back').click();
    await until(async () => (await composer(page).inputValue()) === text, 'the words are back');
    await listed.waitFor({ state: 'detached' });
    await page.getByTestId('send-later').click();
    await page.getByTestId('send-later-hour').click();
    await messageWith(page, text).getByTestId('cancel-send').click();
    await until(async () => (await page.getByTestId('taken-back').count()) === 2, 'both are lines');
    assert.equal(await composer(page).inputValue(), '');
  });

test('a customer who writes first calls the planned answer back, and its author is told', async () => {
  const mira = await agent(MIRA);
  const shopper = await visitor();
  const question = unique('Is it in stock?');
  await write(shopper, question);
  const row = await conversationOf(mira, question);
  await openConversation(mira, row.number);
  const text = unique('I asked the warehouse');
  await composer(mira).fill(text);
  await mira.getByTestId('send-later').click();
  await mira.getByTestId('send-later-tomorrow').click();
  await messageWith(mira, text)
    .getByText(/Scheduled for/)
    .waitFor();
  await write(shopper, unique('Never mind'));
  await said(mira, `#${row.number} wrote: your scheduled answer was not sent`);
  await messageWith(mira, text).getByText('Not sent: the customer wrote before its time').waitFor();
  assert.equal(await shopper.chat.getByText(text).count(), 0);
  await messageWith(mira, text).getByTestId('take-back').click();
  await until(async () => (await composer(mira).inputValue()) === text, 'ready to be sent after all');
});

test('on a phone an answer is planned and taken back', async () => {
  const page = await agent(MIRA, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const row = await newConversation(page);
  await openConversation(page, row.number);
  await composer(page).fill('From the train');
  await page.getByTestId('send-later').click();
  await until(async () => {
    const box = await page.getByTestId('send-later-tomorrow').boundingBox();
    return box && box.height >= 44 && box.x >= 0 && box.x + box.width <= 390;
  }, 'a thumb finds it within the screen');
  await page.getByTestId('send-later-tomorrow').click();
  await messageWith(page, 'From the train')
    .getByText(/Scheduled for/)
    .waitFor();
  assert.deepEqual(await violations(page), []);
  assert.ok(
    await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    'nothing overflows',
  );
});

test('the first message of a new conversation is held as well, and comes back', async () => {
  const page = await agent(MIRA);
  await held(page, '60');
  await page.reload();
  await page.getByTestId('compose').click();
  const text = unique('To a stranger');
  await page.getByTestId('new-to').getByRole('textbox').fill('stranger@example.net');
  await page.getByTestId('new-subject').fill('Too early');
  await page.getByTestId('new-text').fill(text);
  await page.getByTestId('new-send').click();
  const number = await until(async () => {
    const open = new URL(page.url()).pathname.split('/')[3];
    return open && (await messageWith(page, text).count()) > 0 && open;
  }, 'it is shown');
  await page.getByTestId('toast').getByRole('button', { name: 'Undo' }).last().click();
  await until(async () => (await composer(page).inputValue()) === text, 'the words are back');
  assert.equal(await stateOf(page, number, text), 'cancelled');
});

test('a new conversation takes a saved reply, begins at a time said in words, and can be called back', async () => {
  const page = await agent(MIRA);
  const name = unique('Birthday');
  const made = await call(page, 'POST', '/saved-replies', {
    name,
    personal: true,
    text: 'Dear {{customer.first_name}}, your {{order.id}} is near. {{agent.first_name}}',
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await page.reload();
  await page.getByTestId('compose').click();
  await page.getByTestId('new-to').getByRole('textbox').fill('Zoe Quist <zoe.quist@example.net>');
  await page.getByTestId('new-subject').fill('Soon');
  const words = page.getByTestId('new-text');
  await words.click();
  await page.keyboard.type(`/${name.split(' ').at(-1)}`);
  const dialog = page.getByTestId('new-conversation');
  await dialog.getByTestId('reply-option').filter({ hasText: name }).waitFor();
  await dialog.getByTestId('reply-preview').getByText('Dear Zoe').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Enter');
  await until(
    async () => (await words.inputValue()).startsWith('Dear Zoe, your {{order.id}}'),
    'it is filled in',
  );
  await dialog.getByTestId('unfilled').getByText('{{order.id}} is not filled in').waitFor();
  await page.keyboard.type('birthday');
  await dialog.getByTestId('unfilled').waitFor({ state: 'detached' });
  const text = 'Dear Zoe, your birthday is near. Mira';
  assert.equal(await words.inputValue(), text);
  await dialog.getByTestId('send-later').click();
  await page.getByTestId('send-later-say').fill('tomorrow 9:30');
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await messageWith(page, text).getByText('Scheduled for Tomorrow').waitFor();
  const number = new URL(page.url()).pathname.split('/')[3];
  const planned = (await call(page, 'GET', `/conversations/${number}`)).body.timeline.items.find(
    (item) => item.text === text,
  );
  const at = new Date(planned.scheduled_for);
  assert.deepEqual([at.getHours(), at.getMinutes()], [9, 30]);
  await page.reload();
  await messageWith(page, text).getByTestId('take-back').click();
  await until(async () => (await composer(page).inputValue()) === text, 'the words are back');
  assert.equal(await stateOf(page, number, text), 'cancelled');
});

test('a chat is held back where that was chosen for its kind, and mail leaves at once beside it', async () => {
  const page = await agent(MIRA);
  await page.goto(`${URL_OF_DEMO}/settings/preferences`);
  await page.getByTestId('hold-webchat').selectOption('30');
  await until(async () => {
    const { screen } = (await call(page, 'GET', '/session')).body;
    return screen.holds === '{"webchat":"30"}';
  }, 'kept with the account');
  assert.deepEqual(await violations(page), []);
  try {
    const shopper = await visitor();
    const question = unique('Is it heavy?');
    await write(shopper, question);
    const row = await conversationOf(page, question);
    await openConversation(page, row.number);
    const text = unique('Not at all');
    await composer(page).fill(text);
    await page.getByTestId('send').click();
    await messageWith(page, text).getByTestId('take-back').click();
    await until(async () => (await composer(page).inputValue()) === text, 'the words are back');
    assert.equal(await shopper.chat.getByText(text).count(), 0);
    const mail = await newConversation(page);
    await openConversation(page, mail.number);
    await composer(page).fill('At once');
    const taken = page.waitForResponse(
      (answer) => answer.request().method() === 'POST' && answer.url().endsWith('/messages'),
    );
    await page.getByTestId('send').click();
    const { at, due_at } = (await (await taken).json()).message;
    assert.ok(due_at <= at, `nothing holds it: it came at ${at} and is due at ${due_at}`);
    await messageWith(page, 'At once').locator('[data-state=sent]').waitFor();
  } finally {
    await call(page, 'PATCH', '/me', { screen: {} });
  }
});
