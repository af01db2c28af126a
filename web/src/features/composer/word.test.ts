import { describe, expect, it } from 'vitest';
import type { AgentRow } from '../../lib/api/types';
import { begun, colleagues } from './word';

const ends = (text: string) => begun(text, text.length);

describe('a word to complete', () => {
  it('begins with its sign at the beginning of a word and ends at the cursor', () => {
    expect(ends('@')).toEqual({ sign: '@', start: 0, query: '' });
    expect(ends('hey (@Jo')).toEqual({ sign: '@', start: 5, query: 'Jo' });
    expect(ends('so\n:tada')).toEqual({ sign: ':', start: 3, query: 'tada' });
    expect(begun('@mira look', 3)).toEqual({ sign: '@', start: 0, query: 'mi' });
    expect(ends('@Kovač')?.query).toBe('Kovač');
  });

  it('is no address, time, face, link or finished word', () => {
    for (const text of ['jo@shop', 'at 10:30', 'note:well', ':)', ':-D', 'https://shop', '@jonas look', 'x'])
      expect(ends(text), text).toBeUndefined();
    expect(ends(`${'a'.repeat(60)}@jo`)).toBeUndefined();
    expect(ends(`@${'a'.repeat(41)}`)).toBeUndefined();
  });
});

describe('colleagues', () => {
  const agent = (id: string, name: string, role = 'agent') => ({ id, name, role }) as AgentRow;
  const team = [
    agent('k', 'Kenji Jonason'),
    agent('me', 'Jo Me'),
    agent('j', 'Jonas Berg'),
    agent('i', 'Inês Duarte'),
    agent('bot', 'Jo Bot', 'bot'),
  ];

  it('are found by the beginning of any of their names, accents or not, without bots and oneself', () => {
    expect(colleagues(team, 'me', 'JO').map(({ id }) => id)).toEqual(['j', 'k']);
    expect(colleagues(team, 'me', 'ines').map(({ id }) => id)).toEqual(['i']);
    expect(colleagues(team, 'me', 'onas')).toEqual([]);
    expect(colleagues(team, 'me', '')).toHaveLength(3);
  });
});
