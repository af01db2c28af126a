// The audit log: what was done is there, found by person and action, and comes along as a table; agents have no such page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AMINA, agent, call, RAVI, until, URL_OF_DEMO, violations } from './browser.mjs';

test('what was done is found by person and action, and taken along', async () => {
  const admin = await agent('ines@northwind.example');
  const made = await call(admin, 'POST', '/teams', { name: `Audit ${Date.now().toString(36)}` });
  assert.equal(made.status, 201);
  for (const colorScheme of ['light', 'dark']) {
    const viewport = colorScheme === 'light' ? { width: 1440, height: 900 } : { width: 390, height: 844 };
    const page = await agent(RAVI, { colorScheme, viewport });
    await page.goto(`${URL_OF_DEMO}/settings/audit`);
    const rows = page.getByTestId('audit').locator('li');
    await rows.filter({ hasText: 'logged in' }).first().waitFor();
    assert.deepEqual(await violations(page), []);
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/audit-${colorScheme}.png` });
    await page.getByLabel('Who', { exact: true }).selectOption({ label: 'Inês Duarte' });
    await page.getByLabel('What', { exact: true }).selectOption('team_created');
    await rows.filter({ hasText: made.body.name }).waitFor();
    await until(
      async () => (await rows.filter({ hasText: 'logged in' }).count()) === 0,
      'other lines are gone',
    );
    const download = page.waitForEvent('download');
    await page.getByTestId('audit-export').click();
    assert.equal((await download).suggestedFilename(), 'audit.csv');
    await page.getByLabel('To', { exact: true }).fill('2001-01-01');
    await page.getByText('Nothing was written down that fits').waitFor();
    assert.deepEqual(await violations(page), []);
  }
  assert.equal((await call(admin, 'DELETE', `/teams/${made.body.id}`)).status, 204);
});

test('agents have no such page', async () => {
  const page = await agent(AMINA);
  await page.goto(`${URL_OF_DEMO}/settings/audit`);
  await page.getByText('There is no such page, or it is not for your role.').waitFor();
  assert.equal(await page.getByTestId('settings-audit').count(), 0);
});
