// Lists, threads, the composer and their dialogs.
import assert from 'node:assert/strict';
import { call, composer } from '../e2e/browser.mjs';
import { at, closed, go, keyed, seen, THREAD } from './go.mjs';

/** The page again as it was, for what closes when a window changes its size. */
const again = { again: true };
const ROW = '[data-testid=row]';
const MESSAGE = '[data-testid=message]';

/** The number of a conversation of the demo, by words of its subject. */
async function numbered(page, words) {
  const { body } = await call(page, 'GET', `/search?q=${encodeURIComponent(words)}`);
  const hit = body.hits.find((one) => one.row.subject.includes(words));
  assert.ok(hit, `the demo has a conversation about ${words}`);
  return hit.row.number;
}

const about = (name, words, then = null, options = undefined) => [
  name,
  async (page) => {
    await closed(page);
    await go(page, `/inbox/all/${await numbered(page, words)}`, MESSAGE);
    await then?.(page);
  },
  options,
];

export const lists = [
  at('list', '/inbox/all', ROW),
  at('list-mine', '/inbox/mine', ROW),
  at('list-snoozed', '/inbox/snoozed', ROW),
  at('list-empty', '/inbox/spam', '[data-pane=list]'),
  [
    'list-compact',
    async (page) => {
      await set(page, 'density', 'compact');
      await go(page, '/inbox/all', ROW);
    },
  ],
  [
    'list-chosen',
    async (page) => {
      await set(page, 'density', 'comfortable');
      await go(page, '/inbox/all', ROW);
      await page.keyboard.press('*');
      await page.keyboard.press('a');
      await seen(page, '[data-testid=bulk]');
    },
  ],
  [
    'list-chosen-assign',
    async (page) => {
      await page.keyboard.press('a');
      await page.locator('[role=listbox], [role=menu]').first().waitFor();
    },
  ],
  [
    'list-filter',
    async (page) => {
      await closed(page);
      await go(page, '/inbox/all?filter=tag%3Awarranty', '[data-testid=filter-bar]');
    },
  ],
  [
    'view-dialog',
    async (page) => {
      await page.getByTestId('filter-save').click();
      await seen(page, '[data-testid=view-name]');
    },
  ],
  [
    'search',
    async (page) => {
      await closed(page);
      await go(page, '/search?q=tent', ROW);
    },
  ],
  [
    'search-nothing',
    async (page) => {
      await go(page, '/search?q=zzzz-nothing', '[data-pane=list]');
      await page.getByText('No results for').waitFor();
    },
  ],
  [
    'offline',
    async (page) => {
      await go(page, '/inbox/all', ROW);
      await page.network.down();
      await seen(page, '[data-testid=offline]');
    },
  ],
  [
    'list-unassigned',
    async (page) => {
      await page.network.up();
      await page.getByTestId('offline').waitFor({ state: 'detached' });
      await go(page, '/inbox/unassigned', ROW);
    },
  ],
];

