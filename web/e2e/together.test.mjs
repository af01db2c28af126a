// Two agents at once, and a network that comes and goes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  composer,
  JONAS,
  messageWith,
  MIRA,
  newConversation,
  openConversation,
  until,
  URL_OF_DEMO,
} from './browser.mjs';
import { conversationAbout, sendMail } from './mail.mjs';

test('a colleague sees who looks, who writes and what was sent, without reload', async () => {
  const mira = await agent(MIRA);
  const jonas = await agent(JONAS);
  const row = await newConversation(mira);
  await openConversation(mira, row.number);
  await openConversation(jonas, row.number);
  await jonas.getByTestId('collision').filter({ hasText: 'Mira' }).waitFor();
  // It is told only while she writes: whoever looks later is too late.
  const told = jonas.getByTestId('collision').filter({ hasText: 'is writing a reply' }).waitFor();
  await composer(mira).pressSequentially('I am on it');
  await told;
  await mira.keyboard.press('Control+Enter');
  await messageWith(jonas, 'I am on it').waitFor();
  assert.deepEqual([...mira.complaints, ...jonas.complaints], []);
});

test('nobody answers over a newer reply without having seen it', async () => {
  const mira = await agent(MIRA);
  const jonas = await agent(JONAS);
  const row = await newConversation(mira);
  await openConversation(mira, row.number);
  await composer(mira).fill('My own answer');
  await mira.network.down({ http: false });
  await openConversation(jonas, row.number);
  await composer(jonas).fill('I was faster');
  await jonas.keyboard.press('Control+Enter');
  await messageWith(jonas, 'I was faster').waitFor();
  await until(async () => (await jonas.getByTestId('outgoing').count()) === 0, 'it is stored');
  await composer(mira).focus();
  await mira.keyboard.press('Control+Enter');
  await mira.getByTestId('guard').filter({ hasText: 'I was faster' }).waitFor();
  await until(async () => (await composer(mira).inputValue()) === 'My own answer', 'her words are back');
  await mira.getByRole('button', { name: 'Send anyway' }).click();
  await messageWith(jonas, 'My own answer').waitFor();

  await composer(mira).fill('Thought over');
  await composer(jonas).fill('Once more');
  await jonas.keyboard.press('Control+Enter');
  await until(async () => (await jonas.getByTestId('outgoing').count()) === 0, 'it is stored, too');
  await composer(mira).press('Control+Enter');
  await mira.getByTestId('guard').filter({ hasText: 'Once more' }).waitFor();
  await mira.getByRole('button', { name: 'Understood' }).click();
  await until(async () => (await composer(mira).inputValue()) === 'Thought over', 'her words are back again');
  await composer(mira).press('Control+Enter');
  await messageWith(jonas, 'Thought over').waitFor();
});

test('a list follows what others do, and holds still under the pointer', async () => {
  const mira = await agent(MIRA);
  const jonas = await agent(JONAS);
  const tag = `top-${Date.now().toString(36)}`;
  /** Nothing else comes to the top of this list. */
  const another = async () => {
    const row = await newConversation(jonas);
    await call(jonas, 'PATCH', `/conversations/${row.id}`, { add_tags: [tag] });
    return row;
  };
  for (let some = 0; some < 3; some++) await another();
  await mira.goto(`${URL_OF_DEMO}/inbox/all?filter=tag:${tag}`);
  await mira.getByTestId('row').nth(2).waitFor();
  await mira.mouse.move(1000, 500);
  const first = await another();
  await until(
    async () => (await mira.getByTestId('row').first().getAttribute('data-number')) === String(first.number),
    'it is on top',
  );
  await mira.getByTestId('row').nth(2).hover();
  const second = await another();
  await mira.getByTestId('news').waitFor();
  assert.equal(await mira.getByTestId('row').first().getAttribute('data-number'), String(first.number));
  await mira.getByTestId('news').click();
  await until(
    async () => (await mira.getByTestId('row').first().getAttribute('data-number')) === String(second.number),
    'it is on top now',
  );
});

