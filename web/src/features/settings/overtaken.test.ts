import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import type { AccountRow, SavedView, Tag } from '../../lib/api/types';
import { FakeService, json, problem } from '../../testing/service';
import ViewDialog from '../inbox/ViewDialog.svelte';
import PersonEditor from './PersonEditor.svelte';
import TagEditor from './TagEditor.svelte';

let service: FakeService;

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const sent = () => service.requests.filter((one) => one.method !== 'GET').map((one) => one.body);

it('a tag that a colleague has changed meanwhile is a conflict', async () => {
  const tag = { id: 't1', name: 'Refund', description: 'Money', colour: 'red', version: 1 } as Tag;
  const onclose = vi.fn();
  service.on('PUT /tags/t1', () => problem(409, 'conflict'));
  const { rerender } = render(TagEditor, { tag, retag: () => Promise.resolve(), onclose });
  await fireEvent.input(screen.getByDisplayValue('Money'), { target: { value: 'Money back' } });
  await rerender({ tag: { ...tag, name: 'Refunds', colour: 'blue', version: 2 } });
  await fireEvent.click(screen.getByTestId('tag-save'));
  await screen.findByRole('alert');
  expect(sent()).toEqual([{ name: 'Refund', description: 'Money back', colour: 'red', version: 1 }]);
  expect(onclose).not.toHaveBeenCalled();
});

it('a view that a colleague has changed meanwhile is a conflict', async () => {
  const view = { id: 'v1', name: 'Late', filter: 'late', sort: 'due', share: 'all', version: 1 } as SavedView;
  service.on('PUT /views/v1', () => problem(409, 'conflict'));
  const { rerender } = render(ViewDialog, { view, filter: '', onclose: () => undefined });
  await fireEvent.input(screen.getByTestId('view-name'), { target: { value: 'Too late' } });
  await rerender({ view: { ...view, filter: 'late tag:gold', version: 2 } });
  await fireEvent.click(screen.getByTestId('view-save'));
  await screen.findByRole('alert');
  expect(sent()).toMatchObject([{ name: 'Too late', version: 1 }]);
});

it('what a colleague has changed of an account stays, and what was changed here is saved', async () => {
  const account = {
    id: 'sam',
    name: 'Sam',
    role: 'agent',
    teams: ['t1'],
    capacity: 5,
    limits: {},
    calendar: '',
    active: true,
    skills: { french: 3 },
    version: 1,
  } as unknown as AccountRow;
  for (const path of ['/roles', '/calendars']) service.on(`GET ${path}`, () => json([]));
  const onsaved = vi.fn();
  service.on('PATCH /accounts/sam', () => json(account));
  const { rerender } = render(PersonEditor, { account, onsaved, onclose: () => undefined });
  await fireEvent.input(screen.getByDisplayValue('Sam'), { target: { value: 'Samuel' } });
  await rerender({ account: { ...account, capacity: 9, version: 4 } });
  await fireEvent.submit(screen.getByTestId('person-editor'));
  await vi.waitFor(() => expect(onsaved).toHaveBeenCalled());
  expect(sent()).toEqual([{ version: 4, name: 'Samuel' }]);
});
