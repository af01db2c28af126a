import { describe, expect, it } from 'vitest';
import type { SlaClock } from './api/types';
import { chip, leading } from './sla';

const MINUTE = 60_000;
const NOW = 1_800_000_000_000;

const clock = (change: Partial<SlaClock>): SlaClock => ({
  metric: 'first_response',
  state: 'running',
  target: 60 * MINUTE,
  ...change,
});
const running = (left: number, target = 60 * MINUTE) => clock({ due_at: NOW + left, target });
const shown = (...sla: SlaClock[]) => chip({ sla }, NOW);

describe('the chip of a deadline', () => {
  it('is calm while more than fifteen minutes or a quarter is left', () => {
    expect(shown(running(67 * MINUTE, 240 * MINUTE))).toMatchObject({
      tone: 'calm',
      label: '1h 07m',
      ticking: false,
    });
    expect(shown(running(12 * MINUTE, 20 * MINUTE))?.tone).toBe('calm');
  });

  it('is due soon under both, with seconds under ten minutes', () => {
    expect(shown(running(14 * MINUTE))).toMatchObject({ tone: 'soon', label: '14m' });
    expect(shown(running(5 * MINUTE + 32_000))).toMatchObject({ tone: 'soon', label: '5:32', ticking: true });
  });

  it('says that it is late, and names the promise for screen readers', () => {
    const late = shown(clock({ state: 'breached', due_at: NOW - 12 * MINUTE }));
    expect(late).toMatchObject({ tone: 'late', label: 'Late 12m' });
    expect(late?.title).toMatch(/^First reply late by 12 minutes/);
  });

  it('turns late by the clock alone, before the service says so', () => {
    expect(shown(running(-1000))?.tone).toBe('late');
  });

  it('is settled once it is met, missed and answered, or paused', () => {
    expect(shown(clock({ state: 'met', met_at: NOW }))).toMatchObject({ tone: 'met', settled: true });
    expect(shown(clock({ state: 'breached', due_at: NOW - 1, met_at: NOW }))).toMatchObject({
      tone: 'late',
      settled: true,
    });
    expect(shown(clock({ state: 'paused' }))).toMatchObject({ tone: 'paused', settled: true });
  });

  it('is absent where nothing was promised or nothing is owed yet', () => {
    expect(shown()).toBeUndefined();
    expect(shown(clock({ state: 'idle' }))).toBeUndefined();
  });
});

it('leads with the earliest deadline still owed', () => {
  const first = running(10 * MINUTE);
  const resolution = clock({ metric: 'resolution', due_at: NOW + 5 * MINUTE });
  expect(leading([first, resolution])).toBe(resolution);
  expect(leading([clock({ state: 'met', met_at: NOW }), first])).toBe(first);
});
