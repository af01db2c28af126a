import { cleanup, render, screen } from '@testing-library/svelte';
import type { Component } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import { FakeService, json } from '../../testing/service';
import Attributes from './Attributes.svelte';
import Queues from './Queues.svelte';
import Surveys from './surveys/Surveys.svelte';

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
