import { describe, expect, it } from 'vitest';
import { filled, firstMissing, matching, parts, slashed, type Values } from './variables';

const values: Values = {
  'customer.first_name': 'Anna',
  'customer.name': 'Anna Schmidt',
  'agent.first_name': 'Mira',
  'agent.name': 'Mira Kovac',
  'conversation.number': '#1042',
  'conversation.subject': '',
  'channel.name': 'Support',
};
const reply = (name: string, folder = '', text = '') => ({
  id: name,
  name,
  folder,
  text,
  personal: false,
  version: 1,
  files: [],
});
const NONE = new Map();

describe('variables of a saved reply', () => {
  it('are filled in, whatever blanks stand around their names', () => {
    expect(
      filled('Dear {{customer.first_name}}, {{ agent.name }} about {{conversation.number}}', values),
    ).toBe('Dear Anna, Mira Kovac about #1042');
  });

  it('stay and are marked where there is no value, or no such variable', () => {
    const text = 'About {{conversation.subject}} and {{customer.shoe_size}}.';
    expect(
      parts(text, values)
        .filter((part) => part.missing)
        .map((part) => part.text),
    ).toEqual(['{{conversation.subject}}', '{{customer.shoe_size}}']);
    expect(filled(text, values)).toBe(text);
    expect(firstMissing(text)).toEqual({ start: 6, end: 30, text: '{{conversation.subject}}' });
    expect(firstMissing('nothing {{ here }}')).toBeUndefined();
  });

  it('do not put what a customer calls himself through it again', () => {
    expect(filled('{{customer.name}}', { ...values, 'customer.name': '{{agent.name}}' })).toBe(
      '{{agent.name}}',
    );
  });

  it('cost no more than their text is long', () => {
    const text = `${'{{ '.repeat(20_000)}${'{{customer.name}} '.repeat(5_000)}`;
    const began = performance.now();
    expect(filled(text, values)).toContain('Anna Schmidt');
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe('a slash', () => {
  it('looks for a reply where it begins a word', () => {
    expect(slashed('/', 1)).toEqual({ start: 0, query: '' });
    expect(slashed('Dear\n/ref', 9)).toEqual({ start: 5, query: 'ref' });
    expect(slashed('Hi /ref und', 7)).toEqual({ start: 3, query: 'ref' });
    expect(slashed('\u0645\u0631\u062d\u0628\u0627 /\u0631\u062f', 9)).toEqual({
      start: 6,
      query: '\u0631\u062f',
    });
  });

  it('is only a slash elsewhere', () => {
    expect(slashed('and/or', 6)).toBeUndefined();
    expect(slashed('https://a', 9)).toBeUndefined();
    expect(slashed('/a b', 4)).toBeUndefined();
    expect(slashed(`${'x'.repeat(80)}/a`, 82)).toBeUndefined();
  });
});

describe('the replies that are offered', () => {
  it('are those with all words, names first', () => {
    const all = [reply('Later', '', 'refund'), reply('Money', 'refund'), reply('No refund'), reply('Refund')];
    expect(matching(all, NONE, 'refund', 10).map((one) => one.name)).toEqual([
      'Refund',
      'No refund',
      'Money',
      'Later',
    ]);
    expect(matching(all, NONE, 'no-ref', 10).map((one) => one.name)).toEqual(['No refund']);
    expect(matching(all, NONE, '', 2)).toHaveLength(2);
    expect(matching(all, NONE, 'zebra', 10)).toEqual([]);
  });

  it('are the most used first where they fit alike', () => {
    const all = [reply('A refund'), reply('B refund'), reply('Refund'), reply('Money', 'refund')];
    const uses = new Map([
      ['B refund', { id: 'B refund', uses: 3, last_at: 0 }],
      ['Money', { id: 'Money', uses: 9, last_at: 0 }],
    ]);
    expect(matching(all, uses, 'refund', 10).map((one) => one.name)).toEqual([
      'Refund',
      'B refund',
      'A refund',
      'Money',
    ]);
    expect(matching(all, uses, '', 2).map((one) => one.name)).toEqual(['Money', 'B refund']);
  });
});