test('what is written without a network is sent once when it is back', async () => {
  const mira = await agent(MIRA, { viewport: { width: 390, height: 844 } });
  const row = await newConversation(mira);
  await openConversation(mira, row.number);
  await mira.network.down();
  await composer(mira).fill('Written in a tunnel');
  await mira.keyboard.press('Control+Enter');
  await mira.getByTestId('outgoing').filter({ hasText: 'Waits for the connection' }).waitFor();
  await mira.getByTestId('offline').waitFor();
  await mira.network.up();
  await messageWith(mira, 'Written in a tunnel').waitFor();
  const detail = await call(mira, 'GET', `/conversations/${row.number}`);
  const count = detail.body.timeline.items.filter((item) => item.text === 'Written in a tunnel').length;
  assert.equal(count, 1);
  await mira.getByTestId('offline').waitFor({ state: 'detached' });

  const phone = await agent(MIRA, { viewport: { width: 390, height: 844 } });
  await openConversation(phone, row.number);
  const composing = await composer(phone).boundingBox();
  const bar = await phone.evaluate(async () => {
    dispatchEvent(new Event('offline'));
    await new Promise(requestAnimationFrame);
    return document.querySelector('[data-testid=offline]')?.getBoundingClientRect().toJSON();
  });
  assert.ok(bar.height > 20 && bar.width === 390, 'it is said at once, in the open conversation');
  await phone.getByTestId('offline').waitFor({ state: 'detached' });
  assert.deepEqual(await composer(phone).boundingBox(), composing, 'the connection stands after all');
});

test('what was missed while the connection was away is there afterwards', async () => {
  const mira = await agent(MIRA);
  const jonas = await agent(JONAS);
  const row = await newConversation(mira);
  await openConversation(mira, row.number);
  await mira.network.down();
  await openConversation(jonas, row.number);
  await composer(jonas).fill('While you were away');
  await jonas.keyboard.press('Control+Enter');
  await messageWith(jonas, 'While you were away').waitFor();
  await mira.network.up();
  await messageWith(mira, 'While you were away').waitFor();
});

test('a row shows who looks at its conversation', async () => {
  const mira = await agent(MIRA);
  const jonas = await agent(JONAS);
  const row = await newConversation(mira);
  await mira.goto(`${URL_OF_DEMO}/inbox/all`);
  const mark = mira.locator(`[data-number="${row.number}"]`).getByTestId('viewers');
  await openConversation(jonas, row.number);
  await mark.filter({ hasText: 'Jonas' }).waitFor();
  await jonas.goto(`${URL_OF_DEMO}/inbox/all`);
  await mark.waitFor({ state: 'detached' });
});

test('what is read loses its number, and can be marked unread again', async () => {
  const mira = await agent(MIRA);
  const about = ['One', 'Other'].map((word) => `${word} to be read ${Date.now()}`);
  for (const subject of about) {
    await sendMail({ from: 'Rhea Read <rhea@reading.example>', subject, text: 'Please read this.' });
  }
  const [one, other] = await Promise.all(about.map((subject) => conversationAbout(mira, subject)));
  await openConversation(mira, one.number);
  const badge = mira.locator(`[data-number="${one.number}"]`).getByTestId('unread');
  const read = async () => {
    const { body } = await call(mira, 'GET', `/conversations/${one.number}`);
    return body.read === body.row.inbound;
  };
  await until(read, 'it is read');
  await badge.waitFor({ state: 'detached' });
  await mira.keyboard.press('m');
  await badge.waitFor();
  await mira.locator(`[data-number="${other.number}"]`).click();
  await mira
    .getByTestId('number')
    .filter({ hasText: `#${other.number}` })
    .waitFor();
  await mira.locator(`[data-number="${one.number}"]`).click();
  await badge.waitFor({ state: 'detached' });
});
