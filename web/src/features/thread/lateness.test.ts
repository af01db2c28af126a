import { describe, expect, it } from 'vitest';
import type { ConversationRow } from '../../lib/api/types';
import { chip } from '../../lib/sla';
import { exactly, lateBy } from './lateness';

const clock = { metric: 'first_response', state: 'breached', target: 60_000, breached_at: 1_000_000 };
const of = (more: object) => [{ ...clock, ...more }] as ConversationRow['sla'];

describe('how late a promise was kept', () => {
  it('grows until somebody answers and stands then', () => {
    expect(lateBy(of({}), 'first_response', 1_000_000, 1_090_000)).toMatchObject({
      owed: true,
      span: 90_000,
    });
    const answered = of({ met_at: 1_030_000 });
    expect(lateBy(answered, 'first_response', 1_000_000, 9e9)).toMatchObject({ owed: false, span: 30_000 });
  });

  it('is the same as its chip and begins with the change when less was promised than before', () => {
    const shortened = of({ due_at: 1_000_000, over: 1_354_000 });
    const now = 1_000_000 + 18 * 60_000;
    expect(lateBy(shortened, 'first_response', 1_000_000, now)?.span).toBe(18 * 60_000);
    expect(chip({ sla: shortened }, now)?.label).toContain('18');
  });

  it('is counted around the clock, and tells what of it lay in the hours of the promise', () => {
    const night = of({ calendar: 'office', over: 5_000, used: 75_000, met_at: 90_000_000 });
    expect(lateBy(night, 'first_response', 1_000_000, 9e9)).toEqual({
      owed: false,
      span: 89_000_000,
      inHours: 10_000,
    });
  });

  it('is not known any more of a promise that began anew', () => {
    expect(lateBy(of({ breached_at: 2 }), 'first_response', 1_000_000, 9e9)).toBeUndefined();
  });
});

describe('spans of a proof', () => {
  it('add up', () => {
    expect(exactly(2_300)).toBe('2 sec');
    expect(exactly(57_700)).toBe('58 sec');
    expect(exactly(3_860_000)).toBe('1 hr 4 min 20 sec');
    expect(exactly(90_000_000)).toBe('1 day 1 hr');
    expect(exactly(0)).toBe('0 sec');
  });
});
