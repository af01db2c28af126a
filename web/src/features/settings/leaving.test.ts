import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick, type Component, type ComponentProps } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import type { Me } from '../../lib/api/types';
import { calendars, policies } from '../../lib/state/promises.svelte';
import { roles } from '../../lib/state/roles.svelte';
import { session } from '../../lib/state/session.svelte';
import { surveys } from '../../lib/state/surveys.svelte';
import { FakeService, json } from '../../testing/service';
import ChannelForm from './channels/ChannelForm.svelte';
import Roles from './roles/Roles.svelte';
import BusinessHours from './sla/BusinessHours.svelte';
import Policies from './sla/Policies.svelte';
import Surveys from './surveys/Surveys.svelte';

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

const field = () => screen.getAllByLabelText<HTMLInputElement>(/^Name/)[0] as HTMLInputElement;
const type = (value: string) => fireEvent.input(field(), { target: { value } });
const cancel = () => fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));

it.each<[string, string, Component, { get: (id: string) => object | undefined }, object]>([
  ['/surveys', 'survey-add', Surveys, surveys, { kind: 'csat', words: { question: '' } }],
  ['/roles', 'role-add', Roles, roles, { permissions: [], sight: 'all', builtin: false }],
  ['/sla/policies', 'policy-add', Policies, policies, { targets: {}, order: 0, enabled: true, calendar: '' }],
  ['/calendars', 'hours-add', BusinessHours, calendars, { week: [], zone: 'UTC' }],
])('what was saved in %s leaves the form open that was opened since', async (path, add, page, list, more) => {
  const known = { id: 'n0', name: 'Known', version: 1, ...more };
  let answer: (response: Response) => void = () => undefined;
  for (const one of [
    '/surveys',
    '/roles',
    '/sla/policies',
    '/calendars',
    '/accounts',
    '/segments',
    '/queues',
  ])
    service.on(`GET ${one}`, () => json(one === path ? [known] : []));
  service.on(`POST ${path}`, () => new Promise((resolve) => (answer = resolve)));
  render(page);
  await fireEvent.click(await screen.findByTestId(add));
  await type('First');
  await fireEvent.submit(field().closest('form') as HTMLFormElement);
  await vi.waitFor(() => expect(service.requests.some((one) => one.method === 'POST')).toBe(true));
  await cancel();
  await fireEvent.click(await screen.findByTestId(add));
  await type('Second');
  answer(json({ ...known, id: 'n1', name: 'First' }));
  await vi.waitFor(() => expect(list.get('n1')).toBeDefined());
  await tick();
  expect(field().value).toBe('Second');
  await cancel();
  await screen.findByText('First');
});

it('who leaves a channel that waits for consent is not led to the provider', async () => {
  const channel = {
    id: 'mail',
    name: 'Mail',
    enabled: true,
    settings: {},
    secrets: [],
    readers: [],
    version: 1,
  };
  const connector = { name: 'mail', title: 'Mail', role: 'channel', form: {}, docs: '' };
  let ready: (response: Response) => void = () => undefined;
  service.on('POST /channels/test', () =>
    json({ ok: false, consent: true, problem: 'No consent.', remedy: '' }),
  );
  service.on('PATCH /channels/mail', () => json(channel));
  service.on('GET /channels/mail/consent', () => new Promise((resolve) => (ready = resolve)));
  const led = vi.spyOn(location, 'assign').mockImplementation(() => undefined);
  const onsaved = vi.fn();
  const props = { connector, channel, others: [], onsaved, onback: () => undefined } as unknown;
  const { unmount } = render(ChannelForm, props as ComponentProps<typeof ChannelForm>);
  await fireEvent.click(screen.getByTestId('channel-test'));
  await screen.findByText(/No consent/);
  await fireEvent.click(screen.getByTestId('channel-save'));
  await vi.waitFor(() => expect(service.requests.at(-1)?.path).toBe('/channels/mail/consent'));
  unmount();
  ready(json({ start: 'https://provider.example' }));
  await vi.waitFor(() => expect(onsaved).toHaveBeenCalledWith(channel, false));
  expect(led).not.toHaveBeenCalled();
});
