import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import type { AccountRow, Me } from '../../lib/api/types';
import { router } from '../../lib/router.svelte';
import { live } from '../../lib/state/live.svelte';
import { roles } from '../../lib/state/roles.svelte';
import { session } from '../../lib/state/session.svelte';
import { toasts } from '../../lib/state/toasts.svelte';
import { FakeService, json } from '../../testing/service';
import People from './People.svelte';
import { standing } from './people';

const DAY = 86_400_000;
const NOW = 1_800_000_000_000;

const person = (id: string, more: Partial<AccountRow> = {}): AccountRow => ({
  id,
  name: `Person ${id}`,
  email: `${id}@northwind.example`,
  role: 'agent',
  teams: [],
  capacity: 10,
  skills: {},
  limits: {},
  calendar: '',
  active: true,
  version: 1,
  created_at: NOW - 3 * DAY,
  invited: false,
  link_until: 0,
  ...more,
});

let service: FakeService;
let there: AccountRow[];

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  session.me = { id: 'me', permissions: [], sight: 'all' } as unknown as Me;
  session.teams = new Map([['t1', { id: 't1', name: 'Returns' }]]);
  service.on('GET /accounts', () => json(there));
  const role = (id: string) => ({ id, name: id, permissions: [], sight: 'own', builtin: true, version: 0 });
  service.on('GET /roles', () => json([role('agent'), role('supervisor')]));
  roles.open();
});

afterEach(() => {
  cleanup();
  live.stop();
  toasts.all = [];
  session.me = null;
  session.teams = new Map();
  roles.all = [];
  router.route = { name: 'inbox', view: 'mine', number: '' };
  roles.state = 'idle';
  vi.unstubAllGlobals();
});

const names = () => screen.getAllByTestId('person').map((row) => row.querySelector('.name')?.textContent);
const find = (words: string) =>
  fireEvent.input(screen.getByTestId('people-find'), { target: { value: words } });
const rowOf = (name: string) => {
  const row = screen.getAllByTestId('person').find((one) => one.textContent?.includes(name));
  return within(row as HTMLElement);
};

it('says how far an invitation is', () => {
  const invited = person('zoe', { invited: true, link_until: NOW + 4 * DAY });
  expect(standing(invited, NOW)).toBe('Invited, 3 days ago');
  expect(standing({ ...invited, created_at: NOW - 60_000 }, NOW)).toBe('Invited just now');
  expect(standing({ ...invited, link_until: 0 }, NOW)).toBe('Invited, 3 days ago · the link has expired');
  expect(standing({ ...invited, active: false }, NOW)).toBe('Invitation withdrawn');
  expect(standing(person('mia'), NOW)).toBe('');
  expect(standing(person('off', { active: false }), NOW)).toBe('Switched off');
});

it('finds one of 500 by name, address, role and team, and says where there is none', async () => {
  there = Array.from({ length: 500 }, (_, n) => person(`p${n}`));
  there[321] = person('jose', { name: 'José Díaz', role: 'supervisor', teams: ['t1'] });
  render(People);
  await vi.waitFor(() => expect(names()).toHaveLength(100));
  for (const words of ['jose diaz', 'JOSE@north', 'supervisor', 'díaz returns']) {
    await find(words);
    expect(names()).toEqual(['José Díaz']);
    screen.getByText('1 person');
  }
  await find('nobody at all');
  expect(screen.queryAllByTestId('person')).toEqual([]);
  await fireEvent.click(screen.getByRole('button', { name: 'Show everybody' }));
  await fireEvent.click(screen.getByRole('button', { name: 'Show more' }));
  expect(names()).toHaveLength(200);
});

