// Two conversations become one and two again, after new messages; messages move; light, dark and narrow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, call, MIRA, openConversation, until, violations } from './browser.mjs';
import { sendMail } from './mail.mjs';

const fresh = (word) => `${word}-${Date.now().toString(36)}`;

async function written(page, name, subject) {
  await sendMail({ from: `${name}@${name}.example`, subject, text: `Hello from ${name}` });
  return until(async () => {
    const answer = await call(page, 'GET', `/search?q=${encodeURIComponent(subject)}`);
    return answer.body.hits?.find((hit) => hit.row.subject === subject)?.row;
  }, `a conversation about ${subject}`);
}

for (const [name, options] of [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['narrow', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
]) {
  test(`merged by key, led by the old number, undone by its line, ${name}`, async () => {
    const page = await agent(MIRA, options);
    const [one, two] = [fresh('one'), fresh('two')];
    const first = await written(page, one, `First ${one}`);
    const second = await written(page, two, `Second ${two}`);
    await openConversation(page, second.number);
    await page.keyboard.press('Shift+M');
    const dialog = page.getByTestId('merge-dialog');
    await dialog.getByTestId('merge-find').fill(String(first.number));
    await page.keyboard.press('Enter');
    await dialog.getByText(`#${second.number} goes into #${first.number}`).waitFor();
    assert.deepEqual(await violations(page), []);
    if (process.env.INBOX_SHOTS)
      await page.screenshot({ path: `${process.env.INBOX_SHOTS}/merge-${name}.png` });
    await dialog.getByTestId('merge-confirm').click();
    await dialog.waitFor({ state: 'detached' });
    await page.goto(new URL(`/c/${second.number}`, page.url()).href);
    await page.getByTestId('message').filter({ hasText: one }).first().waitFor();
    await page.getByTestId('message').filter({ hasText: two }).first().waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByTestId('repair-undo').first().click();
    await page.getByTestId('repair-dialog').getByText(`goes back to #${second.number}`).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByTestId('repair-confirm').click();
    await until(async () => {
      const row = (await call(page, 'GET', `/conversations/${second.number}`)).body?.row;
      return row?.number === second.number && row.messages === 1;
    }, 'it stands alone again');
  });
}
