import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { conversation, FakeService, json } from '../../testing/service';
import TranscriptDialog from './TranscriptDialog.svelte';

let service: FakeService;

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  vi.stubGlobal('print', () => undefined);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('is with notes or without from its first page to its last, which is what was written down', async () => {
  const asked: (string | null)[] = [];
  let answer: () => void = () => undefined;
  service.on('GET /conversations/k1/transcript', async ({ searchParams }) => {
    asked.push(searchParams.get('notes'));
    await new Promise<void>((resolve) => (answer = resolve));
    return json({ items: [], before: null, after: asked.length < 2 ? 'p2' : null });
  });
  render(TranscriptDialog, { row: conversation('k1'), onclose: () => undefined });
  await fireEvent.click(screen.getByText('Print'));
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  await fireEvent.click(screen.getByRole('switch', { hidden: true }));
  answer();
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  answer();
  expect(asked).toEqual(['0', '0']);
});
