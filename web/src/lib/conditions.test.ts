// A form shows a condition and gives the same back; what it cannot show it leaves alone.
import { expect, test } from 'vitest';
import { conditionOf, isFilled, line, linesOf, tests, values } from './conditions';
import type { Condition } from './api/types';

const vip: Condition = { field: 'tag', op: 'has', value: ['vip', 'gold'] };
const late: Condition = { field: 'priority', op: 'at_least', value: 'high' };
const plan: Condition = { field: 'attribute', op: 'present', name: 'plan' };

test.each<Condition>([{}, { all: [vip, late] }, { any: [vip, plan] }])('%j comes back as it was', (given) => {
  const shown = linesOf(given);
  expect(shown).not.toBeNull();
  if (shown) expect(conditionOf(shown.join, shown.lines)).toEqual(given);
});

test('a single test is a list of one', () => {
  const shown = linesOf(vip);
  expect(shown && conditionOf(shown.join, shown.lines)).toEqual({ all: [vip] });
});

test.each<Condition>([{ none: [vip] }, { all: [{ any: [vip] }] }])('%j is more than a form shows', (given) =>
  expect(linesOf(given)).toBeNull(),
);

test('a new line begins with what its field allows', () => {
  expect(line('tag').op).toBe('has');
  expect(tests({ all: [vip, { none: [late] }] })).toBe(2);
});

test('what a condition names is found however deep it stands', () => {
  const gold: Condition = { field: 'segment', op: 'has', value: 'gold' };
  const both: Condition = { field: 'segment', op: 'lacks', value: ['gold', 'old'] };
  expect(values({ all: [vip, { any: [gold, { none: [both] }] }] }, 'segment')).toEqual([
    'gold',
    'gold',
    'old',
  ]);
  expect(values({}, 'segment')).toEqual([]);
});

test.each<[Condition, boolean]>([
  [{}, false],
  [plan, true],
  [{ all: [vip, plan] }, true],
  [{ all: [vip, { field: 'company', op: 'is', value: ' ' }] }, false],
  [{ all: [{ field: 'attribute', op: 'is', value: 'gold', name: ' ' }] }, false],
])('whether %j says enough to be asked: %s', (condition, enough) => expect(isFilled(condition)).toBe(enough));
