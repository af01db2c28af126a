import { describe, expect, it } from 'vitest';
import { browserName, isPhone } from './browsers';

const KNOWN = {
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0': 'Firefox, Windows',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0':
    'Edge, Windows',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1':
    'Safari, iPhone',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36':
    'Chrome, Linux',
};

describe('browsers', () => {
  it.each(Object.entries(KNOWN))('%s is told in few words', (agent, name) => {
    expect(browserName(agent)).toBe(name);
    expect(isPhone(agent)).toBe(name.includes('iPhone'));
  });

  it('programs keep their own name, shortened', () => {
    expect(browserName('curl/8.1')).toBe('curl/8.1');
    expect(browserName('x'.repeat(300))).toHaveLength(40);
    expect(browserName('')).toBe('');
  });
});
