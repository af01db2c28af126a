// Saved replies: made on their page, found by a slash, filled in, and told where something is missing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  AMINA,
  call,
  composer,
  focused,
  newConversation,
  openConversation,
  until,
  URL_OF_DEMO,
  violations,
} from './browser.mjs';

/** Waits until what is written looks so. */
const reads = (page, words) =>
  until(async () => words.test(await composer(page).inputValue()), `it is written ${words}`);

const fresh = (word) => `${word}${Date.now().toString(36)}`;

test('a reply is made on the page, inserted by slash, arrows and Enter, and what is missing is told', async () => {
  const page = await agent(AMINA);
  const name = fresh('Greeting');
  await page.goto(`${URL_OF_DEMO}/settings/replies`);
  await page.getByTestId('reply-new').click();
  await page.getByLabel('Name').fill(name);
  await page
    .getByLabel('Text')
    .fill('Dear {{customer.name}}, this is {{agent.first_name}} about {{conversation.number}} {{order.id}}.');
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('reply-save').click();
  await page.getByTestId('saved-reply').filter({ hasText: name }).waitFor();
  assert.deepEqual(await violations(page), []);

  const row = await newConversation(page, 'Saved replies');
  await openConversation(page, row.number);
  await page.keyboard.press('r');
  await focused(composer(page));
  await composer(page).pressSequentially(`Hi /${name.toLowerCase()}`);
  await page.getByTestId('reply-option').first().waitFor();
  await page.getByTestId('reply-preview').getByText('{{order.id}}').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.getByTestId('unfilled').getByText('{{order.id}} is not filled in').waitFor();
  await reads(page, /^Hi Dear Flow \S+, this is \S+ about #\d+ \{\{order\.id\}\}\.$/);
  const chosen = (field) => field.value.slice(field.selectionStart, field.selectionEnd);
  await until(async () => (await composer(page).evaluate(chosen)) === '{{order.id}}', 'the gap is selected');
  await focused(composer(page));
  await page.keyboard.type('4711');
  await reads(page, /4711\.$/);
  await page.getByTestId('unfilled').waitFor({ state: 'detached' });

  const saved = (await call(page, 'GET', '/saved-replies')).body.find((one) => one.name === name);
  await call(page, 'DELETE', `/saved-replies/${saved.id}`);
});

test('the button opens the same list, Escape closes it, and a slash in a word is only a slash', async () => {
  const page = await agent(AMINA);
  const name = fresh('Own');
  const made = await call(page, 'POST', '/saved-replies', { name, text: 'Own words', personal: true });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const row = await newConversation(page, 'Saved replies');
  await openConversation(page, row.number);
  await page.getByTestId('insert-reply').click();
  await page.getByTestId('reply-option').filter({ hasText: name }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('reply-menu').waitFor({ state: 'detached' });
  await composer(page).fill('');
  await composer(page).pressSequentially('and/or');
  await reads(page, /^and\/or$/);
  assert.equal(await page.getByTestId('reply-menu').count(), 0);
  await composer(page).fill('');
  await composer(page).pressSequentially(`/${name}`);
  await page.getByTestId('reply-option').filter({ hasText: name }).click();
  await reads(page, /^Own words$/);
  await call(page, 'DELETE', `/saved-replies/${made.body.id}`);
});

test('a reply brings its files, sends them, and what is used most stands first', async () => {
  const page = await agent(AMINA);
  const name = fresh('Terms');
  const [plain, used] = [`A ${name}`, `B ${name}`];
  const other = (await call(page, 'POST', '/saved-replies', { name: plain, text: 'Words', personal: true }))
    .body;
  await page.goto(`${URL_OF_DEMO}/settings/replies`);
  await page.getByTestId('reply-new').click();
  await page.getByLabel('Name').fill(used);
  await page.getByLabel('Text').fill('Here are our terms.');
  const file = { name: 'terms.txt', mimeType: 'text/plain', buffer: Buffer.from('no returns') };
  await page.getByTestId('reply-attach').setInputFiles(file);
  await page.getByTestId('draft-file').filter({ hasText: 'terms.txt' }).waitFor();
  await page.getByTestId('reply-save').click();
  const kept = page.getByTestId('saved-reply').filter({ hasText: used });
  await kept.getByText('1 file · Not used yet').waitFor();

  const row = await newConversation(page, 'Saved replies');
  await openConversation(page, row.number);
  await page.keyboard.press('r');
  await focused(composer(page));
  await composer(page).pressSequentially(`/${name}`);
  await page.getByTestId('reply-option').filter({ hasText: used }).click();
  await page.getByTestId('draft-file').filter({ hasText: 'terms.txt' }).waitFor();
  await page.getByTestId('send').click();
  const sent = page.getByTestId('message').filter({ hasText: 'Here are our terms.' });
  await sent.getByText('terms.txt').waitFor();

  await composer(page).pressSequentially(`/${name}`);
  await page.getByTestId('reply-option').first().getByText(used).waitFor();
  await page.getByTestId('reply-preview').getByText('terms.txt').waitFor();
  if (process.env.INBOX_SHOTS)
    await page.screenshot({ path: `${process.env.INBOX_SHOTS}/replies-files.png` });
  assert.deepEqual(await violations(page), []);
  await page.goto(`${URL_OF_DEMO}/settings/replies`);
  await kept.getByText('Used once').waitFor();
  await kept.getByRole('button', { name: 'Edit' }).click();
  await page.getByTestId('draft-file').filter({ hasText: 'terms.txt' }).waitFor();
  if (process.env.INBOX_SHOTS) await page.screenshot({ path: `${process.env.INBOX_SHOTS}/replies-edit.png` });
  assert.deepEqual(await violations(page), []);
  const mine = (await call(page, 'GET', '/saved-replies')).body.find((one) => one.name === used);
  for (const { id } of [mine, other]) await call(page, 'DELETE', `/saved-replies/${id}`);
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing with the list open on a phone, ${colorScheme}`, async () => {
    const page = await agent(AMINA, { colorScheme, viewport: { width: 390, height: 844 } });
    const name = fresh('Phone');
    const made = await call(page, 'POST', '/saved-replies', {
      name,
      text: 'Words for {{conversation.subject}} and {{order.id}}',
      personal: true,
    });
    const row = await newConversation(page, 'Saved replies');
    await openConversation(page, row.number);
    await page.getByTestId('insert-reply').click();
    await page.getByTestId('reply-option').first().waitFor();
    assert.deepEqual(await violations(page), []);
    if (process.env.INBOX_SHOTS)
      await page.screenshot({ path: `${process.env.INBOX_SHOTS}/replies-${colorScheme}.png` });
    await call(page, 'DELETE', `/saved-replies/${made.body.id}`);
  });
}
