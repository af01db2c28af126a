import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { href, parse, type Route } from './router.svelte';

describe('addresses', () => {
  it('lead to views, conversations, searches and the pages outside', () => {
    expect(parse('/')).toEqual({ name: 'inbox', view: 'mine', number: '' });
    expect(parse('/inbox/all/1042')).toEqual({ name: 'inbox', view: 'all', number: '1042' });
    expect(parse('/c/1042')).toEqual({ name: 'inbox', view: 'all', number: '1042' });
    expect(parse('/search/7', '?q=from%3Aada%20zip')).toEqual({
      name: 'search',
      q: 'from:ada zip',
      number: '7',
    });
    expect(parse('/reset/abc')).toEqual({ name: 'reset', token: 'abc' });
    expect(parse('/c/1042', '', '#m%2F1')).toMatchObject({ number: '1042', message: 'm/1' });
    expect(parse('/inbox/all', '', '#m1')).toEqual({ name: 'inbox', view: 'all', number: '' });
    expect(parse('/settings/queues/new')).toEqual({ name: 'settings', page: 'queues', form: '' });
    expect(parse('/settings/teams/edit/new')).toEqual({ name: 'settings', page: 'teams', form: 'new' });
    expect(parse('/nowhere')).toEqual({ name: 'missing' });
    expect(parse('/inbox/%')).toMatchObject({ view: '%' });
  });

  it('read back as what they were made from', () => {
    const word = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((text) => text !== '.' && text !== '..');
    const routes: fc.Arbitrary<Route> = fc.oneof(
      fc.record({ name: fc.constant('inbox' as const), view: word, number: fc.nat().map(String) }),
      fc.record({ name: fc.constant('search' as const), q: word, number: fc.constantFrom('', '7') }),
      fc.record({ name: fc.constant('inbox' as const), view: word, number: fc.constant('7'), message: word }),
      fc.record({ name: fc.constant('reset' as const), token: word }),
      fc.record({
        name: fc.constant('reports' as const),
        query: fc.constantFrom('', 'by=agent', 'by=day&team=a%20b'),
      }),
      fc.record({ name: fc.constant('settings' as const), page: fc.oneof(fc.constant(''), word) }),
      fc.record({
        name: fc.constant('settings' as const),
        page: word,
        form: fc.oneof(fc.constant(''), fc.constant('new'), word),
      }),
    );
    fc.assert(
      fc.property(routes, (route) => {
        const [address = '', hash = ''] = href(route).split('#');
        const [path = '', query = ''] = address.split('?');
        expect(parse(path, query, hash)).toEqual(route);
      }),
    );
  });
});
