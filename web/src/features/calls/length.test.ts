import { describe, expect, it } from 'vitest';
import { lengthText, localTime, secondsOf } from './length';

describe('the length of a call', () => {
  it('is typed as minutes, or with seconds and hours', () => {
    expect(['', ' 5 ', '4:30', '0:07', '1:02:03'].map(secondsOf)).toEqual([0, 300, 270, 7, 3723]);
  });

  it('is nothing else', () => {
    for (const wrong of ['x', '5m', '4:75', '1:60:00', '1:2:3:4', '-1', ':', '4:']) {
      expect(secondsOf(wrong), wrong).toBeUndefined();
    }
  });

  it('is shown as it is spoken of', () => {
    expect([0, 7, 270, 3723].map(lengthText)).toEqual(['0:00', '0:07', '4:30', '1:02:03']);
  });

  it('begins in the zone of whoever reads', () => {
    const at = new Date(2026, 10, 22, 3, 5).getTime();
    expect(localTime(at)).toBe('2026-11-22T03:05');
  });
});
