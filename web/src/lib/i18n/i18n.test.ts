import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import en from './en.json';
import later from './later.json';
import './later';
import { capped, t, tCode, type Key } from './index';
import { bytes, day, exactly, short, span, spanWords } from './time';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = new Date('2026-11-18T15:00').getTime();

describe('words', () => {
  it('fills in values and chooses the plural', () => {
    expect(t('done.assigned', { number: '#7', name: 'Mira' })).toBe('#7 assigned to Mira');
    expect(t('unread', { count: 1 })).toBe('1 unread');
    expect(t('thread.new', { count: 2 })).toBe('2 new messages');
    expect(t('login.wrong', {})).not.toContain('{{');
  });

  it('has no words for a code it does not know', () => {
    expect(tCode('reason.made_up')).toBeUndefined();
  });

  it('has words for everything that may have come by itself', () => {
    const kinds =
      'auto-generated auto-reply bounce complaint list opt-in opt-out out-of-office unseen-copy'.split(' ');
    expect(kinds.filter((kind) => tCode(`automatic.${kind}`) === undefined)).toEqual([]);
  });

  it('stops counting where the service does', () => {
    expect(capped(1000)).toBe('999+');
    expect(capped(12)).toBe('12');
  });

  it('are all used somewhere', () => {
    const files = readdirSync('src', { recursive: true }).map(String);
    const sources = files.filter((file) => /\.(svelte|ts)$/.test(file) && !file.includes('.test.'));
    const text = sources.map((file) => readFileSync(join('src', file), 'utf8')).join('\n');
    const stems = new Set(
      Object.keys({ ...en, ...later }).map((key) => key.replace(/_(zero|one|two|few|many|other)$/, '')),
    );
    const made = [...text.matchAll(/`([a-z_.]+)\$\{|words="([a-z_]+)"/g)].map(
      (match) => match[1] ?? `${match[2]}.`,
    );
    const unused = [...stems].filter(
      (key) => !text.includes(`'${key}'`) && !made.some((start) => key.startsWith(start)),
    );
    expect(unused).toEqual([]);
  }, 60_000);
});

describe('time in words', () => {
  it('is short in lists', () => {
    expect(short(NOW - 30_000, NOW)).toBe('now');
    expect(short(NOW - 19 * MINUTE, NOW)).toBe('19m');
    expect(short(NOW - 3 * HOUR, NOW)).toBe('3h');
    expect(short(NOW - 48 * HOUR, NOW)).toBe('Mon');
    expect(short(NOW - 400 * 24 * HOUR, NOW)).toMatch(/2025/);
  });

  it('counts down in the unit that matters', () => {
    expect(span(5 * MINUTE + 32_000)).toBe('5:32');
    expect(span(14 * MINUTE)).toBe('14m');
    expect(span(67 * MINUTE)).toBe('1h 07m');
    expect(span(51 * HOUR)).toBe('2d 3h');
    expect(spanWords(61 * MINUTE)).toBe('1 hour');
  });

  it('says what is promised or proved to the second', () => {
    expect(exactly(90 * MINUTE)).toBe('1 hour 30 minutes');
    expect(exactly(2.5 * MINUTE)).toBe('2 minutes 30 seconds');
    expect(exactly(8_000)).toBe('8 seconds');
    expect(exactly(48 * 60 * MINUTE)).toBe('2 days');
    expect(exactly(-33_412)).toBe('33 seconds');
    expect(exactly(0)).toBe('1 second');
  });

  it('names days', () => {
    expect(day(NOW, NOW)).toBe('Today');
    expect(day(NOW - 24 * HOUR, NOW)).toBe('Yesterday');
    expect(day(NOW - 72 * HOUR, NOW)).toMatch(/Sunday/);
  });

  it('shows sizes', () => {
    expect([bytes(1), bytes(812)]).toEqual(['1 byte', '812 bytes']);
    expect(bytes(3_200_000)).toMatch(/3\.2/);
  });
});

// A key that does not exist must not compile.
const known: Key = 'retry';
// @ts-expect-error this is no key
const unknown: Key = 'retry.not.a.key';
void [known, unknown];
