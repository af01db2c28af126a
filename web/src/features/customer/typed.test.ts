import { expect, test } from 'vitest';
import type { Attribute } from '../../lib/api/types';
import { fits } from './typed';

const of = (kind: Attribute['kind'], choices: string[] = []): Attribute => ({
  id: 'a',
  name: 'A',
  key: 'a',
  version: 1,
  order: 0,
  kind,
  choices,
});

test.each([
  [of('text'), ['', 'x'], []],
  [of('number'), ['0', '-12.5'], ['', '1,5', '1e3', '--1', '1.']],
  [of('date'), ['2026-11-22', '2024-02-29'], ['', '22.11.2026', '2026-02-30', '2026-13-01']],
  [of('yes_no'), ['yes', 'no'], ['', 'Yes']],
  [of('choice', ['Gold']), ['Gold'], ['', 'gold']],
  [of('link'), ['https://example.org/x'], ['', 'example.org', 'javascript:alert(1)', 'https://a b']],
])('what is of a kind is told', (attribute, good, bad) => {
  expect(good.filter((value) => !fits(attribute, value))).toEqual([]);
  expect(bad.filter((value) => fits(attribute, value))).toEqual([]);
});
