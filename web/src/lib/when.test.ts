import { describe, expect, it } from 'vitest';
import { when } from './when';

// A Thursday.
const NOW = new Date(2026, 10, 19, 10, 20).getTime();
const at = (month: number, day: number, hour = 8, minute = 0, year = 2026) =>
  new Date(year, month - 1, day, hour, minute).getTime();

describe('what somebody says about a time', () => {
  it.each([
    ['in 3 hours', NOW + 3 * 3_600_000],
    ['in an hour', NOW + 3_600_000],
    ['45m', NOW + 45 * 60_000],
    ['1.5h', NOW + 90 * 60_000],
    ['in 1 hour 30 minutes', NOW + 90 * 60_000],
    ['2 days', at(11, 21, 10, 20)],
    ['in 2 weeks', at(12, 3, 10, 20)],
    ['in 1 month', at(12, 19, 10, 20)],
    ['tomorrow', at(11, 20)],
    ['tomorrow 9', at(11, 20, 9)],
    ['Tomorrow at 2:15 pm', at(11, 20, 14, 15)],
    ['tomorrow afternoon', at(11, 20, 13)],
    ['tomorrow afternoon 3', at(11, 20, 15)],
    ['this evening', at(11, 19, 19)],
    ['tonight', at(11, 19, 19)],
    ['today 17', at(11, 19, 17)],
    ['14:30', at(11, 19, 14, 30)],
    ['9am', at(11, 20, 9)],
    ['noon', at(11, 19, 12)],
    ['fri 14:30', at(11, 20, 14, 30)],
    ['next monday', at(11, 23)],
    ['thursday', at(11, 26)],
    ['next week', at(11, 23)],
    ['next month', at(12, 1)],
    ['weekend', at(11, 21)],
    ['1 dec', at(12, 1)],
    ['dec 1st 10:00', at(12, 1, 10)],
    ['3 jan', at(1, 3, 8, 0, 2027)],
    ['24.12.', at(12, 24)],
    ['2026-12-01 07:45', at(12, 1, 7, 45)],
  ])('%s', (text, wanted) => {
    expect(new Date(when(text, NOW) ?? 0)).toEqual(new Date(wanted));
  });

  it.each([
    '',
    'later',
    'hello world',
    'in 3',
    'in 3 parsecs',
    'today 9',
    '25:00',
    '13pm',
    '2026-11-18',
    '31 feb',
    'monday monday 9 10',
    'in 9000 days',
    'next',
    'a b c d e f g',
  ])('“%s” means no time that lies ahead', (text) => {
    expect(when(text, NOW)).toBeNull();
  });
});
