import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Queue, SavedView } from '../../lib/api/types';
import { handlerOf } from '../../lib/keys/bind';
import { ConversationList } from '../../lib/state/list.svelte';
import { live } from '../../lib/state/live.svelte';
import { queues } from '../../lib/state/queues.svelte';
import { selection } from '../../lib/state/selection.svelte';
import { session } from '../../lib/state/session.svelte';
import { ui } from '../../lib/state/ui.svelte';
import { savedViews } from '../../lib/state/views.svelte';
import { conversation, FakeService, json, problem } from '../../testing/service';
import ListPane from './ListPane.svelte';

const OTHER = { id: 'v2', name: 'Refunds', filter: 'tag:refund', share: 'private', icon: '' } as SavedView;
const QUEUE = { id: 'q1', name: 'Repairs', version: 1 } as Queue;

let service: FakeService;
let list: ConversationList | undefined;

function show(view: string, number = '', filter = ''): void {
  list = new ConversationList(view, 'activity', filter);
  render(ListPane, { list, view, number });
  service.deliverAll();
}

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.seed(conversation('k1', { number: 1001 }));
  service.on('GET /views', () => json([OTHER]));
  service.on('GET /queues', () => json([]));
  service.on('GET /removed', () =>
    json([
      { id: 'queues:q1', kind: 'queues', entry: 'q1', name: 'Repairs', version: 1 },
      { id: 'teams:t1', kind: 'teams', entry: 't1', name: 'Returns', version: 1 },
    ]),
  );
  session.views = [
    { id: 'all', sort: 'activity' },
    { id: 'queue', sort: 'waiting' },
  ];
  live.start(() => undefined);
  service.deliverAll();
});

afterEach(() => {
  cleanup();
  list?.close();
  live.stop();
  selection.clear();
  queues.all = savedViews.all = [];
  queues.state = savedViews.state = 'idle';
  session.views = [];
  vi.unstubAllGlobals();
});

const noView = () =>
  service.on('GET /conversations', () =>
    problem(422, 'invalid', { field: 'view', detail: 'view: there is no such view' }),
  );

it('a view that is not there any more is explained, and what is open beside it stays on the way on', async () => {
  noView();
  show('v1', '1001');
  const gone = await screen.findByTestId('gone');
  expect(gone.textContent).toContain('it was deleted, or it is no longer shared with you');
  expect(screen.queryByText(/no such view/)).toBeNull();
  const links = await vi.waitFor(() => {
    const found = [...gone.querySelectorAll('a')];
    expect(found.map((link) => link.textContent?.trim())).toEqual([
      'Go to “My inbox”',
      'All open',
      'Refunds',
    ]);
    return found;
  });
  expect(links.map((link) => link.getAttribute('href'))).toEqual([
    '/inbox/mine/1001',
    '/inbox/all/1001',
    '/inbox/v2/1001',
  ]);
});

it('the keyboard goes on at the way out, unless somebody writes beside the list', async () => {
  noView();
  show('v1');
  await screen.findByTestId('gone');
  expect(document.activeElement?.textContent).toBe('Go to “My inbox”');
  cleanup();
  list?.close();
  const field = document.body.appendChild(document.createElement('textarea'));
  field.focus();
  show('v1');
  await screen.findByTestId('gone');
  expect(document.activeElement).toBe(field);
  expect(ui.said).toContain('it was deleted');
  field.remove();
});

it('a queue that is deleted while it is open says so by its name, whatever was shown of it', async () => {
  queues.all = [QUEUE];
  queues.state = 'ready';
  show('queue:q1');
  await screen.findByTestId('row');
  queues.drop('q1');
  const gone = await screen.findByTestId('gone');
  await vi.waitFor(() => expect(gone.textContent).toContain('The queue “Repairs” is not here any more'));
  expect(screen.queryByTestId('row')).toBeNull();
});

it('a list of a team that is gone says which team that was', async () => {
  show('team:t1');
  await screen.findByText(
    'The team “Returns” is not here any more. Its conversations are still in the inbox.',
  );
});

it('an empty list says what its filter asks for that is not there any more', async () => {
  service.rows.clear();
  show('all', '', 'queue:q1 tag:"old name" team:none');
  await vi.waitFor(() =>
    expect(screen.getAllByTestId('missing').map((line) => line.textContent)).toEqual([
      'This asks for the queue “Repairs”, which is not here any more.',
      'There is no tag “old name”: it was removed or renamed, or is written differently.',
    ]),
  );
});

it('what is asked for twice is said once', async () => {
  service.rows.clear();
  show('all', '', 'tag:old is:open tag:old');
  await vi.waitFor(() => expect(screen.getAllByTestId('missing')).toHaveLength(1));
});

it('nothing is chosen in a list that is gone, and what was chosen before is let go', async () => {
  queues.all = [QUEUE];
  queues.state = 'ready';
  show('queue:q1');
  await screen.findByTestId('row');
  selection.toggle('k1');
  await screen.findByTestId('bulk', {}, { timeout: 20_000 });
  queues.drop('q1');
  await screen.findByTestId('gone');
  expect(selection.active).toBe(false);
  expect(screen.queryByTestId('bulk')).toBeNull();
  for (const key of ['select-all', 'select', 'extend-down'] as const) handlerOf(key)?.();
  expect(selection.active).toBe(false);
});

it('a filter that is not taken is still told by its reason', async () => {
  service.on('GET /conversations', () =>
    problem(422, 'invalid', { field: 'filter', detail: 'filter: at most 10 tags' }),
  );
  show('all', '', 'tag:a');
  await screen.findByText('This cannot be listed: at most 10 tags');
  expect(screen.queryByTestId('gone')).toBeNull();
});
