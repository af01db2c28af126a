import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import type { Me } from '../../lib/api/types';
import { router, type Route } from '../../lib/router.svelte';
import { breaks } from '../../lib/state/breaks.svelte';
import { session } from '../../lib/state/session.svelte';
import { toasts } from '../../lib/state/toasts.svelte';
import { FakeService, json } from '../../testing/service';
import Settings from './Settings.svelte';

const LUNCH = { id: 'b1', name: 'Lunch', version: 1 };
const TRAINING = { id: 'b2', name: 'Training', version: 1 };

let service: FakeService;
let stored: object[];

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  session.me = { id: 'me', permissions: ['manage_agents'], sight: 'all' } as unknown as Me;
  stored = [LUNCH, TRAINING];
  service.on('GET /break-reasons', () => json(stored));
});

afterEach(() => {
  cleanup();
  session.me = null;
  breaks.all = [];
  breaks.state = 'idle';
  toasts.all = [];
  router.route = { name: 'inbox', view: 'mine', number: '' };
  vi.unstubAllGlobals();
});

async function openPage(form?: string): Promise<void> {
  router.go({ name: 'settings', page: 'breaks', form });
  render(Settings, { page: 'breaks' });
  await vi.waitFor(() => expect(breaks.state).toBe('ready'), 20_000);
}
const address = () => location.pathname;
const field = () => screen.findByLabelText<HTMLInputElement>(/^Reason/);
const type = async (value: string) => fireEvent.input(await field(), { target: { value } });
/** As the browser's own buttons do. */
async function turnTo(route: Route): Promise<void> {
  router.go(route, 'replace');
  await tick();
}

it('a form that is opened is in the address, and closing it takes it out again', async () => {
  await openPage();
  await fireEvent.click(await screen.findByRole('button', { name: 'Edit Training' }));
  expect((await field()).value).toBe('Training');
  expect(address()).toBe('/settings/breaks/edit/b2');
  await fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  await vi.waitFor(() => expect(address()).toBe('/settings/breaks'));
  await fireEvent.click(screen.getByTestId('break-reason-add'));
  expect((await field()).value).toBe('');
  expect(address()).toBe('/settings/breaks/new');
});

it('an address opens its form once the list is there, and going back closes it', async () => {
  await openPage('b1');
  expect((await field()).value).toBe('Lunch');
  await turnTo({ name: 'settings', page: 'breaks' });
  await vi.waitFor(() => expect(screen.queryByLabelText(/^Reason/)).toBeNull());
  expect(screen.queryByRole('dialog')).toBeNull();
});

it('what is typed in one form is asked about before another of the page opens', async () => {
  await openPage('b1');
  await type('Late lunch');
  await fireEvent.click(screen.getByRole('button', { name: 'Edit Training' }));
  await screen.findByText('Leave without saving?');
  expect((await field()).value).toBe('Late lunch');
  expect(address()).toBe('/settings/breaks/edit/b1');
  await fireEvent.click(screen.getByTestId('confirmed'));
  await vi.waitFor(async () => expect((await field()).value).toBe('Training'));
  expect(address()).toBe('/settings/breaks/edit/b2');
});

it('closing a form by hand, or saving it, asks nothing', async () => {
  await openPage('b1');
  await type('Late lunch');
  await fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  await vi.waitFor(() => expect(address()).toBe('/settings/breaks'));
  await fireEvent.click(await screen.findByRole('button', { name: 'Edit Lunch' }));
  await type('Long lunch');
  service.on('PUT /break-reasons/b1', () => json({ ...LUNCH, name: 'Long lunch', version: 2 }));
  await fireEvent.submit((await field()).form as HTMLFormElement);
  await screen.findByRole('button', { name: 'Edit Long lunch' });
  await vi.waitFor(() => expect(address()).toBe('/settings/breaks'));
  expect(screen.queryByText('Leave without saving?')).toBeNull();
});

it('an address of what is not there any more says so, and shows the list', async () => {
  await openPage('b9');
  await screen.findByRole('button', { name: 'Edit Lunch' });
  await vi.waitFor(() => expect(address()).toBe('/settings/breaks'));
  expect(toasts.all.at(-1)?.text).toBe('What you wanted to change is not here any more.');
  screen.getByTestId('break-reason-add');
});

it('what a colleague removes while it is being changed is said, and the list is there again', async () => {
  await openPage('b1');
  await field();
  stored = [TRAINING];
  await breaks.refresh();
  await vi.waitFor(() => expect(address()).toBe('/settings/breaks'));
  expect(toasts.all).toHaveLength(1);
  await screen.findByTestId('break-reason-add');
});

it('Back from a form that was opened where one was closed before stays on the page', async () => {
  const left = vi.spyOn(history, 'back').mockImplementation(() => undefined);
  await openPage();
  await fireEvent.click(await screen.findByRole('button', { name: 'Edit Training' }));
  await field();
  await fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  await vi.waitFor(() => expect(history.state).toEqual({ spare: true }));
  await fireEvent.click(screen.getByRole('button', { name: 'Edit Lunch' }));
  await field();
  history.replaceState(null, '', '/settings/breaks');
  dispatchEvent(new PopStateEvent('popstate'));
  await vi.waitFor(() => expect(screen.queryByLabelText(/^Reason/)).toBeNull());
  expect(left).not.toHaveBeenCalled();
});

it('who asks for a new one while a new one is open goes on with it', async () => {
  await openPage('');
  await type('Late lunch');
  await turnTo({ name: 'settings', page: 'breaks', form: '' });
  expect(screen.queryByText('Leave without saving?')).toBeNull();
  expect((await field()).value).toBe('Late lunch');
  await turnTo({ name: 'settings', page: 'breaks' });
  await screen.findByText('Leave without saving?');
});
