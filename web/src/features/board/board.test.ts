import '../../lib/i18n/later';
import { describe, expect, it } from 'vitest';
import { Board, type BoardAgent, type QueueState } from '../../lib/state/board.svelte';
import { against, byNeed, byPresence, fitting, listOf, mood, onDuty, since } from './board';

const row = (more: Partial<QueueState>): QueueState => ({
  id: 'queue:q',
  queue: 'q',
  team: '',
  waiting: 0,
  longest_since: null,
  offered: 0,
  served: 0,
  soon: 0,
  late: 0,
  on_duty: 1,
  arrivals: null,
  answers: null,
  usual_arrivals: null,
  usual_answers: null,
  ...more,
});

describe('the board', () => {
  it('takes a whole frame for everything, another for what it names', () => {
    const board = new Board();
    const frame = { t: 'board' as const, sub: 'b', agents: [], gone: [] };
    board.take({ ...frame, whole: true, queues: [row({ id: 'all' }), row({}), row({ id: 'queue:r' })] });
    board.take({ ...frame, whole: false, queues: [row({ waiting: 3 })], gone: ['queue:r'] });
    expect(board.parts.map((one) => [one.id, one.waiting])).toEqual([['queue:q', 3]]);
    board.take({ ...frame, whole: true, queues: [row({ id: 'all' })] });
    expect(board.parts).toEqual([]);
  });

  it('puts first what needs somebody most', () => {
    const rows = [
      row({ id: 'calm', waiting: 9 }),
      row({ id: 'nobody', waiting: 1, on_duty: 0 }),
      row({ id: 'late', late: 1 }),
    ];
    expect(rows.map(mood)).toEqual(['calm', 'soon', 'late']);
    const sorted = [...rows].sort((a, b) => byNeed(a, b, (one) => one.id));
    expect(sorted.map((one) => one.id)).toEqual(['late', 'nobody', 'calm']);
  });

  it('says in a row that somebody is outside his working hours, and puts him behind who is not', () => {
    const noon = new Date(2026, 10, 23, 12).getTime();
    const agent = (id: string, more: Partial<BoardAgent>) =>
      ({ id, state: 'online', off_duty: false, duty_from: null, ...more }) as BoardAgent;
    const tomorrow = agent('a', { off_duty: true, duty_from: noon + 21 * 3_600_000 });
    const open = agent('b', {});
    expect(onDuty(tomorrow, 'Online', noon)).toMatch(/^Online, off duty until tomorrow 9:00\sAM$/);
    expect(onDuty(agent('c', { off_duty: true }), 'Away', noon)).toBe('Away, off duty');
    expect(onDuty(open, 'Online', noon)).toBe('Online');
    expect([tomorrow, open].sort((a, b) => byPresence(a, b, (id) => id))[0]).toBe(open);
  });

  it('leads to the lists behind its numbers', () => {
    expect(listOf(row({}), 'waiting')).toBe('/inbox/queue%3Aq');
    expect(listOf(row({ queue: '', team: 'red' }), 'late')).toBe(
      '/inbox/all?filter=team%3Ared%20queue%3Anone%20is%3Alate',
    );
    expect(listOf(row({ queue: '' }), 'waiting')).toBe('/inbox/queue?filter=team%3Anone%20queue%3Anone');
    expect(listOf(row({ id: 'all', queue: '' }), 'served')).toBe('/inbox/all?filter=is%3Aassigned');
  });

  it('fills a wall with all its tiles, as large as they can be', () => {
    expect(fitting(1, 1352, 700)).toMatchObject({ columns: 1, tall: false });
    expect(fitting(1, 1352, 700).scale).toBeGreaterThan(2.5);
    const five = fitting(5, 1392, 788);
    expect(five).toMatchObject({ columns: 3, tall: true }); // two rows of high tiles, not two of flat ones and nothing below
    expect(five.scale).toBeGreaterThan(1);
    expect(fitting(14, 1392, 788).scale).toBeGreaterThan(0.5);
    expect(fitting(4, 3792, 2048).scale).toBeGreaterThan(2.5);
    expect(fitting(14, 342, 732)).toEqual({ columns: 1, scale: 0.75, tall: true }); // a phone is scrolled
    expect(fitting(60, 1352, 788)).toMatchObject({ scale: 0.5, columns: 5 });
  });

  it('says what is usual only where that is known', () => {
    expect(against(null, 3)).toBe('–');
    expect(against(3, null)).toBe('3');
    expect(against(3, 2)).toContain('2');
    expect(since(null, 5)).toBe('–');
    expect(since(1000, 61_000)).toBe('1:00');
  });
});
