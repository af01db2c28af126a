// Answers to choose from: an agent offers them, the visitor of the demo's shop taps one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, composer, messageWith, MIRA, openConversation, violations } from './browser.mjs';
import { conversationOf, stored, unique, visitor, write } from './visitors.mjs';

test('a visitor taps one of the answers that an agent offered', async () => {
  const page = await agent(MIRA);
  const shop = await visitor();
  const line = unique('My tent is torn');
  await write(shop, line);
  const row = await conversationOf(page, line);
  await openConversation(page, row.number);
  const question = unique('What would you like?');
  await composer(page).fill(question);
  await page.getByTestId('offer-choices').click();
  for (const choice of ['A refund', 'A new tent']) {
    await page.keyboard.type(choice);
    await page.keyboard.press('Enter');
  }
  await page.keyboard.type('A refund');
  await page.keyboard.press('Enter');
  await page.locator('[data-testid=choice-new][aria-invalid=true]').waitFor(); // each only once
  await page.getByTestId('choice-new').fill('Something else');
  assert.deepEqual(await violations(page), []);
  await page.getByTestId('send').click();
  const offered = messageWith(page, question).getByTestId('offered');
  await offered.waitFor();
  assert.deepEqual(await offered.locator('li').allInnerTexts(), ['A refund', 'A new tent', 'Something else']);
  await page.getByTestId('choices').waitFor({ state: 'detached' }); // the next answer begins without any

  const buttons = shop.chat.locator('.choices button');
  await buttons.nth(2).waitFor();
  await shop.chat.locator('textarea').fill('half a sentence');
  await buttons.nth(1).click();
  await buttons.first().waitFor({ state: 'detached' });
  await stored(shop, 'A new tent');
  assert.equal(await shop.chat.locator('textarea').inputValue(), 'half a sentence');
  await messageWith(page, 'A new tent').last().waitFor();
  await page
    .getByTestId('message')
    .filter({ hasText: /^(?!.*What would).*A new tent/s })
    .last()
    .waitFor();
  await shop.reload();
  await shop.chat.getByText('A new tent').waitFor();
  assert.equal(await buttons.count(), 0, 'nothing is offered once it was answered');
});

test('answers that were offered are drawn for narrow and dark screens', async () => {
  const page = await agent(MIRA, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  const shop = await visitor({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  const line = unique('Which size?');
  await write(shop, line);
  const row = await conversationOf(page, line);
  await openConversation(page, row.number);
  await composer(page).fill('Choose one:');
  await page.getByTestId('offer-choices').click();
  await page.keyboard.type('Twenty letters long!');
  await page.keyboard.press('Enter');
  await page.keyboard.type('L');
  await page.getByTestId('send').click();
  await page.getByTestId('offered').waitFor();
  assert.deepEqual(await violations(page), []);
  await shop.chat.locator('.choices button').nth(1).waitFor();
  assert.deepEqual(await violations(shop), []);
});
