// The settings full, their forms, the board and the reports.
import { LONG } from './data.mjs';
import { at, closed, go, load, seen } from './go.mjs';

const page = (id, what = 'h1') => at(`settings-${id}`, `/settings/${id}`, what);

/** A form of a page of the settings, opened by this button. */
const form = (id, button, what) => [
  `settings-${id}-form`,
  async (page) => {
    await load(page, `/settings/${id}`, `[data-testid=${button}]`);
    await page.getByTestId(button).first().click();
    await seen(page, what);
  },
];

/** The form of the first entry there is. */
const entry = (id, rows, what = 'form') => [
  `settings-${id}-entry`,
  async (page) => {
    await load(page, `/settings/${id}`, `[data-testid=${rows}]`);
    await page
      .getByRole('button', { name: /^(Edit|Show|Open) / })
      .first()
      .click();
    await seen(page, what);
  },
];

export const settings = [
  at('settings', '/settings', '[data-testid=settings]'),
  page('profile', '[data-testid=language]'),
  page('keys', '[data-testid=key-next]'),
  page('notices', '[data-testid=notice-ways]'),
  page('security', '[data-testid=sessions] li'),
  page('tokens', '[data-testid=tokens] li'),
  form('tokens', 'new-token', 'dialog'),
  page('access', 'h1'),
  page('audit', '[data-testid=audit] li'),
  page('people', '[data-testid=person]'),
  form('people', 'invite', 'dialog, form'),
  entry('people', 'person', '[data-testid=person-editor]'),
  page('roles', '[data-testid=role]'),
  form('roles', 'role-add', '[data-testid=role-editor]'),
  page('teams'),
  form('teams', 'team-add', 'form'),
  page('alerts', '[data-testid=alert-row]'),
  form('alerts', 'alert-add', 'form'),
  page('breaks'),
  page('queues', '[data-testid=queue]'),
  form('queues', 'queue-add', '[data-testid=queue-editor]'),
  entry('queues', 'queue', '[data-testid=queue-editor]'),
  page('replies', '[data-testid=saved-reply]'),
  form('replies', 'reply-new', 'form'),
  page('blocked', '[data-testid=blocked]'),
  form('blocked', 'block-add', 'form, dialog'),
  page('hours', '[data-testid=calendar]'),
  form('hours', 'hours-add', 'form'),
  entry('hours', 'calendar'),
  page('sla', '[data-testid=policy]'),
  form('sla', 'policy-add', 'form'),
  entry('sla', 'policy'),
  page('surveys', '[data-testid=survey]'),
  form('surveys', 'survey-add', '[data-testid=survey-preview]'),
  page('channels', '[data-testid=channel-row]'),
  form('channels', 'channel-add', '[data-testid=connector-email]'),
  [
    'settings-channel-new',
    async (page) => {
      await page.getByTestId('connector-email').click();
      await page.getByTestId('use-imap').click();
      await seen(page, '[data-testid=channel-name]');
    },
  ],
  [
    'settings-channel-chat',
    async (page) => {
      await load(page, '/settings/channels', '[data-testid=channel-row]');
      await page.getByRole('button', { name: `Edit ${LONG}` }).click();
      await seen(page, '[data-testid=chat-preview]');
    },
  ],
  at('settings-unknown', '/settings/nothing', '[data-testid=settings]'),
];

export const pages = [
  at('board', '/board', '[data-testid=queue-tile]'),
  at('wallboard', '/board/wall', '[data-testid=queue-tile]'),
  at('reports', '/reports', '[data-testid=tile-resolved]'),
  at('reports-agents', '/reports?by=agent', '[data-testid=reports] table'),
  at('reports-hours', '/reports?by=hour', '[data-testid=reports] table'),
  [
    'reports-behind',
    async (page) => {
      await go(page, '/reports', '[data-testid=tile-resolved] button');
      await page.getByTestId('tile-resolved').getByRole('button').click();
      await seen(page, '[data-testid=behind] a');
    },
  ],
  [
    'first-steps',
    async (page) => {
      await closed(page);
      await go(page, '/inbox/all', '[data-testid=row]');
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.getByTestId('account').click();
      await page.getByRole('menuitem', { name: 'First steps' }).click();
      await seen(page, '[data-testid=guide-steps] li');
    },
  ],
];