it('an invitation is made again with a new link, and one that is withdrawn is taken back by inviting again', async () => {
  const zoe = person('zoe', { invited: true, link_until: NOW, teams: ['t1'], role: 'supervisor' });
  there = [person('mia'), zoe];
  const made = (link: string) =>
    json({ account: zoe, link: `https://inbox.example/reset/${link}`, expires_at: NOW + DAY, mailed: true });
  service.on('POST /accounts/zoe/link', () => made('second'));
  service.on('DELETE /accounts/zoe/invitation', () => {
    there = [person('mia'), { ...zoe, active: false }];
    return new Response(null, { status: 204 });
  });
  service.on('POST /accounts', () => {
    there = [person('mia'), zoe];
    return made('third');
  });
  render(People);
  await screen.findByRole('button', { name: 'Invite again: Person zoe' });
  expect(rowOf('Person mia').queryByRole('button', { name: /Withdraw/ })).toBeNull();
  await fireEvent.click(screen.getByRole('button', { name: 'Invite again: Person zoe' }));
  await screen.findByText(/second/);
  await fireEvent.click(screen.getByRole('button', { name: 'Withdraw the invitation of Person zoe' }));
  await vi.waitFor(() => expect(names()).toEqual(['Person mia']));
  await fireEvent.click(screen.getByRole('button', { name: 'Show 1 withdrawn invitation' }));
  expect(rowOf('Person zoe').getByText('Invitation withdrawn')).toBeDefined();
  toasts.undoLast();
  await screen.findByText(/third/);
  await vi.waitFor(() => expect(rowOf('Person zoe').queryByText('Invitation withdrawn')).toBeNull());
  expect(service.requests.at(-2)?.body).toEqual({
    email: 'zoe@northwind.example',
    name: 'Person zoe',
    role: 'supervisor',
    teams: ['t1'],
    capacity: 10,
  });
});

const invited = () => service.requests.filter((one) => one.method === 'POST' && one.path === '/accounts');
const save = (field: HTMLElement) => fireEvent.submit(field.closest('form') as HTMLFormElement);

it('an invitation whose answer was lost is tried again as the same one, and a form that is opened anew says nothing of it', async () => {
  there = [person('mia')];
  const zoe = person('zoe', { invited: true });
  const lost = () => Promise.reject(new TypeError('network'));
  service.on('POST /accounts', lost);
  render(People);
  const fill = async () => {
    await fireEvent.click(await screen.findByTestId('invite'));
    const email = await screen.findByLabelText<HTMLInputElement>(/^Mail address/);
    expect([screen.queryByRole('alert'), email.value]).toEqual([null, '']);
    await fireEvent.input(screen.getByLabelText(/^Name/), { target: { value: 'Zoe' } });
    await fireEvent.input(email, { target: { value: 'zoe@northwind.example' } });
    return email;
  };
  await save(await fill());
  await screen.findByRole('alert');
  await fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  const email = await fill();
  await save(email);
  await screen.findByRole('alert');
  service.on('POST /accounts', () =>
    json({ account: zoe, link: 'https://inbox.example/reset/first', expires_at: NOW, mailed: true }),
  );
  await save(email);
  await screen.findByText(/first/);
  const [first, second, third] = invited().map((one) => one.key);
  expect(second).toBe(third);
  expect(first).not.toBe(second);
});

it('a form whose address leads to somebody with more than oneself is not opened', async () => {
  const role = { name: 'admin', sight: 'all', builtin: true, version: 0 };
  there = [person('mia'), person('ada', { role: 'admin' })];
  service.on('GET /roles', () => json([{ ...role, id: 'admin', permissions: ['manage_channels'] }]));
  service.held = true;
  roles.state = 'idle';
  router.go({ name: 'settings', page: 'people', form: 'ada' });
  render(People);
  await vi.waitFor(() => expect(service.pending.length).toBeGreaterThan(1));
  service.held = false;
  for (const one of service.pending.splice(0)) one.answer();
  await vi.waitFor(() => expect(location.pathname).toBe('/settings/people'));
  expect(screen.queryByTestId('person-editor')).toBeNull();
  router.go({ name: 'settings', page: 'people', form: 'mia' });
  await screen.findByTestId('person-editor');
});

it('an older answer does not take out who was invited since', async () => {
  there = [person('mia')];
  live.start(() => undefined);
  service.deliverAll();
  render(People);
  await screen.findAllByTestId('person');
  const reload = () => {
    service.push({ t: 'reload', what: 'agents', id: '' });
    service.deliverAll();
  };
  service.held = true;
  reload();
  there = [...there, person('zoe', { invited: true })];
  reload();
  const [older, newer] = service.pending.splice(0);
  newer?.answer();
  await vi.waitFor(() => expect(names()).toHaveLength(2));
  older?.answer();
  await new Promise((settled) => setTimeout(settled));
  expect(names()).toHaveLength(2);
});
