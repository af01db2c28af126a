// Phone calls: into a conversation by keyboard, from the customer's side, and as the beginning of one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agent,
  call,
  focused,
  messageWith,
  MIRA,
  newConversation,
  openConversation,
  until,
  violations,
} from './browser.mjs';

test('a call is logged into the open conversation by keyboard alone', async () => {
  const page = await agent(MIRA);
  const row = await newConversation(page, 'A call');
  await openConversation(page, row.number);
  await page.keyboard.press('Shift+C');
  const dialog = page.getByTestId('call-dialog');
  const note = `papers${row.number}`; // of this flow alone: a page of hits has an end
  await dialog.waitFor();
  assert.deepEqual(await violations(page), []);
  await focused(page.getByTestId('call-number'));
  await page.keyboard.type('030 1234');
  await page.keyboard.press('Enter');
  await dialog.getByText('is not a phone number with its country').waitFor();
  await page.getByTestId('call-number').fill('+49 30 7654321');
  await dialog.getByLabel('We called').check();
  await dialog.getByLabel('Length').fill('4:30');
  await dialog.getByLabel('Notes').fill(`Will send the ${note} again`);
  await dialog.getByLabel('Recording').fill('https://calls.example/rec/7');
  await dialog.getByLabel('Recording').press('Enter');
  const logged = messageWith(page, `Will send the ${note} again`);
  await logged.getByText('Outgoing call').waitFor();
  await logged.getByText('4:30').waitFor();
  const link = logged.getByRole('link', { name: 'Recording on calls.example' });
  assert.equal(await link.getAttribute('href'), 'https://calls.example/rec/7');
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('identity').filter({ hasText: '+49307654321' }).waitFor();
  const found = await until(async () => {
    const hits = (await call(page, 'GET', `/search?q=${note}`)).body.hits;
    return hits?.find((hit) => hit.row.number === row.number);
  }, 'its notes are found');
  assert.equal(found.row.category, 'waiting');
});

test('a call begins a conversation from the dialog of a new one', async () => {
  const page = await agent(MIRA);
  await page.getByTestId('compose').click();
  await page.getByTestId('new-call').click();
  const digits = String(Date.now()).slice(-7);
  await page.getByTestId('call-number').fill(`+49 40 ${digits}`);
  await page.getByTestId('call-dialog').getByLabel('Notes').fill(`Asked about opening hours ${digits}`);
  await page.getByTestId('call-resolved').click();
  await page.getByTestId('call-save').click();
  await messageWith(page, `Asked about opening hours ${digits}`).getByText('Incoming call').waitFor();
  await page.getByText('only keeps calls').waitFor();
  await page.getByTestId('reopen').waitFor();
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing in the dialog on a phone, ${colorScheme}`, async () => {
    const page = await agent(MIRA, { colorScheme, viewport: { width: 390, height: 844 } });
    const row = await newConversation(page, 'A call');
    await openConversation(page, row.number);
    await page.getByTestId('more').click();
    await page.getByTestId('more-call').click();
    await page.getByTestId('call-dialog').waitFor();
    assert.deepEqual(await violations(page), []);
    if (process.env.INBOX_SHOTS)
      await page.screenshot({ path: `${process.env.INBOX_SHOTS}/call-${colorScheme}.png` });
  });
}
