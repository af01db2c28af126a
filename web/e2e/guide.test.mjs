// The first steps come back from the menu, tell how they stand, and are not pushed on a workspace that took them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, INES, RAVI, until, violations } from './browser.mjs';

test('an admin gets the first steps back from the menu, and an agent has none', async () => {
  const ines = await agent(INES);
  await until(
    () => ines.evaluate(() => JSON.parse(localStorage.getItem('inbox.prefs') ?? '{}').guide === false),
    'the steps are known, and that all are taken',
  );
  assert.equal(await ines.getByTestId('guide').count(), 0, 'everything is done here');
  await ines.getByTestId('account').click();
  await ines.getByRole('menuitem', { name: 'First steps' }).click();
  const dialog = ines.getByTestId('guide-dialog');
  await dialog.locator('li[data-done=true]').nth(2).waitFor();
  assert.deepEqual(await violations(ines), []);
  await ines.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await ines.getByTestId('guide').count(), 0, 'nor after it was looked at');

  const ravi = await agent(RAVI);
  await ravi.getByTestId('account').click();
  await ravi.getByRole('menuitem', { name: 'Settings' }).waitFor();
  assert.equal(await ravi.getByRole('menuitem', { name: 'First steps' }).count(), 0);
});
