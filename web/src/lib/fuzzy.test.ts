import { describe, expect, it } from 'vitest';
import { fit, ranked } from './fuzzy';

const find = (typed: string, ...names: string[]) => ranked(typed, names, (name) => name);

describe('fuzzy', () => {
  it('needs every letter, in order, whatever their case and accents', () => {
    expect(fit('kvc', 'Mira Kovač')).not.toBeNull();
    expect(fit('vk', 'Mira Kovač')).toBeNull();
    expect(fit('', 'anything')).toBe(0);
  });

  it('puts what was written out before what was abbreviated, and beginnings of words first', () => {
    expect(find('snoo', 'My son goes on', 'Snooze', 'Unsnoozed')).toEqual([
      'Snooze',
      'Unsnoozed',
      'My son goes on',
    ]);
    expect(find('am', 'Team', 'Assign to me')).toEqual(['Team', 'Assign to me']);
    expect(find('atm', 'Heat map', 'Assign to me')[0]).toBe('Assign to me');
  });

  it('keeps the order of equals', () => {
    expect(find('', 'b', 'a')).toEqual(['b', 'a']);
  });
});
