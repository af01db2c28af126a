import { describe, expect, it } from 'vitest';
import { t } from '../../lib/i18n';
import '../../lib/i18n/later';
import { found, grouped, GROUPS, PAGES, pagesFor } from './pages';

describe('pages of the settings', () => {
  it('have addresses and places of their own', () => {
    expect(new Set(PAGES.map((page) => page.id)).size).toBe(PAGES.length);
    const groups = GROUPS.map((group) => group.id);
    expect(PAGES.filter((page) => !groups.includes(page.group))).toEqual([]);
  });

  it('are seen by whom they are for', () => {
    const own = pagesFor([]).map((page) => page.id);
    expect(own).toContain('profile');
    expect(own).not.toContain('people');
    expect(own).not.toContain('blocked');
    expect(pagesFor(['block_senders']).map((page) => page.id)).toContain('blocked');
    const more = pagesFor(['manage_agents']).map((page) => page.id);
    expect(more.filter((id) => !own.includes(id))).toEqual(expect.arrayContaining(['people', 'roles']));
  });

  it('are found by what they are about', () => {
    expect(found(PAGES, 'passw', t).map((page) => page.id)).toContain('profile');
    expect(found(PAGES, 'SIGNature  name', t).map((page) => page.id)).toContain('profile');
    for (const word of ['theme', 'dark', 'density', 'undo', 'send key'])
      expect(found(PAGES, word, t).map((page) => page.id)).toEqual(['preferences']);
    for (const word of ['smtp', 'imap', 'widget', 'origin'])
      expect(found(PAGES, word, t).map((page) => page.id)).toContain('channels');
    expect(found(PAGES, 'nothing like it', t)).toEqual([]);
    expect(found(PAGES, ' ', t)).toEqual(PAGES);
  });

  it('are found by their headings and by the usual words', () => {
    const first = (word: string) => found(PAGES, word, t)[0]?.id;
    for (const word of ['second factor', 'passkeys', 'security key', '2FA', 'mfa', 'totp', 'sign out'])
      expect([word, first(word)]).toEqual([word, 'security']);
    for (const word of ['oidc', 'saml']) expect([word, first(word)]).toEqual([word, 'access']);
    expect(found(PAGES, 'sso', t).map((page) => page.id)).toContain('access');
    for (const word of ['accent', 'proactive']) expect([word, first(word)]).toEqual([word, 'channels']);
    for (const word of ['web push', 'push']) expect([word, first(word)]).toEqual([word, 'notices']);
    expect(first('saved reply')).toBe('replies');
    expect(first('api key')).toBe('tokens');
    expect(first('timezone')).toBe('hours');
    expect(
      found(PAGES, 'Schlüssel', (key) => (key === 'settings.tokens.words' ? 'schlussel' : '')),
    ).toHaveLength(1);
  });

  it('come first, and with their group, where a word begins with what was typed', () => {
    const hits = found(PAGES, 'hol', t);
    expect(hits.map((page) => page.id)).toEqual(['hours', 'alerts']);
    expect(found(PAGES, 'tok', t)[0]?.id).toBe('tokens');
    expect(grouped(hits).map((group) => group.id)).toEqual(['work']);
    const yoursLast = [...PAGES].sort((a, b) => Number(a.group === 'you') - Number(b.group === 'you'));
    expect(grouped(yoursLast).at(-1)?.id).toBe('you');
    expect(grouped(PAGES)).toEqual(GROUPS);
  });
});
