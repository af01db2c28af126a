import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toasts } from './toasts.svelte';

const kept = () => toasts.remembered.map((one) => one.text);

describe('what was done a moment ago', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is undone by its key after it is shown no more, once, and not for ever', () => {
    const back = vi.fn();
    toasts.done('Paused', back);
    expect(kept()).toEqual([]);
    vi.advanceTimersByTime(20_000);
    expect(toasts.all).toHaveLength(0);
    expect(kept()).toEqual(['Paused']);
    expect(toasts.undoLast()).toBe(true);
    expect(toasts.undoLast()).toBe(false);
    expect(kept()).toEqual([]);
    expect(back).toHaveBeenCalledTimes(1);

    toasts.done('Away', back);
    vi.advanceTimersByTime(6_000 + 59_000);
    expect(kept()).toEqual(['Away']);
    vi.advanceTimersByTime(1_001);
    expect(kept()).toEqual([]);
    expect(toasts.undoLast()).toBe(false);
    expect(back).toHaveBeenCalledTimes(1);
  });

  it('and is true no more is neither said nor undone, and what was done before it can be', () => {
    const [back, recall] = [vi.fn(), vi.fn()];
    toasts.done('Paused', back);
    vi.advanceTimersByTime(7_000);
    toasts.done('Scheduled', recall, undefined, undefined, 'm1');
    toasts.withdraw('m2');
    expect(toasts.all).toHaveLength(1);
    toasts.withdraw('m1');
    expect([toasts.all.length, kept()]).toEqual([0, ['Paused']]);
    expect(toasts.undoLast()).toBe(true);
    toasts.done('Scheduled', recall, undefined, undefined, 'm1');
    vi.advanceTimersByTime(7_000);
    expect(kept()).toEqual(['Scheduled']);
    toasts.withdraw('m1');
    expect(toasts.undoLast()).toBe(false);
    expect([back, recall].map((one) => one.mock.calls.length)).toEqual([1, 0]);
  });

  it('stays to be undone for its own minute whatever is done after it, and is undone newest first', () => {
    const undone: string[] = [];
    const act = (what: string) => toasts.done(what, () => void undone.push(what));
    act('Paused');
    vi.advanceTimersByTime(20_000);
    act('Given');
    vi.advanceTimersByTime(2_000);
    act('Break');
    expect(kept()).toEqual(['Paused']);
    vi.advanceTimersByTime(7_000);
    expect(kept()).toEqual(['Paused', 'Given', 'Break']);
    toasts.undo(toasts.remembered[1]!);
    expect(kept()).toEqual(['Paused', 'Break']);
    toasts.undoLast();
    act('Taken');
    toasts.undoLast();
    toasts.undoLast();
    expect(undone).toEqual(['Given', 'Break', 'Taken', 'Paused']);

    act('Paused');
    vi.advanceTimersByTime(30_000);
    act('Given');
    vi.advanceTimersByTime(37_000);
    expect(kept()).toEqual(['Given']);
    vi.advanceTimersByTime(60_000);
  });

  it('that was undone by its button is not undone again', () => {
    const back = vi.fn();
    toasts.done('Paused', back);
    toasts.undo(toasts.all[0]!);
    expect(toasts.undoLast()).toBe(false);
    expect(back).toHaveBeenCalledTimes(1);
  });
});

describe('what is shown while somebody is at it', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('stays until he leaves, and so does what comes meanwhile', () => {
    toasts.done('Closed');
    toasts.pause();
    toasts.done('Sent');
    vi.advanceTimersByTime(60_000);
    expect(toasts.all.map((one) => one.text)).toEqual(['Closed', 'Sent']);
    toasts.resume();
    vi.advanceTimersByTime(6_001);
    expect(toasts.all).toEqual([]);
  });

  it('goes by itself again once all of it was dismissed from under the pointer', () => {
    toasts.done('Closed');
    toasts.pause();
    toasts.dismiss(toasts.all[0]!.id);
    toasts.done('Sent');
    vi.advanceTimersByTime(6_001);
    expect(toasts.all).toEqual([]);
  });
});
