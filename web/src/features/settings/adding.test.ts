import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import type { Component } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import type { Me } from '../../lib/api/types';
import { router } from '../../lib/router.svelte';
import { live } from '../../lib/state/live.svelte';
import { roles } from '../../lib/state/roles.svelte';
import { session } from '../../lib/state/session.svelte';
import { tags } from '../../lib/state/tags.svelte';
import { toasts } from '../../lib/state/toasts.svelte';
import { FakeService, json } from '../../testing/service';
import Blocked from './Blocked.svelte';
import Breaks from './Breaks.svelte';
import Channels from './channels/Channels.svelte';
import Roles from './roles/Roles.svelte';
import Tags from './Tags.svelte';
import Teams from './Teams.svelte';

let service: FakeService;

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  session.me = { id: 'me', permissions: [], sight: 'all' } as unknown as Me;
});

afterEach(() => {
  cleanup();
  live.stop();
  session.me = null;
  roles.all = tags.all = [];
  roles.state = tags.state = 'idle';
  toasts.all = [];
  router.route = { name: 'inbox', view: 'mine', number: '' };
  vi.unstubAllGlobals();
});

it.each<[string, string, string, Component]>([
  ['teams', '/teams', 'team-add', Teams],
  ['breaks', '/break-reasons', 'break-reason-add', Breaks],
  ['blocked', '/blocked-senders', 'block-add', Blocked],
  ['tags', '/tags', 'tag-add', Tags],
])(
  'what is added at %s and was not answered is the same request when it is tried again',
  async (page, path, add, shown) => {
    service.on(`GET ${path}`, () => json(page === 'blocked' ? { rows: [], next: null } : []));
    service.on(`POST ${path}`, () => Promise.reject(new TypeError('network')));
    router.go({ name: 'settings', page });
    render(shown);
    await fireEvent.click(await screen.findByTestId(add));
    const [field] = await screen.findAllByRole<HTMLInputElement>('textbox', { name: /^(Name|Reason|Email)/ });
    await fireEvent.input(field as HTMLInputElement, { target: { value: 'shop.example' } });
    const sent = () => service.requests.filter((one) => one.method === 'POST').map((one) => one.key);
    for (const times of [1, 2]) {
      await fireEvent.submit(field?.form as HTMLFormElement);
      await vi.waitFor(() => expect(sent()).toHaveLength(times));
      await screen.findByRole('alert');
    }
    const [first, second] = sent();
    expect(first).toBeTruthy();
    expect(second).toBe(first);
  },
);

it('a role that was begun like another and given up is not what the next one begins with', async () => {
  const role = { id: 'supervisor', name: 'Supervisor', permissions: ['reply'], sight: 'all', builtin: true };
  service.on('GET /roles', () => json([{ ...role, version: 0 }]));
  service.on('GET /accounts', () => json([]));
  router.go({ name: 'settings', page: 'roles' });
  render(Roles);
  const name = () => screen.findByLabelText<HTMLInputElement>(/^Name/);
  await fireEvent.click(await screen.findByRole('button', { name: 'Show Supervisor' }));
  await fireEvent.click(await screen.findByRole('button', { name: 'Use as a start' }));
  await vi.waitFor(async () => expect((await name()).value).toBe('Supervisor (copy)'));
  await fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  await screen.findByTestId('role-add');
  // As the command palette does.
  router.go({ name: 'settings', page: 'roles', form: '' });
  expect((await name()).value).toBe('');
});

it('a channel that was just made is not lost to an older list', async () => {
  const row = {
    ...{
      id: 'shop',
      connector: 'hooks',
      role: 'channel',
      name: 'Shop',
      managed: '',
      enabled: true,
      version: 1,
    },
    ...{ settings: {}, secrets: [], readers: [], webhook: 'https://inbox.example/hooks/shop', healthy: true },
    ...{ team: null, bot: null, paused: false, last_ok_at: null, since: null, problem: '', remedy: '' },
  };
  let made: object[] = [];
  service.on('GET /channels', () => json(made));
  service.on('GET /connectors', () => json([{ name: 'hooks', title: 'Shop', role: 'channel', form: {} }]));
  service.on('POST /channels', () => {
    made = [row];
    return json(row);
  });
  live.start(() => undefined);
  service.deliverAll();
  router.go({ name: 'settings', page: 'channels', form: '' });
  render(Channels);
  await fireEvent.click(await screen.findByTestId('connector-hooks'));
  const save = await screen.findByTestId('channel-save');
  service.held = true;
  service.push({ t: 'reload', what: 'channels', id: '' });
  service.deliverAll();
  const [older] = service.pending.splice(0);
  service.held = false;
  await fireEvent.click(save);
  await vi.waitFor(() => expect(location.pathname).toBe('/settings/channels/edit/shop'));
  older?.answer();
  await new Promise((settled) => setTimeout(settled));
  expect(toasts.all.filter((one) => one.kind === 'error')).toEqual([]);
  expect(location.pathname).toBe('/settings/channels/edit/shop');
});
