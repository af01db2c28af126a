// Faces: chosen from a file, seen by colleagues and in the chat, taken back, refused in words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, AMINA, call, INES, JONAS, keepToasts, until, URL_OF_DEMO, violations } from './browser.mjs';
import { answer, conversationOf, unique, visitor, write } from './visitors.mjs';

/** A wide picture, red in its middle and blue at its sides, as PNG. */
async function picture(page) {
  const drawn = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 900, height: 300 });
    const context = canvas.getContext('2d');
    context.fillStyle = 'blue';
    context.fillRect(0, 0, 900, 300);
    context.fillStyle = 'red';
    context.fillRect(300, 0, 300, 300);
    return canvas.toDataURL('image/png').split(',')[1];
  });
  return { name: 'me.png', mimeType: 'image/png', buffer: Buffer.from(drawn, 'base64') };
}

/** The picture that is shown: its width, and the colours at its left edge and in its middle. */
const shown = (img) =>
  img.evaluate((found) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 100, height: 100 });
    const context = canvas.getContext('2d');
    context.drawImage(found, 0, 0, 100, 100);
    const red = (x) => context.getImageData(x, 50, 1, 1).data[0] > 200;
    return { width: found.naturalWidth, edge: red(2), middle: red(50) };
  });

async function choose(page) {
  await page.getByTestId('face-file').setInputFiles(await picture(page));
}

test('a face is chosen, seen by a colleague and by a visitor, and taken back', async (t) => {
  const page = await agent(AMINA);
  const me = (await call(page, 'GET', '/session')).body.id;
  t.after(() => call(page, 'DELETE', `/agents/${me}/face`));
  const jonas = await agent(JONAS);
  await page.goto(`${URL_OF_DEMO}/settings/profile`);
  await choose(page);
  const own = page.getByRole('group', { name: 'Picture' }).locator('.avatar img');
  await own.waitFor();
  assert.deepEqual(await shown(own), { width: 192, edge: true, middle: true });
  assert.deepEqual(await violations(page), []);

  const guest = await visitor();
  const question = unique('Who is there?');
  await write(guest, question);
  const row = await conversationOf(page, question);
  await answer(page, row.id, unique('It is me'));
  const face = guest.chat.locator('img.face');
  await until(async () => (await face.count()) && (await shown(face)).width === 192, 'the visitor sees it');

  await call(page, 'PATCH', `/conversations/${row.id}`, { assignee: me });
  await jonas.goto(`${URL_OF_DEMO}/inbox/all/${row.number}`);
  const holder = jonas.locator('header .avatar img').first();
  await until(async () => (await holder.count()) && (await shown(holder)).middle, 'a colleague sees it');

  await keepToasts(page);
  await page.getByRole('button', { name: 'Remove picture' }).click();
  await own.waitFor({ state: 'detached' });
  await holder.waitFor({ state: 'detached' });
  const told = page.getByTestId('toast').filter({ hasText: 'Picture removed.' });
  await told.getByRole('button', { name: 'Undo' }).click();
  await own.waitFor();
});

test('what is no picture is refused in words, and the face stays', async () => {
  const page = await agent(JONAS);
  await page.goto(`${URL_OF_DEMO}/settings/profile`);
  const file = { name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no picture at all') };
  await page.getByTestId('face-file').setInputFiles(file);
  await page.getByRole('alert').filter({ hasText: 'cannot show this file' }).waitFor();
  assert.equal(await page.getByRole('group', { name: 'Picture' }).locator('img').count(), 0);
});

test('an admin gives a colleague a face, and takes it away', async (t) => {
  const page = await agent(INES);
  const agents = (await call(page, 'GET', '/agents')).body;
  const kenji = agents.find((one) => one.name.startsWith('Kenji')).id;
  t.after(() => call(page, 'DELETE', `/agents/${kenji}/face`));
  await page.goto(`${URL_OF_DEMO}/settings/people/edit/${kenji}`);
  await choose(page);
  const face = page.getByTestId('person-editor').locator('.avatar img');
  await face.waitFor();
  await page.getByRole('button', { name: 'Remove picture' }).click();
  await face.waitFor({ state: 'detached' });
});
