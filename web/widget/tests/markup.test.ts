import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocks, inline, type Block, type Inline } from '../src/markup';

const kinds = (text: string): string[] => inline(text).map((piece) => `${piece.kind}:${piece.text}`);
const texts = (pieces: Inline[]): string => pieces.map((piece) => piece.text).join('');
const all = (block: Block): string =>
  block.kind === 'pre' ? block.text : (block.kind === 'p' ? block.lines : block.items).map(texts).join('');

describe('inline', () => {
  it.each([
    ['plain', ['text:plain']],
    ['**bold** and *soft* `code`', ['strong:bold', 'text: and ', 'em:soft', 'text: ', 'code:code']],
    ['2 * 3 * 4', ['text:2 * 3 * 4']],
    ['snake_case_name', ['text:snake_case_name']],
    ['see https://a.example/x_(y).', ['text:see ', 'link:https://a.example/x_(y)', 'text:.']],
    ['(https://a.example/)', ['text:(', 'link:https://a.example/', 'text:)']],
    ['[here](https://a.example/?q=1)', ['link:here']],
    ['[x](javascript:alert(1))', ['text:[x](javascript:alert(1))']],
    ['<b>hi</b>', ['text:<b>hi</b>']],
  ])('%s', (text, expected) => {
    expect(kinds(text)).toEqual(expected);
  });

  it('links only to the web', () => {
    fc.assert(
      fc.property(fc.string(), (noise) => {
        for (const piece of inline(`${noise} [a](${noise}) https://${noise}`)) {
          if (piece.kind === 'link') expect(piece.href).toMatch(/^https?:\/\//);
        }
      }),
    );
  });

  it('reads long hostile lines at once', () => {
    const started = performance.now();
    for (const hostile of [
      '*'.repeat(10_000),
      '_a'.repeat(5000),
      '['.repeat(10_000),
      '**a'.repeat(3000),
      '`'.repeat(9999),
    ])
      inline(hostile);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('blocks', () => {
  it('makes paragraphs, lists and code', () => {
    expect(
      blocks('One\ntwo\n\n- a\n- b\n\n1. c\n\n```\nx < y\n```').map((block) => [block.kind, all(block)]),
    ).toEqual([
      ['p', 'Onetwo'],
      ['ul', 'ab'],
      ['ol', 'c'],
      ['pre', 'x < y'],
    ]);
  });

  it('drops no letter of ordinary text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z .,!?\n]{0,200}$/), (text) => {
        expect(blocks(text).map(all).join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
      }),
    );
  });
});
