import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AgentRow } from '../../lib/api/types';
import { router } from '../../lib/router.svelte';
import { session } from '../../lib/state/session.svelte';
import FilterBar from './FilterBar.svelte';

const agents = (state: AgentRow['state']) =>
  new Map([['jonas', { id: 'jonas', name: 'Jonas Weber', state } as AgentRow]]);
const field = () => screen.getByTestId<HTMLInputElement>('filter');
const bar = (filter: string) =>
  render(FilterBar, { filter, sort: 'activity', onclose: () => undefined, onsave: () => undefined });
/** Somebody goes to lunch, and every open screen is told. */
const meanwhile = async () => {
  session.agents = agents('away');
  await Promise.resolve();
};

beforeEach(() => (session.agents = agents('online')));
afterEach(cleanup);

it('what is being written stays when a colleague comes or goes', async () => {
  bar('');
  await fireEvent.input(field(), { target: { value: 'assignee:"jonas' } });
  await meanwhile();
  expect(field().value).toBe('assignee:"jonas');
  expect(within(screen.getByRole('listbox')).getByRole('option').textContent).toContain('Jonas Weber');
});

it('the filter of the address is read by names, also where they come later', async () => {
  session.agents = new Map();
  bar('assignee:jonas');
  expect(field().value).toBe('assignee:jonas');
  await meanwhile();
  expect(field().value).toBe('assignee:"Jonas Weber"');
});

it('what was written is read by names once it is sent', async () => {
  router.route = { name: 'inbox', view: 'all', number: '' };
  const { rerender } = bar('');
  await fireEvent.input(field(), { target: { value: 'assignee:"jonas weber" ' } });
  await fireEvent.keyDown(field(), { key: 'Enter' });
  expect(router.route).toMatchObject({ filter: 'assignee:jonas' });
  await rerender({ filter: 'assignee:jonas' });
  expect(field().value).toBe('assignee:"Jonas Weber"');
});
