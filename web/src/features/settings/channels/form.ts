// A form made from the JSON Schema of a connector's settings: which control each field gets, and the settings that are typed.

import type { Acknowledgement } from '../../../lib/api/types';

export interface Schema {
  type?: string;
  title?: string;
  help?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  /** A secret: it goes in and never comes out. */
  writeOnly?: boolean;
  /** May be left out as a whole. */
  optional?: boolean;
  /** The value is the id of an entry of this list of the catalog. */
  pick?: string;
  /** Right as it is for nearly everybody. */
  advanced?: boolean;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

export type Control =
  'text' | 'secret' | 'number' | 'switch' | 'choice' | 'lines' | 'pairs' | 'group' | 'rows' | 'pick' | 'none';
export type Values = Record<string, unknown>;

/** What a field is filled in with; `none` for a shape that no control shows. */
export function control(field: Schema): Control {
  if (field.properties) return 'group';
  if (field.writeOnly) return 'secret';
  if (field.pick) return 'pick';
  if (field.enum) return 'choice';
  if (field.type === 'boolean') return 'switch';
  if (field.type === 'integer' || field.type === 'number') return 'number';
  if (field.type === 'string') return 'text';
  if (field.type === 'array' && field.items?.type === 'string') return 'lines';
  if (pair(field)) return 'pairs';
  if (field.type === 'array' && field.items?.properties) return 'rows';
  return 'none';
}

/** The two names of a list of pairs, or of a table of texts. */
function pair(field: Schema): readonly [string, string] | 'table' | undefined {
  if (typeof field.additionalProperties === 'object' && field.additionalProperties.type === 'string')
    return 'table';
  const [first, second, ...more] = Object.entries(field.items?.properties ?? {});
  const texts = first?.[1].type === 'string' && second?.[1].type === 'string' && more.length === 0;
  return texts && first && second ? [first[0], second[0]] : undefined;
}

/** A stored or default value as its control shows it. */
export function shown(field: Schema, value: unknown): unknown {
  const given = value ?? field.default;
  switch (control(field)) {
    case 'group':
      return given || !field.optional ? filled(field, (given ?? {}) as Values) : null;
    case 'lines':
      return ((given ?? []) as string[]).join('\n');
    case 'pairs':
      return pairs(field, given).join('\n');
    case 'rows':
      return ((given ?? []) as Values[]).map((one) => filled(field.items as Schema, one));
    case 'switch':
      return Boolean(given);
    case 'secret':
      return '';
    case 'number':
      return typeof given === 'number' ? given : null;
    case 'none':
      return given;
    default:
      return String(given ?? '');
  }
}

function pairs(field: Schema, given: unknown): string[] {
  const names = pair(field);
  if (names === 'table')
    return Object.entries((given ?? {}) as Record<string, string>).map((one) => one.join(' = '));
  if (!names) return [];
  return ((given ?? []) as Record<string, string>[]).map((one) => `${one[names[0]]} = ${one[names[1]]}`);
}

/** All fields of a group as their controls show them. */
export function filled(group: Schema, stored: Values): Values {
  const fields = Object.entries(group.properties ?? {});
  return Object.fromEntries(fields.map(([name, field]) => [name, shown(field, stored[name])]));
}

/** The settings that the controls say; what is as it would be anyway is left out. */
export function settingsOf(group: Schema, values: Values): Values {
  const out: Values = {};
  for (const [name, field] of Object.entries(group.properties ?? {})) {
    const value = typed(field, values[name]);
    const needed = group.required?.includes(name);
    if (value === undefined || (!needed && JSON.stringify(value) === JSON.stringify(field.default))) continue;
    out[name] = value;
  }
  return out;
}

function typed(field: Schema, value: unknown): unknown {
  switch (control(field)) {
    case 'group':
      return value ? settingsOf(field, value as Values) : undefined;
    case 'lines':
      return lines(value);
    case 'pairs':
      return fromPairs(field, lines(value));
    case 'rows':
      return ((value ?? []) as Values[]).map((one) => settingsOf(field.items as Schema, one));
    case 'number':
      return value ?? undefined;
    case 'pick':
    case 'text':
      return String(value ?? '').trim();
    case 'secret':
      return value ? String(value) : undefined;
    default:
      return value ?? undefined;
  }
}

function lines(value: unknown): string[] {
  return String(value ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

function fromPairs(field: Schema, given: string[]): unknown {
  const names = pair(field);
  const halves = given.map((line): [string, string] => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
  if (!names || names === 'table') return Object.fromEntries(halves);
  return halves.map(([a, b]) => ({ [names[0]]: a, [names[1]]: b }));
}

/** The secrets, by their paths, that shall be forgotten: their controls hold null. */
export function forgotten(group: Schema, values: Values, at = ''): string[] {
  return Object.entries(group.properties ?? {}).flatMap(([name, field]) => {
    const path = at ? `${at}.${name}` : name;
    const kind = control(field);
    if (kind === 'group') return values[name] ? forgotten(field, values[name] as Values, path) : [];
    return kind === 'secret' && values[name] === null ? [path] : [];
  });
}

/** The first field, by its path, that must not be empty and is; secrets that are `set` may stay empty. */
export function missing(group: Schema, values: Values, set: readonly string[] = [], at = ''): string {
  for (const [name, field] of Object.entries(group.properties ?? {})) {
    const path = at ? `${at}.${name}` : name;
    const kind = control(field);
    if (kind === 'group') {
      const inside = values[name] ? missing(field, values[name] as Values, set, path) : '';
      if (inside) return inside;
    } else if (kind === 'rows') {
      const rows = (values[name] ?? []) as Values[];
      const inside = rows
        .map((one, i) => missing(field.items as Schema, one, set, `${path}.${i}`))
        .find(Boolean);
      if (inside) return inside;
    } else if (group.required?.includes(name) && !set.includes(path) && (values[name] ?? '') === '') {
      return path;
    }
  }
  return '';
}

/** The field of an acknowledgement, by its path, that must not be empty and is. */
export function missingIn(said: Acknowledgement | null): string {
  if (said && !said.text.trim()) return 'acknowledgement.text';
  if (said && !Number.isInteger(said.again_hours ?? 24)) return 'acknowledgement.again_hours';
  return '';
}

/** An id made from a name: small letters, digits and dashes. */
export function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64)
    .replace(/-+$/, '');
}

/** `slug` with a number where others have it already. */
export function freeSlug(name: string, taken: readonly string[]): string {
  const base = slug(name) || 'channel';
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base.slice(0, 60)}-${n}`;
    if (!taken.includes(id)) return id;
  }
}
