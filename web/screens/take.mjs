// A screen as it stands, in both themes, wide and narrow: four pictures, and what is wrong with it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { violations } from '../e2e/browser.mjs';

const FOLDER = process.env.INBOX_SCREENS ?? '../build/screens';
export const WIDTHS = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];
/** What axe is asked: what there is and what it is called follows neither from the theme nor from the width. */
const ASKED = {
  1440: { light: null, dark: ['color-contrast'] },
  390: { light: ['target-size', 'scrollable-region-focusable', 'aria-hidden-focus'], dark: [] },
};
mkdirSync(FOLDER, { recursive: true });

/** Takes what `page` shows in both themes, and tells what is wrong with it. */
export async function take(page, name, { width }) {
  const faults = [];
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme });
    await settled(page);
    writeFileSync(`${FOLDER}/${name}-${scheme}-${width}.png`, await picture(page));
    const rules = ASKED[width][scheme];
    const wrong = rules?.length === 0 ? [] : await violations(page, rules);
    if (await wide(page)) wrong.push('it is wider than the window');
    faults.push(...wrong.map((one) => `${name}, ${scheme}, ${width}: ${one}`));
  }
  return faults;
}

/** What the browser shows, without the waiting of Playwright's own pictures. */
async function picture(page) {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'png' });
  await session.detach();
  return Buffer.from(data, 'base64');
}

const settled = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        requestAnimationFrame(() => requestAnimationFrame(resolve));
      }),
  );

/** The window, or the part of it that holds a page of the settings, can be pushed to the side. */
const wide = (page) =>
  page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('[data-testid=settings] > section')].some(
      (one) => one.scrollWidth > one.clientWidth,
    ),
  );
