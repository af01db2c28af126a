import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromField, presets, toField } from './snooze';

const at = (iso: string) => new Date(iso).getTime();
const labels = (now: number) => presets(now).map((preset) => preset.label.replace('snooze.', ''));

describe('snooze presets', () => {
  it('offers what lies ahead on a Wednesday morning', () => {
    expect(labels(at('2026-11-18T09:00'))).toEqual([
      'later',
      'afternoon',
      'evening',
      'tomorrow',
      'weekend',
      'next_week',
    ]);
  });

  it('does not call it later today when it is tomorrow', () => {
    expect(labels(at('2026-11-18T22:30'))).toEqual(['hours', 'tomorrow', 'weekend', 'next_week']);
  });

  it('means the Monday that comes, on a Monday too', () => {
    const monday = presets(at('2026-11-16T09:00')).find((preset) => preset.label === 'snooze.next_week');
    expect(monday?.at).toBe(at('2026-11-23T08:00'));
  });

  it('is always ahead, in order, and on the wall clock', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
        (date) => {
          const all = presets(date.getTime());
          expect(all.every((preset) => preset.at > date.getTime())).toBe(true);
          expect([...all].sort((a, b) => a.at - b.at)).toEqual(all);
          const tomorrow = all.find((preset) => preset.label === 'snooze.tomorrow');
          expect(new Date(tomorrow?.at ?? 0).getHours()).toBe(8);
        },
      ),
    );
  });

  it('reads back what the date field shows', () => {
    const minute = at('2026-11-18T09:05');
    expect(fromField(toField(minute))).toBe(minute);
    expect(fromField('')).toBeNull();
  });
});
