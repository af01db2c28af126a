import { describe, expect, it } from 'vitest';
import { dayIn, fullIn, parseHours, parseSpan, writeHours, writeSpan, zoneNamed } from './hours';

describe('opening hours as people type them', () => {
  it('understands several, short ones, nights and 24:00', () => {
    expect(parseHours('9-12, 13:30 – 17')).toEqual([
      { start: 540, end: 720 },
      { start: 810, end: 1020 },
    ]);
    expect(parseHours('22-6')).toEqual([{ start: 1320, end: 1800 }]);
    expect(parseHours('0-24')).toEqual([{ start: 0, end: 1440 }]);
    expect(parseHours(' ')).toEqual([]);
  });

  it.each(['nine to five', '9-25', '9:75-10', '9-12, 11-13', '24-25'])('refuses %s', (text) => {
    expect(parseHours(text)).toBeUndefined();
  });

  it('writes what it reads', () => {
    for (const text of ['09:00–12:00, 13:30–17:00', '22:00–06:00', '00:00–24:00', ''])
      expect(writeHours(parseHours(text) ?? [])).toBe(text);
  });
});

describe('the zone of hours', () => {
  const offered = ['Asia/Tokyo', 'Europe/Berlin'];

  it('is found however it is written, also by a name that is not offered', () => {
    expect(zoneNamed(' asia/tokyo ', offered)).toBe('Asia/Tokyo');
    expect(zoneNamed('UTC', offered)).toBe('UTC');
    expect(zoneNamed('Asia/Kolkata', offered)).toBe('Asia/Kolkata');
    for (const small of ['asia/kolkata', 'Asia/kolkata'])
      expect(zoneNamed(small, offered)).toBe('Asia/Kolkata');
    expect(zoneNamed('america/argentina/buenos_aires', offered)).toBe('America/Argentina/Buenos_Aires');
    for (const none of ['Mars/Base', '', '+01:00', 'Europe/', 'Europe', 'mars/base'])
      expect(zoneNamed(none, offered)).toBeUndefined();
  });

  it('has a day of its own', () => {
    const evening = Date.UTC(2026, 10, 24, 2);
    expect(dayIn('America/New_York', evening)).toBe('2026-11-23');
    expect(dayIn('Asia/Tokyo', evening)).toBe('2026-11-24');
  });

  it('tells its own time and its name', () => {
    expect(fullIn('America/New_York', Date.UTC(2026, 10, 23, 14)).replace(/\s/g, ' ')).toBe(
      'Monday, November 23, 2026 at 9:00 AM (America/New_York)',
    );
  });
});

describe('spans of time', () => {
  it('understands units in any order and bare minutes', () => {
    expect(parseSpan('1h 30m')).toBe(5_400_000);
    expect(parseSpan('2D')).toBe(172_800_000);
    expect(parseSpan('45')).toBe(2_700_000);
    expect(parseSpan('')).toBeNull();
  });

  it.each(['soon', '0m', '0', '1x', '-5m'])('refuses %s', (text) => {
    expect(parseSpan(text)).toBeUndefined();
  });

  it('writes what it reads', () => {
    for (const text of ['1d 4h 30m', '90s', '15m', '']) {
      const ms = parseSpan(text);
      expect(parseSpan(writeSpan(ms))).toBe(ms);
    }
  });
});
