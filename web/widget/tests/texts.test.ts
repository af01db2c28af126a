import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { words, type Texts } from '../src/texts';
import en from '../src/words/en.json';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'words');
const languages = readdirSync(folder).map((name): [string, Texts] => [
  name.replace('.json', ''),
  JSON.parse(readFileSync(join(folder, name), 'utf8')) as Texts,
]);
const values = (text: string): string[] => text.match(/\{\w+\}/g)?.sort() ?? [];

describe('words', () => {
  it.each(languages)('%s has every text with the same values', (_, texts) => {
    const forms = new Intl.PluralRules(_).resolvedOptions().pluralCategories.map((form) => `unread_${form}`);
    const rare = ['unread_many', 'unread_two', 'unread_zero', 'unread_few'].filter((form) =>
      forms.includes(form),
    );
    expect(Object.keys(en).filter((key) => !(key in texts))).toEqual([]);
    expect(Object.keys(texts).filter((key) => !(key in en) && !rare.includes(key))).toEqual([]);
    for (const [key, text] of Object.entries(en).filter(([key]) => !key.startsWith('unread_')))
      expect(values(texts[key as keyof Texts])).toEqual(values(text));
  });

  it('counts in languages with more than two forms', () => {
    const pl = words('pl', languages.find(([name]) => name === 'pl')?.[1] as Texts);
    expect([1, 3, 5].map(pl.unread)).toEqual([
      '1 nowa wiadomość',
      '3 nowe wiadomości',
      '5 nowych wiadomości',
    ]);
    const ar = words('ar', languages.find(([name]) => name === 'ar')?.[1] as Texts);
    expect(ar.unread(2)).toBe('رسالتان جديدتان');
  });

  it('are there in ten languages', () => {
    expect(languages.map(([name]) => name).sort()).toEqual([
      'ar',
      'de',
      'en',
      'es',
      'fr',
      'it',
      'nl',
      'pl',
      'pt',
      'tr',
    ]);
  });

  it('counts, names days and sizes in the language', () => {
    const { unread, day, bytes, t } = words('en', en);
    expect([unread(0), unread(1), unread(3)]).toEqual(['', '1 new message', '3 new messages']);
    const noon = new Date(2026, 5, 10, 12).getTime();
    expect([day(noon, noon), day(noon - 86_400_000, noon)]).toEqual(['today', 'yesterday']);
    expect(day(new Date(2026, 4, 1).getTime(), noon)).toBe('Friday, May 1');
    expect([bytes(48_213), bytes(10_485_760)]).toEqual(['48 kB', '10.5 MB']);
    expect(t('typing', { name: 'Sam' })).toBe('Sam is typing');
  });
});
