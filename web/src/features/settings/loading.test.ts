import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import type { Component } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import type { Alert, Webhook } from '../../lib/api/types';
import { FakeService, json, problem } from '../../testing/service';
import { alerts } from '../../lib/state/alerts.svelte';
import { webhooks } from '../../lib/state/webhooks.svelte';
import Alerts from './Alerts.svelte';
import Attributes from './Attributes.svelte';
import Breaks from './Breaks.svelte';
import QueueEditor from './QueueEditor.svelte';
import Queues from './Queues.svelte';
import Surveys from './surveys/Surveys.svelte';
import Webhooks from './Webhooks.svelte';

let service: FakeService;

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

// What is made too early would get the place, or the key, of what is there and not seen yet.
it.each<[string, string, Component]>([
  ['/queues', 'queue-add', Queues],
  ['/surveys', 'survey-add', Surveys],
  ['/attributes', 'attribute-add', Attributes],
])('something new is added to %s once the list is there', async (path, button, page) => {
  service.on(`GET ${path}`, () => json([]));
  service.held = true;
  render(page);
  await vi.waitFor(() => expect(service.pending).toHaveLength(1));
  expect(screen.queryByTestId(button)).toBeNull();
  service.pending[0]?.answer();
  await screen.findByTestId(button);
});

const queue = { queue: null, others: [], onsaved: () => undefined, onclose: () => undefined };

it('opening hours are asked for once, however many forms want them', async () => {
  const asked = () => service.requests.filter((one) => one.path === '/calendars').length;
  service.on('GET /calendars', () => json([{ id: 'c1', name: 'Weekdays', week: [], version: 1 }]));
  for (let form = 0; form < 3; form++) {
    render(QueueEditor, queue);
    await screen.findByRole('option', { name: 'Weekdays' });
    cleanup();
  }
  expect(asked()).toBe(1);
});

const alert = { id: 'a1', name: 'Full', measure: 'waiting', webhooks: ['w1', 'w2'], version: 1 } as Alert;

it.each<[string, object, Component]>([
  ['/alerts', alert, Alerts],
  ['/webhooks', { id: 'w1', name: 'Pager', url: 'https://x.example', version: 1 }, Webhooks],
  ['/break-reasons', { id: 'b1', name: 'Lunch', version: 1 }, Breaks],
])('that %s could not be loaded is said, and tried again when asked', async (path, one, page) => {
  alerts.state = webhooks.state = 'idle';
  service.on(`GET ${path}`, () => problem(500, 'internal'));
  render(page);
  const retry = await screen.findByRole('button', { name: 'Retry' });
  service.on(`GET ${path}`, () => json([one]));
  await fireEvent.click(retry);
  await screen.findByText((one as { name: string }).name);
  expect(screen.queryByRole('alert')).toBeNull();
});

it('an alert keeps its webhooks while they are not loaded, and loses those that are gone', async () => {
  const saved = async () => {
    await fireEvent.click(await screen.findByRole('button', { name: /^(Change|Edit)/ }));
    await fireEvent.click(screen.getByRole('button', { name: 'Save' }));
    await vi.waitFor(() => expect(service.requests.some((one) => one.method === 'PUT')).toBe(true));
    const { body } = service.requests.splice(0).find((one) => one.method === 'PUT') ?? {};
    return (body as { webhooks: string[] }).webhooks;
  };
  alerts.all = [alert];
  alerts.state = 'ready';
  webhooks.all = [];
  webhooks.state = 'failed';
  service.on('GET /webhooks', () => problem(500, 'internal'));
  service.on('PUT /alerts/a1', () => json(alert));
  render(Alerts);
  expect(await saved()).toEqual(['w1', 'w2']);
  webhooks.all = [{ id: 'w2', name: 'Pager' } as Webhook];
  webhooks.state = 'ready';
  expect(await saved()).toEqual(['w2']);
});
