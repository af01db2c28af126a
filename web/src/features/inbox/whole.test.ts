import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ConversationList } from '../../lib/state/list.svelte';
import { live } from '../../lib/state/live.svelte';
import { selection } from '../../lib/state/selection.svelte';
import { conversation, FakeService, json } from '../../testing/service';
import BulkBar from './BulkBar.svelte';

const COUNT = '/conversations/count';
let service: FakeService;
let list: ConversationList;
let signal: AbortSignal | null | undefined;

beforeEach(async () => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.pageSize = 2;
  for (const number of [1, 2, 3]) service.seed(conversation(`k${number}`, { number }));
  live.start(() => undefined);
  service.deliverAll();
  list = new ConversationList('all', 'activity', 'tag:refund');
  service.deliverAll();
  await vi.waitFor(() => expect(list.shown).toHaveLength(2));
  signal = undefined;
});

afterEach(() => {
  cleanup();
  list.close();
  live.stop();
  selection.clear();
  vi.unstubAllGlobals();
});

const counted = (answer: object) =>
  service.on(`GET ${COUNT}`, (url, init) => {
    expect(url.search).toBe('?view=all&filter=tag%3Arefund');
    signal = init?.signal;
    return json(answer);
  });
const asked = () => service.requests.filter(({ path }) => path === COUNT).length;

it('all of a filtered list is offered at once, and with its number as soon as that is known', async () => {
  counted({ count: 1234, more: false });
  service.held = true;
  selection.toggle('k1');
  render(BulkBar, { list, view: 'all' });
  expect(screen.queryByTestId('bulk-whole')).toBeNull();
  await fireEvent.click(screen.getByTestId('bulk-all'));
  expect(screen.getByTestId('bulk-whole').textContent).toContain('Select all in this view');
  await vi.waitFor(() => expect(asked()).toBe(1));
  service.pending.forEach(({ answer }) => answer());
  await screen.findByText('Select all 1,234 in this view');
  await fireEvent.click(screen.getByTestId('bulk-whole'));
  expect(screen.getByTestId('bulk-count').textContent).toBe('All 1,234 in this view');
});

it('a whole selection keeps its number when the end of the list is reached', async () => {
  counted({ count: 3, more: false });
  selection.all(list.shown);
  render(BulkBar, { list, view: 'all' });
  await fireEvent.click(await screen.findByText('Select all 3 in this view'));
  await list.loadMore();
  expect(list.more).toBe(false);
  await tick();
  expect(screen.getByTestId('bulk-count').textContent).toBe('All 3 in this view');
});

it('says so where there are more than are counted, and where nothing was counted', async () => {
  counted({ count: 10_000, more: true });
  selection.all(list.shown);
  render(BulkBar, { list, view: 'all' });
  await screen.findByText('Select all in this view: more than 10,000');
  cleanup();
  service.on(`GET ${COUNT}`, () => json({}, 503));
  render(BulkBar, { list, view: 'all' });
  await vi.waitFor(() => expect(asked()).toBe(2));
  await fireEvent.click(screen.getByTestId('bulk-whole'));
  expect(screen.getByTestId('bulk-count').textContent).toBe('All in this view');
});

it('is asked of the service only while it is offered', async () => {
  counted({ count: 3, more: false });
  selection.toggle('k1');
  render(BulkBar, { list, view: 'all' });
  await import('./whole.svelte'); // by now it could be asked
  await tick();
  expect(asked()).toBe(0);
  selection.all(list.shown);
  await vi.waitFor(() => expect(asked()).toBe(1));
  expect(signal?.aborted).toBe(false);
  selection.toggle('k1');
  await vi.waitFor(() => expect(signal?.aborted).toBe(true));
});
