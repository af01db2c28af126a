import { cleanup, render, screen } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, expect, it } from 'vitest';
import { markOf } from '../../lib/keys/marks';
import { own } from '../../lib/keys/own.svelte';
import Help from './Help.svelte';

afterEach(() => {
  cleanup();
  own.keys = {};
});

it('tells the keys of the field too, and each of them does what it tells', () => {
  render(Help);
  const told = (name: string) =>
    [...(screen.getByText(name).nextElementSibling?.children ?? [])].map((one) => one.textContent).join(' ');
  expect(told('Saved replies')).toBe('/');
  expect(told('Bold')).toBe('Ctrl B');
  expect(told('Quotation')).toBe('Ctrl ⇧ 9');
  own.keys = { 'mark-bold': 'mod+d', 'mark-link': 'mod+l', 'mark-list': '' };
  flushSync();
  expect(told('Bold')).toBe('Ctrl D');
  const marks = ['mod+d', 'mod+b', 'mod+l', 'mod+shift+8', 'mod+shift+9', 'b', undefined].map(markOf);
  expect(marks).toEqual(['bold', undefined, 'link', undefined, 'quote', undefined, undefined]);
});
