import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { conversation, FakeService } from '../../testing/service';
import { live } from '../../lib/state/live.svelte';
import { Thread } from '../../lib/state/thread.svelte';
import Timeline from './Timeline.svelte';

const failed = vi.fn();

beforeEach(() => {
  new FakeService().install((name, value) => vi.stubGlobal(name, value));
  process.on('unhandledRejection', failed);
});

afterEach(() => {
  process.off('unhandledRejection', failed);
  failed.mockReset();
  cleanup();
  live.stop();
  vi.unstubAllGlobals();
});

it('a timeline that is left before it was drawn touches nothing any more', async () => {
  const row = conversation('k1');
  const thread = new Thread('1', row);
  const { component, unmount } = render(Timeline, { thread, row, onforward: () => undefined });
  component.toLatest();
  const log = screen.getByRole('log');
  unmount();
  thread.close();
  document.body.append(log);
  await fireEvent.scroll(log); // a scroll that was on its way
  log.remove();
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(failed).not.toHaveBeenCalled();
});
