import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksOf, change, type Mark } from './markup';

function applied(text: string, mark: Mark): { text: string; chosen: string } {
  const start = text.indexOf('[');
  const end = text.indexOf(']') - 1;
  const bare = text.replace('[', '').replace(']', '');
  const made = change(bare, start, end, mark);
  const after = bare.slice(0, made.start) + made.words + bare.slice(made.end);
  return { text: after, chosen: after.slice(...made.select) };
}

describe('what a button does', () => {
  it.each<[Mark, string, string, string]>([
    ['bold', 'so [very] good', 'so **very** good', 'very'],
    ['bold', 'so [very ]good', 'so **very** good', 'very'],
    ['bold', 'so **[very]** good', 'so very good', 'very'],
    ['italic', '[]', '__', ''],
    ['code', 'run [a.sh]', 'run `a.sh`', 'a.sh'],
    ['code', '[a\nb]', '```\na\nb\n```', 'a\nb'],
    ['link', 'see [here]', 'see [here](https://)', 'https://'],
    ['list', 'x\n[a\nb]', 'x\n- a\n- b', ''],
    ['list', '[- a\n- b]', 'a\nb', ''],
    ['quote', 'said[]', '> said', ''],
  ])('%s: %s', (mark, before, after, chosen) => {
    expect(applied(before, mark)).toEqual({ text: after, chosen });
  });

  it('gives the words of an address that is chosen', () => {
    const made = change('https://a.example', 0, 17, 'link');
    expect([made.words, made.select]).toEqual(['[](https://a.example)', [1, 1]]);
  });
});

describe('blocks', () => {
  it('are paragraphs, lists, quotations, code and heads, in order', () => {
    const text =
      'Hi\nthere\n\n- one\n- **two**\n1. first\n2) second\n> said\n>so\n```js\n- no list\n```\n# Head\nbye';
    expect(blocksOf(text)).toEqual([
      { kind: 'text', text: 'Hi\nthere' },
      { kind: 'list', ordered: false, items: ['one', '**two**'] },
      { kind: 'list', ordered: true, items: ['first', 'second'] },
      { kind: 'quote', text: 'said\nso' },
      { kind: 'code', text: '- no list' },
      { kind: 'head', text: 'Head' },
      { kind: 'text', text: 'bye' },
    ]);
  });

  it('lose no word, whatever is written', () => {
    const piece = fc.constantFrom('- ', '> ', '```', '1. ', '# ', '\n', 'word', ' ', '**', '#', '-');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const words = (text: string) => text.split('word').length;
        const text = pieces.join('');
        const fences = text.split('\n').filter((line) => line.startsWith('```') && line.includes('word'));
        fc.pre(fences.length === 0);
        const kept = blocksOf(text).map((one) => ('items' in one ? one.items.join(' ') : one.text));
        expect(words(kept.join(' '))).toBe(words(text));
      }),
    );
  });
});
