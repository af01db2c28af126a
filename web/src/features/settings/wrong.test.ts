// Where one is after a form was refused: at what is wrong, with the keyboard.
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import type { ComponentProps } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import type { Me } from '../../lib/api/types';
import { roles } from '../../lib/state/roles.svelte';
import { session } from '../../lib/state/session.svelte';
import { FakeService, json, problem } from '../../testing/service';
import ChannelForm from './channels/ChannelForm.svelte';
import Channels from './channels/Channels.svelte';
import People from './People.svelte';

let service: FakeService;

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  session.me = { id: 'me', permissions: [], sight: 'all' } as unknown as Me;
});

afterEach(() => {
  cleanup();
  session.me = null;
  vi.unstubAllGlobals();
});

it('a channel that is refused leads to the field that is wrong', async () => {
  const field = (title: string) => ({ type: 'string', title });
  const form = { type: 'object', properties: { title: field('Title'), accent: field('Colour') } };
  const connector = { name: 'api', title: 'System', role: 'channel', form, docs: '' };
  service.on('POST /channels', () =>
    problem(422, 'invalid', { field: 'settings.accent', detail: 'settings.accent: must be a colour' }),
  );
  const props = { connector, others: [], onsaved: vi.fn(), onback: vi.fn() } as unknown;
  render(ChannelForm, props as ComponentProps<typeof ChannelForm>);
  screen.getByTestId('channel-save').focus();
  await fireEvent.click(screen.getByTestId('channel-save'));
  await screen.findByText('must be a colour');
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText(/^Colour/)));
  await fireEvent.input(screen.getByTestId('channel-name'), { target: { value: '' } });
  await fireEvent.click(screen.getByTestId('channel-save'));
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('channel-name')));
});

it('a new chat shows the line for the site as soon as it is saved', async () => {
  const form = { type: 'object', properties: {} };
  const connector = { name: 'webchat', title: 'Web chat', role: 'channel', form, docs: '' };
  const chat = { id: 'shop', connector: 'webchat', name: 'Shop', settings: {}, secrets: [], readers: [] };
  const made: object[] = [];
  service.on('GET /channels', () => json(made));
  service.on('GET /connectors', () => json([connector]));
  service.on('POST /channels', () => {
    made.push({ ...chat, enabled: true, version: 1 });
    return json(made[0]);
  });
  render(Channels);
  await fireEvent.click(await screen.findByTestId('channel-add'));
  await fireEvent.click(await screen.findByTestId('connector-webchat'));
  await screen.findByText(/is shown here when the channel is saved/);
  await fireEvent.click(screen.getByTestId('channel-save'));
  await screen.findByText(/data-channel="shop"/);
});

it('an address that has an account is said where it was typed', async () => {
  for (const path of ['/accounts', '/calendars']) service.on(`GET ${path}`, () => json([]));
  const agent = { id: 'agent', name: 'agent', permissions: [], sight: 'own', builtin: true, version: 0 };
  service.on('GET /roles', () => json([agent]));
  service.on('POST /accounts', () =>
    problem(409, 'prevented', { reason: 'account_taken', by: 'mira@northwind.example' }),
  );
  roles.open();
  render(People);
  await fireEvent.click(await screen.findByTestId('invite'));
  const email = screen.getByLabelText<HTMLInputElement>('Mail address');
  await fireEvent.input(screen.getByLabelText(/^Name/), { target: { value: 'Mira' } });
  await fireEvent.input(email, { target: { value: 'mira@northwind.example' } });
  await fireEvent.submit(email.form as HTMLFormElement);
  await screen.findByText('There is an account with the address mira@northwind.example already.');
  await vi.waitFor(() => expect(document.activeElement).toBe(email));
});
