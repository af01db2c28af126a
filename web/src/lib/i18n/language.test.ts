import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { t, useLanguage } from './index';
import { LANGUAGES, localeOf, preferred, speak } from './language.svelte';
import { full, short, soon, soonAlone } from './time';

const NOW = Date.UTC(2026, 10, 18, 15);
const isolated = (text: string) => `\u2068${text}\u2069`;

describe('the language', () => {
  afterEach(() => useLanguage('en', {}));

  it('is the first of the reader’s that there is', () => {
    expect(preferred(['nl-NL', 'de-CH', 'en'])).toBe('de');
    expect(preferred(['pt-PT'])).toBe('pt');
    expect(preferred(['nl', 'xx'])).toBe('en');
    expect(preferred([])).toBe('en');
  });

  it('is written as where the reader lives, with one kind of digits', () => {
    expect(localeOf('de', ['en-GB', 'de-CH'])).toBe('de-CH');
    expect(localeOf('pt', ['en'])).toBe('pt-BR');
    expect(new Intl.NumberFormat(localeOf('ar', ['ar-EG'])).format(1234)).toMatch(/^1.234$/);
  });

  it.each(Object.keys(LANGUAGES))('turns the document: %s', async (tag) => {
    await speak(tag);
    expect(document.documentElement.lang.split('-')[0]).toBe(tag);
    expect(document.documentElement.dir).toBe(tag === 'ar' ? 'rtl' : 'ltr');
    expect(full(NOW)).toContain('2026');
    expect(short(NOW - 48 * 3_600_000, NOW)).not.toBe('');
  });

  it.each([
    ['en', 'snoozed until tomorrow 9:00 AM'],
    ['de', 'zurückgestellt bis morgen um 9:00'],
    ['es', 'pospuesta hasta mañana a las 9:00'],
    ['fr', 'reportée jusqu’à demain à 9:00'],
    ['pt', 'adiada até amanhã às 9:00'],
    ['ar', 'أُجّلت #1 حتى غدًا 9:00 ص'],
  ])('writes tomorrow small in a sentence, large where it begins: %s', async (tag, said) => {
    await speak(tag);
    const noon = new Date(2026, 10, 18, 12).getTime();
    const nine = noon + 21 * 3_600_000;
    const bare = (text: string) => text.replace(/[\u2068\u2069]/g, '').replace(/\s/g, ' ');
    expect(bare(t('done.snoozed_until', { number: '#1', time: soon(nine, noon) }))).toContain(said);
    const alone = bare(soonAlone(nine, noon));
    expect(said.toLowerCase()).toContain(alone.toLowerCase());
    expect(alone[0]).toBe(alone[0]?.toUpperCase());
  });

  it('stays English where a word is missing, by English plurals', () => {
    useLanguage('ar', { 'thread.new_few': '{{count}} رسائل جديدة' });
    expect(t('thread.new', { count: 3 })).toBe('3 رسائل جديدة');
    expect(t('thread.new', { count: 1 })).toBe('1 new message');
    expect(t('thread.new', { count: 11 })).toBe('11 new messages');
    expect(t('retry')).toBe('Retry');
  });

  it('lets no name turn the sentence around it', () => {
    expect(t('assigned_to', { name: 'Mira (Köln)' })).toBe('Assigned to Mira (Köln)');
    expect(t('assigned_to', { name: 'ليلى (2)' })).toBe(`Assigned to ${isolated('ليلى (2)')}`);
    useLanguage('ar', { assigned_to: 'أُسندت إلى {{name}}' });
    expect(t('assigned_to', { name: 'Mira (Köln)' })).toBe(`أُسندت إلى ${isolated('Mira (Köln)')}`);
  });
});

describe('the look over the words', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'words-'));
    const files = {
      en: '{"a":"Hi {{name}}","n_one":"{{count}} day","n_other":"{{count}} days"}',
      later: '{}',
    };
    const ar = ['zero', 'one', 'two', 'few', 'many', 'other'].map(
      (form) => `"n_${form}":"{{count}} ${form}"`,
    );
    const all = { ...files, ar: `{"a":"{{name}}",${ar.join(',')}}`, 'later.ar': '{}' };
    for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, `${name}.json`), text);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const look = (words: string): string => {
    if (words) writeFileSync(join(folder, 'ar.json'), words);
    try {
      return execFileSync(process.execPath, ['scripts/i18n.mjs', folder], { encoding: 'utf8' });
    } catch (error) {
      return String((error as { stdout: string }).stdout);
    }
  };

  it('is content with a whole language', () => {
    expect(look('')).toContain('every word: ar');
  });

  it('names what is missing, misspelt or made up', () => {
    const found = look('{"a":"{{nam}}","b":"","n_one":"","n_few":"{{count}}"}');
    for (const fault of ['a lacks {{name}}', 'a has {{nam}}', 'English: b', 'empty: n_one', 'missing: n_two'])
      expect(found).toContain(fault);
    expect(found).toContain('missing: n_zero');
  });
});
