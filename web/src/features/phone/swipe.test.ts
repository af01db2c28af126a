import { describe, expect, it } from 'vitest';
import { meaning } from './swipe';

describe('a swipe', () => {
  it('means nothing until it has gone far enough', () => {
    expect(meaning(95, false)).toBe('');
    expect(meaning(-95, true)).toBe('');
  });

  it('closes to the end of the line and puts off to its beginning, whichever way the text runs', () => {
    expect([meaning(120, false), meaning(-120, false)]).toEqual(['close', 'snooze']);
    expect([meaning(120, true), meaning(-120, true)]).toEqual(['snooze', 'close']);
  });
});
