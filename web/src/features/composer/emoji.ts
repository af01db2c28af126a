// The emoji to choose from. What they are found by is one text of the catalog, so that each language has its own words. Pure.

export interface Emoji {
  sign: string;
  words: string;
}

/** From "😀 grin smile; 😂 laugh" to its entries. */
export function listed(text: string): Emoji[] {
  return text.split(';').flatMap((entry) => {
    const [sign, ...words] = entry.trim().split(' ');
    return sign ? [{ sign, words: words.join(' ') }] : [];
  });
}

/** Those of which every word of the query begins a word, those that it begins first. */
export function found(all: readonly Emoji[], query: string): Emoji[] {
  const asked = query.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = all.filter(({ words }) => asked.every((word) => ` ${words}`.includes(` ${word}`)));
  const first = asked[0] ?? '';
  return [
    ...fits.filter((one) => one.words.startsWith(first)),
    ...fits.filter((one) => !one.words.startsWith(first)),
  ];
}

/** The newest first, each once. */
export function remembered(recent: readonly string[], sign: string, most: number): string[] {
  return [sign, ...recent.filter((one) => one !== sign)].slice(0, most);
}
