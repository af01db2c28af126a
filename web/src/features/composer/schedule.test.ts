import { describe, expect, it } from 'vitest';
import { sendTimes } from './schedule';

const labels = (now: Date) => sendTimes(now.getTime()).map((one) => one.label);
const at = (now: Date, label: string) =>
  new Date(sendTimes(now.getTime()).find((one) => one.label === label)?.at ?? 0);

describe('times to send at', () => {
  it('offers what lies ahead, soonest first', () => {
    const morning = new Date(2026, 5, 10, 10, 2);
    expect(labels(morning)).toEqual([
      'scheduled.hour',
      'scheduled.afternoon',
      'scheduled.tomorrow',
      'scheduled.monday',
    ]);
    expect(at(morning, 'scheduled.hour')).toEqual(new Date(2026, 5, 10, 11, 5));
  });

  it('leaves out an afternoon that is over, and names a time once', () => {
    expect(labels(new Date(2026, 5, 10, 15, 0))).not.toContain('scheduled.afternoon');
    expect(labels(new Date(2026, 5, 14, 20, 0)).filter((one) => one !== 'scheduled.hour')).toHaveLength(1);
  });

  it('keeps the hour of the wall when the clocks change', () => {
    const before = new Date(2026, 2, 28, 12, 0);
    expect(at(before, 'scheduled.tomorrow').getHours()).toBe(9);
  });
});
