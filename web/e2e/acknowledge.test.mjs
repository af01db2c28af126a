// An admin lets a chat acknowledge on the channel's page; the visitor and the agents see what is said.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  agent,
  call,
  INES,
  newPage,
  openConversation,
  RAVI,
  said,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';
import { conversationOf, hostPage, opened, unique, write } from './visitors.mjs';

async function form(page, id) {
  await page.goto(`${URL_OF_DEMO}/settings/channels`);
  await page.getByRole('button', { name: `Edit ${id}` }).click();
  return page.getByTestId('acknowledgement');
}

/** A chat of this test alone; its id. */
async function chat(page, t) {
  const id = `ack-${randomBytes(3).toString('hex')}`;
  const settings = { title: 'Northwind', origins: [URL_OF_DEMO], starts_per_ip: 1000 };
  const made = await call(page, 'POST', '/channels', { id, connector: 'webchat', name: id, settings });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  t.after(() => call(page, 'DELETE', `/channels/${id}`));
  return id;
}

test('the chat as it would look leaves the focus to whoever fills in the form beside it', async (t) => {
  const page = await agent(INES);
  const id = await chat(page, t);
  let show;
  const wanted = new Promise((now) => (show = now));
  await page.route('**/widget/preview.html', async (route) => {
    await wanted;
    await route.continue();
  });
  await form(page, id);
  const name = page.getByTestId('channel-name');
  await name.click();
  show();
  const preview = page.frameLocator('[data-testid=chat-preview]');
  await preview.getByRole('textbox').first().waitFor();
  await page.keyboard.press('End');
  await page.keyboard.type(' and more');
  assert.match(await name.inputValue(), / and more$/);
  await preview.getByRole('textbox').first().click();
  await page.keyboard.type('Hello');
  await until(
    async () => (await preview.getByRole('textbox').first().inputValue()) === 'Hello',
    'it can be tried',
  );
});

for (const [theme, options] of [
  ['light', {}],
  ['dark on a telephone', { colorScheme: 'dark', viewport: { width: 390, height: 844 } }],
]) {
  test(`who begins a conversation is told that it has come in (${theme})`, async (t) => {
    const page = await agent(INES, options);
    const id = await chat(page, t);
    const hours = { name: `Hours ${id}`, zone: 'UTC', week: [[], [], [], [], [], [], []] };
    const calendar = await call(page, 'POST', '/calendars', hours);
    assert.equal(calendar.status, 201, JSON.stringify(calendar.body));

    const part = await form(page, id);
    await part.getByTestId('ack-use').click();
    await part.getByLabel('Text', { exact: true }).fill('Thanks {{nobody}}.');
    await page.getByTestId('channel-save').click();
    await page.getByText('{{nobody}} is none of').first().waitFor();
    await part.getByLabel('Text', { exact: true }).fill('Thank you; it is number {{number}}.');
    await part.getByLabel('Opening hours').selectOption({ label: hours.name });
    await part.getByLabel('Text while closed').fill('We are closed; yours is number {{number}}.');
    await part.getByLabel('Hours between two').fill('48');
    assert.deepEqual(await violations(page), []);
    if (process.env.SHOTS)
      await page.screenshot({ path: `${process.env.SHOTS}/ack-form-${theme[0]}.png`, fullPage: true });
    await page.getByTestId('channel-save').click();
    await said(page, `${id} is saved`);
    const again = await form(page, id);
    const between = again.getByLabel('Hours between two');
    await until(async () => (await between.inputValue()) === '48', 'what was saved is there again');

    const address = `${URL_OF_DEMO}/demo/shop/${id}.html`;
    const visitor = await newPage({ reducedMotion: 'reduce', ...options });
    await hostPage(visitor, address, id);
    await opened(visitor);
    const question = unique('Is anybody there?');
    await write(visitor, question);
    const told = visitor.chat.getByText(/We are closed; yours is number/);
    await told.waitFor();
    const ravi = await agent(RAVI, options);
    const row = await conversationOf(ravi, question);
    assert.match(await told.innerText(), new RegExp(`number #?${row.number}\\b`));
    await openConversation(ravi, row.number);
    await ravi
      .locator('[data-pane=thread]')
      .getByText(/We are closed; yours is number/)
      .waitFor();
    if (process.env.SHOTS) {
      await visitor.screenshot({ path: `${process.env.SHOTS}/ack-visitor-${theme[0]}.png` });
      await ravi.screenshot({ path: `${process.env.SHOTS}/ack-agent-${theme[0]}.png` });
    }
  });
}
