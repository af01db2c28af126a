import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { conversation, FakeService, json, problem } from '../../testing/service';
import type { ConversationRow, Me } from '../api/types';
import { follow } from './actions';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';

let service: FakeService;
let stored: ConversationRow;

const said = () => toasts.all.map(({ kind, text }) => `${kind}: ${text}`);

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  session.me = { id: 'amina' } as Me;
  stored = conversation('k1', { number: 7, followers: ['jonas'] });
  service.on('PATCH /conversations/k1', (_, init) => {
    const { follow } = JSON.parse(String(init?.body)) as { follow: boolean };
    const others = stored.followers.filter((id) => id !== 'amina');
    stored = { ...stored, followers: follow ? [...others, 'amina'] : others };
    return json(stored);
  });
});

afterEach(() => {
  for (const one of toasts.all) toasts.dismiss(one.id);
  session.me = null;
  vi.unstubAllGlobals();
});

it('one follows a conversation, stops, and either is taken back', async () => {
  await follow(stored);
  expect(stored.followers).toEqual(['jonas', 'amina']);
  expect(said()).toEqual(['done: You follow #7']);
  await toasts.all.at(-1)?.undo?.();
  expect(stored.followers).toEqual(['jonas']);
  await follow({ ...stored, followers: ['amina'] });
  expect(said().at(-1)).toBe('done: You no longer follow #7');
  await toasts.all.at(-1)?.undo?.();
  expect(stored.followers).toEqual(['jonas', 'amina']);
});

it('where as many follow as can, that is said', async () => {
  service.on('PATCH /conversations/k1', () => problem(422, 'invalid', { field: 'follow' }));
  await follow(stored);
  expect(said()).toEqual(['error: 50 colleagues follow #7 already, which is the most.']);
});
