import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import { own } from '../../lib/keys/own.svelte';
import type { ShortcutId } from '../../lib/keys/table';
import { FakeService, json } from '../../testing/service';
import Keys from './Keys.svelte';
import { objection } from './objection';

afterEach(() => {
  cleanup();
  own.keys = {};
  vi.unstubAllGlobals();
});

it('of two changes right after each other both are kept', async () => {
  const service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('PATCH /me', (_, init) => json({ id: 'me', language: 'en', ...JSON.parse(String(init?.body)) }));
  service.held = true;
  render(Keys);
  for (const id of ['reply', 'note'])
    await fireEvent.click(within(screen.getByTestId(`key-${id}`)).getByRole('button', { name: /: off$/ }));
  await vi.waitFor(() => {
    service.pending.shift()?.answer();
    expect(service.requests).toHaveLength(2);
  });
  while (service.pending.length > 0) service.pending.shift()?.answer();
  await vi.waitFor(() => expect(own.keys).toEqual({ reply: '', note: '' }));
});

it('keys of the text field are told apart from those that count elsewhere', () => {
  const refused = (id: ShortcutId, pressed: string) => objection(id, pressed)?.why;
  expect(objection('mark-bold', 'mod+i')).toEqual({ why: 'taken', by: 'mark-italic' });
  expect(objection('mark-bold', 'mod+k')).toEqual({ why: 'taken', by: 'palette' });
  expect(objection('palette', 'mod+b')).toEqual({ why: 'taken', by: 'mark-bold' });
  expect(objection('mark-link', 'mod+l')).toBeNull();
  expect(objection('close', 'mod+b')).toBeNull();
  expect([refused('mark-bold', 'd'), refused('send', 'mod+c'), refused('close', 'mod+c')]).toEqual([
    'field',
    'reserved',
    undefined,
  ]);
  own.keys = { close: 'mod+d' };
  expect(objection('mark-bold', 'mod+d')).toBeNull();
});

it('a key of the text field is changed by pressing another, and signs that are typed are named as fixed', async () => {
  const service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('PATCH /me', (_, init) => json({ id: 'me', language: 'en', ...JSON.parse(String(init?.body)) }));
  render(Keys);
  const bold = within(screen.getByTestId('key-mark-bold'));
  await fireEvent.click(bold.getByRole('button', { name: 'Bold: Ctrl B, change' }));
  await fireEvent.keyDown(window, { key: 'i', ctrlKey: true });
  bold.getByText('Ctrl I is taken by “Italic”. Change that one first.');
  await fireEvent.keyDown(window, { key: 'd', ctrlKey: true });
  await vi.waitFor(() => expect(own.keys).toEqual({ 'mark-bold': 'mod+d' }));
  bold.getByRole('button', { name: 'Bold: Ctrl D, change' });
  const slash = within(screen.getByTestId('typed-replies'));
  slash.getByText('/');
  expect(slash.queryByRole('button')).toBeNull();
});
