import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import type { Me } from '../../lib/api/types';
import { router } from '../../lib/router.svelte';
import { queues } from '../../lib/state/queues.svelte';
import { replies } from '../../lib/state/replies.svelte';
import { session } from '../../lib/state/session.svelte';
import { tags } from '../../lib/state/tags.svelte';
import { toasts } from '../../lib/state/toasts.svelte';
import { FakeService, json, problem } from '../../testing/service';
import Settings from './Settings.svelte';

const QUEUE = { id: 'q1', name: 'Repairs', version: 1, order: 0, strategy: 'least_loaded', teams: [] };
const REPLY = {
  id: 'r1',
  name: 'Hello',
  text: 'Good day',
  folder: '',
  personal: true,
  files: [],
  version: 1,
};
const SHARED = { ...REPLY, id: 'r2', name: 'Terms', personal: false };
const TAG = { id: 'refund', name: 'Refund', description: '', colour: '', version: 1 };

let service: FakeService;
let stored: object[];
let answer: (response: Response) => void;

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  session.me = { id: 'me', permissions: ['manage_queues', 'manage_tags'], sight: 'all' } as unknown as Me;
  for (const one of ['/queues', '/tags', '/saved-replies']) service.on(`GET ${one}`, () => json(stored));
  for (const one of ['/calendars', '/segments', '/saved-replies/uses'])
    service.on(`GET ${one}`, () => json([]));
  service.on('DELETE /queues/q1', () => new Promise((resolve) => (answer = resolve)));
});

afterEach(() => {
  cleanup();
  session.me = null;
  queues.all = tags.all = replies.all = [];
  queues.state = tags.state = replies.state = 'idle';
  toasts.all = [];
  router.route = { name: 'inbox', view: 'mine', number: '' };
  vi.unstubAllGlobals();
});

async function openForm(page: string, id: string): Promise<void> {
  router.go({ name: 'settings', page, form: id });
  render(Settings, { page });
  await screen.findByRole('button', { name: 'Save' }, { timeout: 20_000 });
}
const address = () => location.pathname;
const said = () => toasts.all.filter((one) => one.kind === 'error').map((one) => one.text);

async function removeQueue(): Promise<void> {
  stored = [QUEUE];
  await openForm('queues', 'q1');
  await fireEvent.click(screen.getByRole('button', { name: 'Delete' }));
  await fireEvent.click(await screen.findByTestId('confirmed'));
  await vi.waitFor(() => expect(service.requests.some((one) => one.method === 'DELETE')).toBe(true));
}

it('a queue that is removed from its own form is gone without a word of surprise', async () => {
  await removeQueue();
  answer(new Response(null, { status: 204 }));
  await vi.waitFor(() => expect(address()).toBe('/settings/queues'));
  await screen.findByTestId('queue-add');
  expect(said()).toEqual([]);
});

it('neither is it a surprise where the news of that comes first', async () => {
  await removeQueue();
  stored = [];
  await queues.refresh();
  await vi.waitFor(() => expect(address()).toBe('/settings/queues'));
  answer(new Response(null, { status: 204 }));
  await screen.findByTestId('queue-add');
  expect(said()).toEqual([]);
});

it('a queue that could not be removed keeps its form, and what a colleague does to it then is told', async () => {
  await removeQueue();
  answer(problem(409, 'conflict'));
  await vi.waitFor(() => expect(said()).toHaveLength(1));
  expect(address()).toBe('/settings/queues/edit/q1');
  stored = [];
  await queues.refresh();
  await vi.waitFor(() => expect(said().at(-1)).toBe('What you wanted to change is not here any more.'));
});

it('a tag that gets another name is not missed under the old one', async () => {
  stored = [TAG];
  service.on('POST /tags/refund/retag', () => {
    stored = [{ ...TAG, id: 'refunds', name: 'Refunds' }];
    return json({
      id: 'j1',
      state: 'done',
      total: 1,
      done: 1,
      skipped: {},
      change: { add_tags: ['Refunds'] },
    });
  });
  await openForm('tags', 'refund');
  await fireEvent.input(screen.getByDisplayValue('Refund'), { target: { value: 'Refunds' } });
  await fireEvent.click(screen.getByTestId('tag-save'));
  await vi.waitFor(() => expect(address()).toBe('/settings/tags'));
  await screen.findByRole('button', { name: 'Edit tag Refunds' });
  expect(said()).toEqual([]);
});

it('what is typed of something that a colleague removes is not asked about', async () => {
  stored = [REPLY];
  await openForm('replies', 'r1');
  await fireEvent.input(screen.getByDisplayValue('Good day'), { target: { value: 'Good evening' } });
  stored = [];
  await replies.refresh();
  await vi.waitFor(() => expect(address()).toBe('/settings/replies'));
  expect(screen.queryByText('Leave without saving?')).toBeNull();
  expect(said()).toEqual(['What you wanted to change is not here any more.']);
});

it('a saved reply is opened at its address, one that is not his to change is not', async () => {
  stored = [REPLY, SHARED];
  router.go({ name: 'settings', page: 'replies' });
  render(Settings, { page: 'replies' });
  await fireEvent.click(await screen.findByRole('button', { name: 'Edit Hello' }));
  await screen.findByDisplayValue('Good day');
  expect(address()).toBe('/settings/replies/edit/r1');
  router.go({ name: 'settings', page: 'replies', form: 'r2' });
  await vi.waitFor(() => expect(address()).toBe('/settings/replies'));
  expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
});
