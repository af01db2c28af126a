import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import type { ChannelRow } from '../../lib/api/types';
import { DEFAULTS, prefs } from '../../lib/state/prefs.svelte';
import { session } from '../../lib/state/session.svelte';
import { FakeService, json } from '../../testing/service';
import PreferenceFields from './PreferenceFields.svelte';

const channel = (id: string, kind: string, conversational: boolean) =>
  ({ id, name: id, kind, conversational, sends: true, removed: false }) as ChannelRow;
const MAIL = channel('Support', 'email', false);
const CHAT = channel('Shop', 'webchat', true);

afterEach(() => {
  cleanup();
  session.channels = new Map();
  prefs.current = { ...DEFAULTS };
  vi.unstubAllGlobals();
});

function preferences(...channels: ChannelRow[]): FakeService {
  const service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('PATCH /me', () => json({}));
  session.channels = new Map(channels.map((one) => [one.id, one]));
  render(PreferenceFields);
  return service;
}

it('each kind of channel may have a time of its own, kept with the account', async () => {
  const service = preferences(MAIL, CHAT);
  const choose = (id: string, value: string) =>
    fireEvent.change(screen.getByTestId(id), { target: { value } });
  expect([prefs.hold(MAIL), prefs.hold(CHAT)]).toEqual([5_000, 0]);
  await choose('hold-email', '10');
  await choose('hold-webchat', '5');
  expect([prefs.hold(MAIL), prefs.hold(CHAT)]).toEqual([10_000, 5_000]);
  await vi.waitFor(() => expect(service.requests).toHaveLength(2));
  const body = service.requests[1]?.body as { screen: Record<string, string> };
  expect(JSON.parse(body.screen['holds'] ?? '')).toEqual({ email: '10', webchat: '5' });
  await choose('hold-email', '');
  await choose('hold-webchat', '0');
  expect(prefs.current.holds).toEqual({});
  expect([prefs.hold(MAIL), prefs.hold(CHAT)]).toEqual([5_000, 0]);
});

it('a time of its own stands there as long as it is in force', async () => {
  prefs.current = { ...DEFAULTS, holds: { email: '30' } };
  const service = preferences(MAIL);
  const field = screen.getByTestId<HTMLSelectElement>('hold-email');
  expect(field.value).toBe('30');
  await fireEvent.change(field, { target: { value: '' } });
  await vi.waitFor(() => expect(service.requests).toHaveLength(1));
  expect(prefs.hold(MAIL)).toBe(5_000);
  expect(screen.getByTestId('hold-email')).toBe(field);
});

it('where there is one kind only, the one time says it all', () => {
  preferences(MAIL);
  expect(screen.queryByTestId('holds')).toBeNull();
});