export const threads = [
  at('thread-hostile', `/inbox/all/${THREAD}`, MESSAGE),
  about('thread-mail', 'Zip of the Fjell tent is broken'),
  about('thread-rtl', 'الطرد وصل مفتوحًا'),
  about('thread-long-name', 'O nome na fatura está cortado'),
  about('thread-group', 'Group order for our autumn camp'),
  about('thread-html', 'This week: socks'),
  about('thread-note', 'Zip of the Fjell tent is broken', async (page) => {
    await page.keyboard.press('n');
    await composer(page).fill('A note that is **only** among us, with a long word: ' + 'x'.repeat(90));
  }),
  about('thread-reply', 'Zip of the Fjell tent is broken', async (page) => {
    await page.keyboard.press('r');
    await composer(page).fill('Hello Tove,\n\n' + 'we send you a new zip today. '.repeat(20));
  }),
  about('thread-reply-all', 'Group order for our autumn camp', (page) => page.keyboard.press('Shift+R')),
  about('thread-forward', 'Zip of the Fjell tent is broken', async (page) => {
    await page.keyboard.press('f');
    await seen(page, '[data-testid=forwarded]');
  }),
  about('composer-preview', 'Zip of the Fjell tent is broken', async (page) => {
    await page.getByTestId('mode-reply').click();
    await composer(page).fill('- **one**\n- two\n\n> quoted');
    await page.getByTestId('preview').click();
    await seen(page, '[data-testid=preview-shown]');
  }),
  about(
    'composer-emoji',
    'Siparişim nerede',
    async (page) => {
      await page.keyboard.press('r');
      await page.getByTestId('emoji').click();
      await seen(page, '[data-testid=emoji-search]');
    },
    again,
  ),
  about('composer-replies', 'Siparişim nerede', async (page) => {
    await page.getByTestId('insert-reply').click();
    await seen(page, '[data-testid=reply-option]');
  }),
  about(
    'composer-send-later',
    'Siparişim nerede',
    async (page) => {
      await page.keyboard.press('r');
      await composer(page).fill('Good morning');
      await page.getByTestId('send-later').click();
      await seen(page, '[data-testid=send-later-tomorrow]');
    },
    again,
  ),
  about('customer-history', 'Zwrot plecaka Heron 45'),
];

export const dialogs = [
  keyed('menu-assign', ['a'], '[data-testid=assignee-input]', again),
  keyed('menu-snooze', ['b'], '[data-testid=snooze-say]', again),
  keyed('menu-tags', ['t'], '[role=listbox], [role=dialog], [role=menu]', again),
  keyed('menu-status', ['Shift+S'], '[role=menu]', again),
  keyed('menu-priority', ['p'], '[role=menu]', again),
  [
    'menu-more',
    async (page) => {
      await closed(page);
      await page.getByTestId('more').click();
      await seen(page, '[role=menu]');
    },
  ],
  [
    'menu-account',
    async (page) => {
      await closed(page);
      await go(page, '/inbox/all', ROW);
      await page.getByTestId('account').click();
      await seen(page, '[role=menu]');
    },
  ],
  keyed('help', ['?'], '[data-testid=help]'),
  keyed('palette', ['Control+k'], '[data-testid=palette-input]'),
  [
    'palette-typed',
    async (page) => {
      await page.keyboard.type('set');
      await page.locator('[role=option]').first().waitFor();
    },
  ],
  keyed('notices', ['g', 'n'], '[data-testid=notice], [data-testid=notices-empty]'),
  keyed('new-conversation', ['c'], '[data-testid=new-text]'),
  keyed('block', ['Shift+B'], '[data-testid=block-dialog]'),
  keyed('merge', ['Shift+M'], '[data-testid=merge-dialog]'),
  keyed('call', ['Shift+C'], '[data-testid=call-dialog]'),
  [
    'transcript',
    async (page) => {
      await closed(page);
      await go(page, `/inbox/all/${await numbered(page, 'Zip of the Fjell tent is broken')}`, MESSAGE);
      await page.getByTestId('more').click();
      await page.getByTestId('more-transcript').click();
      await seen(page, '[data-testid=transcript] button');
    },
  ],
  [
    'source',
    async (page) => {
      await closed(page);
      await page.getByTestId('message').first().hover();
      await page.getByTestId('message-menu').first().click();
      await page.getByTestId('message-menu-raw').click();
      await page.getByRole('dialog').waitFor();
    },
  ],
  [
    'move',
    async (page) => {
      await closed(page);
      await page.getByTestId('message').first().hover();
      await page.getByTestId('message-menu').first().click();
      await page.getByTestId('message-menu-move').click();
      await page.getByRole('dialog').waitFor();
    },
  ],
];

/** Changes a preference of this browser. */
async function set(page, name, value) {
  await page.evaluate(
    ([name, value]) => {
      const chosen = JSON.parse(localStorage.getItem('inbox.prefs') ?? '{}');
      localStorage.setItem('inbox.prefs', JSON.stringify({ ...chosen, [name]: value }));
    },
    [name, value],
  );
  await page.reload();
  await seen(page, '[data-pane=list]');
}
