import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hue, initials, links, marked } from './text';

const hrefs = (text: string) => links(text).flatMap((piece) => (piece.href ? [piece.href] : []));

describe('links in plain text', () => {
  it('leaves the end of a sentence out', () => {
    expect(hrefs('See https://example.org/a. Or (https://example.org/b)!')).toEqual([
      'https://example.org/a',
      'https://example.org/b',
    ]);
  });

  it('keeps a bracket that the address itself opened', () => {
    expect(hrefs('https://example.org/wiki/Zip_(tent)')).toEqual(['https://example.org/wiki/Zip_(tent)']);
  });

  it('makes a mail address a link, and nothing of other schemes', () => {
    expect(hrefs('ada@example.org')).toEqual(['mailto:ada@example.org']);
    expect(hrefs('javascript:alert(1) data:text/html,x file:///etc')).toEqual([]);
  });

  it('loses no character of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(
          links(text)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });
});

describe('the markup agents write', () => {
  it('knows bold, italic, code and named links', () => {
    expect(marked('a **b** *c* `d` [e](https://example.org)').map((piece) => piece.kind)).toEqual([
      'text',
      'bold',
      'text',
      'italic',
      'text',
      'code',
      'text',
      'link',
    ]);
  });

  it('leaves arithmetic, snake_case and foreign schemes alone', () => {
    expect(marked('2 * 3 * 4 and some_snake_case').map((piece) => piece.kind)).toEqual(['text']);
    expect(marked('[x](javascript:alert(1))').some((piece) => piece.href)).toBe(false);
  });
});

describe('avatars', () => {
  it('take the first and the last word that begins with a letter', () => {
    expect(initials('Ravi Menon (you)')).toBe('RM');
    expect(initials('ada@example.org')).toBe('AO');
    expect(initials('李雷')).toBe('李');
    expect(initials('')).toBe('?');
  });

  it('have a stable colour of six', () => {
    expect(hue('a')).toBe(hue('a'));
    fc.assert(fc.property(fc.string(), (id) => hue(id) >= 0 && hue(id) < 6));
  });
});
