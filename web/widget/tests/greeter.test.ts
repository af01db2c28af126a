import { describe, expect, it } from 'vitest';
import { greetingFor } from '../src/greeter';

const greetings = [
  { pages: '/tents/fjell.html', text: 'exact', seconds: 0 },
  { pages: '/tents*', text: 'tents', seconds: 0 },
  { pages: '*checkout*', text: 'checkout', seconds: 0 },
];

describe('greetings on pages', () => {
  it.each([
    ['/tents/fjell.html', 'exact'],
    ['/tents/fjellxhtml', 'tents'],
    ['/tents', 'tents'],
    ['/shop/checkout?step=2', 'checkout'],
    ['/about', undefined],
    ['/shop/tents', undefined],
  ])('%s is greeted by %s', (page, text) => {
    expect(greetingFor(greetings, page)?.text).toBe(text);
  });

  it('takes everything but the star literally', () => {
    expect(greetingFor([{ pages: '/a+b(c)?x=1', text: 'odd', seconds: 0 }], '/a+b(c)?x=1')?.text).toBe('odd');
    expect(greetingFor([{ pages: '/a.b', text: 'odd', seconds: 0 }], '/axb')).toBeUndefined();
  });
});
