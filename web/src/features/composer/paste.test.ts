// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { markdownOf } from './paste';

describe('pasted rich text', () => {
  it.each([
    ['<p>so <b>very </b>good, <em>really</em></p>', 'so **very** good, _really_'],
    ['<a href="https://a.example/x">here</a>', '[here](https://a.example/x)'],
    ['<a href="https://a.example/x">https://a.example/x</a>', 'https://a.example/x'],
    ['<a href="javascript:alert(1)">here</a>', 'here'],
    ['<ul><li>one</li><li><p>two</p></li></ul>', '- one\n- two'],
    ['<ol><li>one</li><li>two</li></ol>', '1. one\n2. two'],
    ['<p>a</p><blockquote>said<br>so</blockquote><p>b</p>', 'a\n\n> said\n> so\n\nb'],
    ['<pre>x = 1\n  y\n</pre>', '```\nx = 1\n  y\n```'],
    ['<b style="font-weight:normal"><p>from <b>a document</b></p></b>', 'from **a document**'],
    ['<style>p{}</style><script>alert(1)</script><h2>Head</h2><p>words</p>', '**Head**\n\nwords'],
  ])('%s', (html, markdown) => {
    expect(markdownOf(html)).toBe(markdown);
  });

  it('is left alone where nothing in it is formatted', () => {
    expect(markdownOf('<meta charset="utf-8"><span>plain</span>')).toBeUndefined();
  });
});
