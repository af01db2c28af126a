// The same pages where nothing is yet: what a new workspace's admin sees.
import { at, seen } from './go.mjs';

const BASE = process.env.INBOX_EMPTY;

/** Logs the admin of the empty workspace in. */
export async function begin(page) {
  await page.goto(`${BASE}/login`);
  await page.getByLabel('Email').fill('admin@journeys.test');
  await page.getByLabel('Password').fill(process.env.INBOX_EMPTY_PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await seen(page, '[data-pane=list]');
  return page;
}

const page = (id, what = 'h1') => at(`empty-${id}`, `/settings/${id}`, what);

export const empty = [
  at('empty-inbox', '/inbox/mine', '[data-pane=list]'),
  at('empty-all', '/inbox/all', '[data-pane=list]'),
  at('empty-board', '/board', '[data-testid=board]'),
  at('empty-wallboard', '/board/wall', '[data-testid=board]'),
  at('empty-reports', '/reports', '[data-testid=reports]'),
  at('empty-notices', '/settings/notices', '[data-testid=notice-ways]'),
  ...['tokens', 'people', 'teams', 'alerts', 'breaks', 'queues', 'replies'].map((id) => page(id)),
  ...['blocked', 'hours', 'sla', 'surveys', 'channels', 'access', 'roles'].map((id) => page(id)),
];
