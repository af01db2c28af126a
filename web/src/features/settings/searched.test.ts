import { expect, it } from 'vitest';
import { listed, matching } from './searched';

const words = ['Rückgabe angefragt', 'Garantie', 'Größe'];
const found = (typed: string) => matching(words, typed, (one) => one);

it('finds by every word that was typed, in any order, without accents and case', () => {
  expect(found('ANGE ruck')).toEqual(['Rückgabe angefragt']);
  expect(found('ange garantie')).toEqual([]);
  expect(found('  ')).toEqual(words);
});

it('shows the row whose form is open though it is not among the first, or not found', () => {
  expect(listed(words, 1, 'Garantie')).toEqual(['Garantie', 'Rückgabe angefragt']);
  expect(listed(words, 2, 'Garantie')).toEqual(['Rückgabe angefragt', 'Garantie']);
  expect(listed(words, 1, undefined)).toEqual(['Rückgabe angefragt']);
});
