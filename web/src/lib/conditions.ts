// Conditions as a form shows them: a flat list that all or any of must hold. What is nested deeper is shown as JSON.
import type { Condition } from './api/types';

export type Join = 'always' | 'all' | 'any';

/** One line of the form. */
export interface Line {
  id: number;
  field: string;
  op: string;
  values: string[];
  name: string;
}

/** Which comparisons a field allows, in the order they are offered. */
export const OPS: Readonly<Record<string, readonly string[]>> = {
  channel: ['is', 'is_not'],
  channel_kind: ['is', 'is_not'],
  team: ['is', 'is_not', 'empty', 'present'],
  queue: ['is', 'is_not', 'empty', 'present'],
  tag: ['has', 'has_all', 'lacks', 'empty', 'present'],
  priority: ['is', 'is_not', 'at_least', 'at_most'],
  language: ['is', 'is_not', 'empty', 'present'],
  subject: ['contains', 'contains_any', 'empty', 'present'],
  attribute: ['is', 'is_not', 'at_least', 'at_most', 'empty', 'present'],
  company: ['is', 'is_not', 'empty', 'present'],
  segment: ['has', 'has_all', 'lacks', 'empty', 'present'],
  time: ['inside', 'outside'],
};

/** What a segment of customers can ask for. */
export const OF_THE_CUSTOMER = ['attribute', 'company', 'language'];

/** Of what has several values a line may name several. */
export const takesSeveral = (op: string) => ['has', 'has_all', 'lacks'].includes(op);

export const takesValue = (op: string) => op !== 'empty' && op !== 'present';

let made = 0;

export function line(field = 'channel'): Line {
  return { id: ++made, field, op: OPS[field]?.[0] ?? 'is', values: [], name: '' };
}

/** What is typed with commas between. */
export const partsOf = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

function lineOf(test: Condition): Line | null {
  if (!test.field || !test.op || !OPS[test.field]?.includes(test.op)) return null;
  const values = [test.value ?? ''].flat().filter(Boolean);
  return { id: ++made, field: test.field, op: test.op, values, name: test.name ?? '' };
}

/** The lines of a condition; null when a form cannot show it. */
export function linesOf(condition: Condition): { join: Join; lines: Line[] } | null {
  if (condition.none) return null;
  const group = condition.all ?? condition.any;
  if (!group && !condition.field) return { join: 'always', lines: [] };
  const lines = (group ?? [condition]).map(lineOf);
  if (lines.some((one) => one === null)) return null;
  return { join: condition.any ? 'any' : 'all', lines: lines.filter((one) => one !== null) };
}

function testOf(one: Line): Condition {
  const test: Condition = { field: one.field, op: one.op };
  if (one.field === 'attribute') test.name = one.name.trim();
  if (takesValue(one.op)) test.value = one.values.length === 1 ? (one.values[0] ?? '') : [...one.values];
  return test;
}

export function conditionOf(join: Join, lines: readonly Line[]): Condition {
  if (join === 'always' || lines.length === 0) return {};
  return { [join]: lines.map(testOf) };
}

const members = (condition: Condition) =>
  [condition.all, condition.any, condition.none].flatMap((group) => group ?? []);

/** How many tests a condition has. */
export function tests(condition: Condition): number {
  return (condition.field ? 1 : 0) + members(condition).reduce((sum, one) => sum + tests(one), 0);
}

/** The values that a condition compares a field with. */
export function values(condition: Condition, field: string): string[] {
  const own = condition.field === field ? [condition.value ?? ''].flat().filter(Boolean) : [];
  return [...own, ...members(condition).flatMap((one) => values(one, field))];
}

/** Whether every test says what it compares, so that the service can be asked; a condition without any does not. */
export function isFilled(condition: Condition): boolean {
  if (condition.field) {
    const says = !takesValue(condition.op ?? '') || [condition.value ?? ''].flat().some((one) => one.trim());
    return says && (condition.field !== 'attribute' || Boolean(condition.name?.trim()));
  }
  const inside = members(condition);
  return inside.length > 0 && inside.every(isFilled);
}
