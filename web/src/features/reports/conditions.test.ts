import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import type { Queue } from '../../lib/api/types';
import { queues } from '../../lib/state/queues.svelte';
import Conditions from './Conditions.svelte';
import { read } from './period';

afterEach(cleanup);

it('a year that is being typed asks for nothing before it is whole', async () => {
  const onchange = vi.fn();
  render(Conditions, {
    asked: read('first=2026-11-01&last=2026-11-22', Date.UTC(2026, 10, 22), 'UTC'),
    onchange,
  });
  for (const name of ['first', 'last'] as const) {
    const field = screen.getByLabelText(name === 'first' ? 'First day' : 'Last day');
    for (const value of ['0002-11-05', '0020-11-05', '0202-11-05', ''])
      await fireEvent.change(field, { target: { value } });
    expect(onchange).not.toHaveBeenCalled();
    await fireEvent.change(field, { target: { value: '2025-11-05' } });
    expect(onchange).toHaveBeenCalledExactlyOnceWith({ [name]: '2025-11-05' });
    onchange.mockClear();
  }
});

it('every condition of the address stands there and can be taken off, also one that was removed', async () => {
  queues.all = [{ id: 'repairs', name: 'Repairs', version: 1 }] as Queue[];
  queues.state = 'ready';
  const onchange = vi.fn();
  const asked = read('first=2026-11-01&last=2026-11-22&queue=repairs', Date.UTC(2026, 10, 22), 'UTC');
  const { rerender } = render(Conditions, { asked, onchange });
  const field = screen.getByLabelText<HTMLSelectElement>('Queue');
  expect(field.selectedOptions[0]?.text).toBe('Repairs');
  await rerender({ asked: { ...asked, queue: 'old' }, onchange });
  expect(field.value).toBe('old');
  expect(field.selectedOptions[0]?.text).not.toBe('');
  await fireEvent.change(field, { target: { value: '' } });
  expect(onchange).toHaveBeenCalledExactlyOnceWith({ tag: '', queue: '' });
});
