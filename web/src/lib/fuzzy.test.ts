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

  it('takes no name for meant over which the letters of a word are strewn', () => {
    const long = 'Mein sehr langer Ansichtsname, der niemals in eine Zeile passt';
    expect(find('amina', long, 'Assign to Amina')).toEqual(['Assign to Amina']);
    expect(find('greeting', long)).toEqual([]);
    expect(find('ines', long, 'Assign to Inês')[0]).toBe('Assign to Inês');
    expect(find('meansi', long)).toEqual([long]);
  });

  it('keeps the order of equals', () => {
    expect(find('', 'b', 'a')).toEqual(['b', 'a']);
  });
});
