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
    expect(Object.keys(texts).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(en))
      expect(values(texts[key as keyof Texts])).toEqual(values(text));
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
