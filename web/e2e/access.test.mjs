// Axe on every page in both themes, and the narrow screen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, newPage, RAVI, URL_OF_DEMO, violations } from './browser.mjs';

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing: ${colorScheme}`, async () => {
    const login = await newPage({ colorScheme, bypassCSP: true });
    await login.goto(`${URL_OF_DEMO}/login`);
    await login.getByLabel('Email').waitFor();
    assert.deepEqual(await violations(login), [], 'login');
    const page = await agent(RAVI, { colorScheme, bypassCSP: true });
    await page.goto(`${URL_OF_DEMO}/inbox/all`);
    await page.getByTestId('row').first().click();
    await page.getByTestId('message').first().waitFor();
    assert.deepEqual(await violations(page), [], 'thread');
    await page.keyboard.press('n');
    assert.deepEqual(await violations(page), [], 'note');
    await page.keyboard.press('Escape');
    await page.keyboard.press('a');
    await page.getByTestId('assignee-input').waitFor();
    assert.deepEqual(await violations(page), [], 'assignee picker');
    await page.keyboard.press('Escape');
    await page.keyboard.press('b');
    assert.deepEqual(await violations(page), [], 'snooze menu');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByTestId('help').waitFor();
    assert.deepEqual(await violations(page), [], 'help');
    await page.keyboard.press('Escape');
    await page.getByTestId('compose').click();
    await page.getByTestId('new-text').waitFor();
    assert.deepEqual(await violations(page), [], 'new conversation');
    await page.keyboard.press('Escape');
    await page.goto(`${URL_OF_DEMO}/search?q=zzzz-nothing`);
    await page.getByText('No results for').waitFor();
    assert.deepEqual(await violations(page), [], 'search');
  });
}

test('on a narrow screen one pane is shown at a time', async () => {
  const page = await agent(RAVI, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await page.goto(`${URL_OF_DEMO}/inbox/all`);
  await page.getByTestId('row').first().click();
  await page.getByTestId('message').first().waitFor();
  assert.equal(await page.getByTestId('row').first().isVisible(), false);
  await page.getByTestId('toggle-customer').click();
  await page.getByTestId('customer-name').waitFor();
  await page.getByRole('button', { name: 'Hide customer' }).click();
  await page.goBack();
  await page.getByTestId('row').first().waitFor({ state: 'visible' });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false);
});
