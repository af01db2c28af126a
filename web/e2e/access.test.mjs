// The narrow screen. What axe says of each page and dialog is asked where their pictures are taken.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, newConversation, RAVI, URL_OF_DEMO } from './browser.mjs';

test('on a narrow screen one pane is shown at a time', async () => {
  const page = await agent(RAVI, { viewport: { width: 390, height: 844 }, hasTouch: true });
  const { number } = await newConversation(page, 'On a narrow screen');
  const row = page.locator(`[data-testid=row][data-number="${number}"]`);
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await row.click();
  await page.getByTestId('message').first().waitFor();
  await row.waitFor({ state: 'hidden' });
  await page.getByTestId('toggle-customer').click();
  await page.getByTestId('customer-name').waitFor();
  await page.goBack();
  await page.getByTestId('customer-name').waitFor({ state: 'detached' });
  await page.getByTestId('message').first().waitFor();
  await page.getByTestId('toggle-customer').click();
  await page.getByRole('button', { name: 'Hide customer' }).click();
  await page.waitForFunction(() => !history.state?.over); // its step goes, too
  await page.goBack();
  await row.waitFor({ state: 'visible' });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false);
});
