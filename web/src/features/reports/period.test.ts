import { describe, expect, it } from 'vitest';
import {
  address,
  asked,
  backlogAtEnd,
  behind,
  change,
  counted,
  daysOf,
  grain,
  kept,
  lastDays,
  read,
} from './period';

const NOW = Date.parse('2026-11-22T10:00:00Z');

describe('the address of a report', () => {
  it('reads back as what it was made from', () => {
    const one = read('first=2026-11-01&last=2026-11-20&by=team&agent=mia', NOW, 'UTC');
    expect(one).toMatchObject({ first: '2026-11-01', last: '2026-11-20', by: 'team', agent: 'mia', tag: '' });
    expect(read(address(one), NOW, 'UTC')).toEqual(one);
  });

  it('without anything is of the last thirty days', () => {
    expect(read('', NOW, 'UTC')).toMatchObject({ first: '2026-10-24', last: '2026-11-22', by: 'agent' });
    expect(read('first=soon&last=2026-13-77&by=moon', NOW, 'UTC')).toEqual(read('', NOW, 'UTC'));
    expect(read('first=2026-12-24&last=2026-11-02', NOW, 'UTC')).toMatchObject({
      first: '2026-11-02',
      last: '2026-11-02',
    });
  });
});

describe('what is asked', () => {
  it('has the conditions that its rows can have', () => {
    const one = read('team=support&agent=mia', NOW, 'UTC');
    expect(asked('day', one)).toEqual({
      ...lastDays(30, NOW, 'UTC'),
      by: 'day',
      team: 'support',
      agent: 'mia',
    });
    expect(asked('policy', one)).toEqual({ ...lastDays(30, NOW, 'UTC'), by: 'policy' });
    expect(asked('state', one)).toEqual({ ...lastDays(30, NOW, 'UTC'), by: 'state', agent: 'mia' });
  });

  it('drops what the chosen rows cannot be narrowed by, so that all of a page is of the same', () => {
    expect(read('by=state&team=support&agent=mia&tag=vip', NOW, 'UTC')).toMatchObject({
      agent: 'mia',
      team: '',
      tag: '',
    });
    expect(read('by=policy&agent=mia&channel=mail', NOW, 'UTC')).toMatchObject({ agent: '', channel: '' });
    expect(address({ ...read('channel=mail', NOW, 'UTC'), by: 'policy' })).not.toContain('mail');
  });

  it('of a tag has no other condition and no rows', () => {
    const one = read('tag=vip&agent=mia', NOW, 'UTC');
    expect(asked('day', one)).toEqual({ ...lastDays(30, NOW, 'UTC'), by: 'day', tag: 'vip' });
    expect(asked('agent', one)).toEqual({ ...lastDays(30, NOW, 'UTC'), by: 'all', tag: 'vip' });
  });

  it('is of whole days where reports are read, over a change of the clock too', () => {
    const late = Date.parse('2026-11-01T23:30:00Z');
    expect(lastDays(1, late, 'Europe/Berlin')).toEqual({ first: '2026-11-02', last: '2026-11-02' });
    expect(lastDays(30, late, 'Europe/Berlin')).toEqual({ first: '2026-10-04', last: '2026-11-02' });
    expect(lastDays(7, late, 'America/New_York').last).toBe('2026-11-01');
    expect(read('', late, 'Pacific/Auckland').last).toBe('2026-11-02');
  });

  it('is as fine as the eye can take', () => {
    expect(daysOf(lastDays(7, NOW, 'UTC'))).toBe(7);
    expect([7, 45, 90, 365].map((days) => grain(lastDays(days, NOW, 'UTC')))).toEqual([
      'day',
      'day',
      'week',
      'month',
    ]);
  });
});

describe('figures', () => {
  it('are compared with those before', () => {
    expect(change(15, 10)).toBe(50);
    expect(change(5, 10)).toBe(-50);
    expect(change(5, 0)).toBeUndefined();
    expect(change(undefined, 3)).toBeUndefined();
  });

  it('of what nobody has yet are not counted by person', () => {
    expect(counted('started', 'agent', 'mia', '')).toBe(false);
    expect(counted('started', 'agent', '', '')).toBe(true);
    expect(counted('abandoned', 'channel', 'mail', 'mia')).toBe(false);
    expect(counted('resolved', 'agent', 'mia', 'mia')).toBe(true);
  });

  it('tell the share of promises kept', () => {
    expect(kept({ sla_met: 3, sla_breached: 1 })).toBe(75);
    expect(kept({})).toBeUndefined();
  });
});

describe('the list behind a row', () => {
  const from = { ...read('first=2026-11-04&last=2026-11-22', NOW, 'UTC'), channel: 'mail' };

  it('covers the days of the row that the report covers', () => {
    const days = (by: 'day' | 'week' | 'month', key: string) => {
      const { first, last } = behind(by, key, from);
      return [first, last];
    };
    expect(days('day', '2026-11-06')).toEqual(['2026-11-06', '2026-11-06']);
    expect(days('week', '2026-11-02')).toEqual(['2026-11-04', '2026-11-08']);
    expect(days('week', '2026-11-16')).toEqual(['2026-11-16', '2026-11-22']);
    expect(days('month', '2026-11')).toEqual(['2026-11-04', '2026-11-22']);
    expect(behind('month', '2026-10', read('first=2026-01-01&last=2026-11-22', NOW, 'UTC'))).toMatchObject({
      first: '2026-10-01',
      last: '2026-10-31',
    });
  });

  it('is of just that row, under the conditions of the report where they go with it', () => {
    const usual = { first: from.first, last: from.last, by: 'all' };
    expect(behind('agent', 'mia', from)).toEqual({ ...usual, channel: 'mail', agent: 'mia' });
    expect(behind('agent', '', from)).toEqual({ ...usual, channel: 'mail', none: 'agent' });
    expect(behind('hour', '30', from)).toEqual({ ...usual, channel: 'mail', hour: '30' });
    expect(behind('tag', 'vip', from)).toEqual({ ...usual, tag: 'vip' });
    expect(behind('policy', 'gold', from)).toEqual({ ...usual, policy: 'gold' });
    expect(behind('all', '', from)).toEqual({ ...usual, channel: 'mail' });
  });
});

describe('what is open at the end', () => {
  const at = (...found: (number | null)[]) => backlogAtEnd(found.map((backlog) => ({ backlog })));

  it('is that of the last day, or of today where later ones are to come', () => {
    expect(at(12, 45)).toBe(45);
    expect(at(12, 0)).toBe(0);
    expect(at(12, 45, null, null)).toBe(45);
  });

  it('is not known of days that are all to come', () => {
    expect(at(null, null)).toBeUndefined();
    expect(at()).toBeUndefined();
  });
});
