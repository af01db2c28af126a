import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, it } from 'vitest';
import { markOf } from '../../lib/keys/marks';
import Help from './Help.svelte';

afterEach(cleanup);

it('tells the keys of the field too, and each of them does what it tells', () => {
  render(Help);
  const told = (name: string) =>
    [...(screen.getByText(name).nextElementSibling?.children ?? [])].map((one) => one.textContent).join(' ');
  expect(told('Saved replies')).toBe('/');
  expect(told('Bold')).toBe('Ctrl B');
  expect(told('Quotation')).toBe('Ctrl ⇧ 9');
  expect([markOf('mod+b'), markOf('mod+shift+9'), markOf('mod+('), markOf('b')]).toEqual([
    'bold',
    'quote',
    'quote',
    undefined,
  ]);
});
