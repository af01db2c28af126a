// Pictures of every screen, light and dark, wide and narrow, on a demo with names that are hard to draw and on an empty workspace.
// tests/journeys/test_screens.py starts both and says where they are.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { agent, INES, MIRA, newPage, RAVI } from '../e2e/browser.mjs';
import { furnish } from './data.mjs';
import { begin, empty } from './empty.mjs';
import { outside, shop } from './outside.mjs';
import { pages, settings } from './settings.mjs';
import { take, WIDTHS } from './take.mjs';
import { dialogs, lists, threads } from './work.mjs';

const ONLY = process.env.INBOX_ONLY;
let ready;

/** Those of one page, one after the other; a screen that cannot be reached does not hide the others. */
async function all(page, screens) {
  const faults = [];
  for (const [name, open, options] of screens) {
    try {
      for (const width of WIDTHS) {
        await page.setViewportSize(width);
        if (width === WIDTHS[0] || options?.again) await open(page);
        if (!ONLY || new RegExp(ONLY).test(name)) faults.push(...(await take(page, name, width)));
      }
    } catch (error) {
      faults.push(`${name}: ${error.message}`);
    }
  }
  assert.deepEqual(faults, []);
}

/** A colleague's page, once the workspace is full. */
async function full(email) {
  await (ready ??= agent(INES).then(furnish));
  return agent(email);
}

describe('screens', { concurrency: 2 }, () => {
  test('settings', async () => all(await full(INES), settings));
  test('lists', async () => all(await full(MIRA), lists));
  test('threads', async () => all(await full(RAVI), threads));
  test('dialogs', async () => all(await full(MIRA), dialogs));
  test('board and reports', async () => all(await full(INES), pages));
  test('empty', async () => all(await begin(await newPage()), empty));
  test('outside', async () => all(await newPage(), outside));
  test('shop', async () => all(await newPage(), shop));
});
