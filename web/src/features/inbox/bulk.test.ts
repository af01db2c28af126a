import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ConversationList } from '../../lib/state/list.svelte';
import { live } from '../../lib/state/live.svelte';
import { selection } from '../../lib/state/selection.svelte';
import { conversation, FakeService } from '../../testing/service';
import ListPane from './ListPane.svelte';

vi.mock('./BulkBar.svelte', () => {
  throw new Error('chunk');
});

let list: ConversationList;

beforeEach(() => {
  const service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.seed(conversation('k1', { number: 1001 }));
  live.start(() => undefined);
  service.deliverAll();
  list = new ConversationList('all', 'activity');
});

afterEach(() => {
  cleanup();
  list.close();
  live.stop();
  selection.clear();
  vi.unstubAllGlobals();
});

it('a selection can be left where what acts on it could not be loaded', async () => {
  selection.toggle('k1');
  render(ListPane, { list, view: 'all', number: '' });
  await fireEvent.click(await screen.findByText('Clear the selection', {}, { timeout: 4000 }));
  expect(selection.active).toBe(false);
  expect(screen.queryByText('Clear the selection')).toBeNull();
  screen.getByRole('heading', { level: 1 });
});
