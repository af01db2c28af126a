import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { afterEach, expect, it } from 'vitest';
import VirtualList from './VirtualList.svelte';

afterEach(cleanup);

it('takes no harm from a scroll that comes after it is gone', async () => {
  const row = createRawSnippet(() => ({ render: () => '<p>row</p>' }));
  const { unmount } = render(VirtualList, { ids: ['a'], rowHeight: 10, label: 'All', row });
  const scroller = screen.getByRole('list').parentElement as HTMLElement;
  const wrong: unknown[] = [];
  addEventListener('error', (event) => wrong.push(event.error));
  unmount();
  document.body.append(scroller);
  await fireEvent.scroll(scroller);
  scroller.remove();
  expect(wrong).toEqual([]);
});
