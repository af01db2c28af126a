import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import type { AccountRow, Me } from '../../lib/api/types';
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
  toasts.all = [];
  session.me = null;
  session.teams = new Map();
  roles.all = [];
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
