import { describe, expect, it } from 'vitest';
import { isQuiet, kindOf, waysOf } from './noticing';

const NIGHT = { away: false, hours: true, from: 22 * 60, to: 7 * 60 };

describe('how a notice is made known', () => {
  it('is as given until somebody chooses, nothing included', () => {
    expect(waysOf('reply', {})).toEqual(['screen', 'desktop']);
    expect(waysOf('reply', { reply: ['sound'] })).toEqual(['sound']);
    expect(waysOf('mention', { mention: [] })).toEqual([]);
  });

  it('tells an answer in a chat from one by mail', () => {
    expect(kindOf({ kind: 'reply' }, true)).toBe('reply_live');
    expect(kindOf({ kind: 'reply' }, false)).toBe('reply');
    expect(kindOf({ kind: 'mention' }, true)).toBe('mention');
    expect(kindOf({ kind: 'followed' }, true)).toBe('followed');
  });

  it('is quiet through the night, and not at its end', () => {
    const at = [21 * 60 + 59, 22 * 60, 0, 6 * 60 + 59, 7 * 60];
    expect(at.map((minute) => isQuiet(NIGHT, false, minute))).toEqual([false, true, true, true, false]);
    const noon = { ...NIGHT, from: 12 * 60, to: 13 * 60 };
    expect([719, 720, 779, 780].map((minute) => isQuiet(noon, false, minute))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('is quiet while away only for who wants that', () => {
    expect(isQuiet({ ...NIGHT, hours: false, away: true }, true, 0)).toBe(true);
    expect(isQuiet({ ...NIGHT, hours: false }, true, 0)).toBe(false);
    expect(isQuiet({ ...NIGHT, hours: false, away: true }, false, 0)).toBe(false);
  });
});
