// How a picture's page comes to where it is taken.
import { URL_OF_DEMO } from '../e2e/browser.mjs';

export const THREAD = process.env.INBOX_THREAD ?? '1';

/** Goes to an address within the page, as a link of its own would, and waits for something there. */
export async function go(page, path, what) {
  await page.evaluate((path) => {
    history.pushState(null, '', path);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
  await seen(page, what);
}

/** Loads an address anew, so that nothing of before is open. */
export async function load(page, path, what) {
  await page.goto(URL_OF_DEMO + path);
  await seen(page, what);
}

export const seen = (page, what) => page.locator(what).filter({ visible: true }).first().waitFor();

/** A screen at an address of its own. */
export const at = (name, path, what, options) => [name, (page) => go(page, path, what), options];

/** A screen that a press of these keys brings, from the thread of a conversation. */
export const keyed = (name, keys, what, options) => [
  name,
  async (page) => {
    await closed(page);
    await go(page, `/inbox/all/${THREAD}`, '[data-testid=message]');
    for (const key of keys) await page.keyboard.press(key);
    await seen(page, what);
  },
  options,
];

/** Leaves what lies over the page. */
export async function closed(page) {
  for (let n = 0; n < 3; n++) await page.keyboard.press('Escape');
}
