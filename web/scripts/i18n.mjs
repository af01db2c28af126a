// Compares every language with English: keys, placeholders, plural forms. `npm run i18n` prints what is missing or wrong, and fails if anything is.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder =
  process.argv[2] ?? join(dirname(dirname(fileURLToPath(import.meta.url))), 'src', 'lib', 'i18n');
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const languages = [...new Set(files.map((name) => name.split('.').at(-2)))].filter(
  (tag) => tag !== 'en' && tag !== 'later',
);
const PARTS = [
  { english: 'en.json', other: (tag) => `${tag}.json` },
  { english: 'later.json', other: (tag) => `later.${tag}.json` },
];

const placeholders = (text) => new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]));
const minus = (a, b) => [...a].filter((one) => !b.has(one));

/** Every word there has to be, with the placeholders it must and may have. A form for one or two may leave out the count. */
function wanted(english, tag) {
  const forms = new Intl.PluralRules(tag).resolvedOptions().pluralCategories;
  const all = new Map();
  for (const [key, text] of Object.entries(english)) {
    const stem = /^(.*)_(?:one|other)$/.exec(key)?.[1];
    if (stem !== undefined && `${stem}_one` in english && `${stem}_other` in english) {
      const may = placeholders(english[`${stem}_one`] + english[`${stem}_other`]);
      const must = new Set(minus(may, new Set(['count'])));
      for (const form of forms) all.set(`${stem}_${form}`, { may, must });
    } else all.set(key, { may: placeholders(text), must: placeholders(text) });
  }
  return all;
}

function faults(english, words, tag) {
  const all = wanted(english, tag);
  const found = minus(Object.keys(words), all).map((key) => `no such word in English: ${key}`);
  for (const [key, { may, must }] of all) {
    const text = words[key];
    if (text === undefined) found.push(`missing: ${key}`);
    else if (text.trim() === '') found.push(`empty: ${key}`);
    else {
      const has = placeholders(text);
      found.push(...minus(must, has).map((name) => `${key} lacks {{${name}}}`));
      found.push(...minus(has, may).map((name) => `${key} has {{${name}}}, which nobody fills in`));
    }
  }
  return found;
}

let bad = 0;
for (const tag of languages) {
  for (const { english, other } of PARTS) {
    const name = other(tag);
    const found = files.includes(name) ? faults(read(english), read(name), tag) : ['missing as a whole'];
    bad += found.length;
    for (const one of found) console.log(`${name}: ${one}`);
  }
}
console.log(
  bad ? `${bad} words to mend` : `${languages.length} languages have every word: ${languages.join(', ')}`,
);
process.exit(bad ? 1 : 0);
