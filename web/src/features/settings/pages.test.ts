import { describe, expect, it } from 'vitest';
import { t } from '../../lib/i18n';
import '../../lib/i18n/later';
import { found, GROUPS, PAGES, pagesFor } from './pages';

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
});
