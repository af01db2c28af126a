import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
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
