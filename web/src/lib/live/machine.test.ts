import { describe, expect, it } from 'vitest';
import {
  ANSWER_WITHIN_MS,
  BACKOFF_MOST_MS,
  CLOSED_TOO_MANY,
  CLOSED_UNAUTHENTICATED,
  INITIAL,
  backoff,
  furthest,
  step,
  type Effect,
  type Input,
  type State,
} from './machine';
import type { ServerFrame } from './frames';

class Run {
  state: State = INITIAL;
  effects: Effect[] = [];

  feed(...inputs: Input[]): this {
    for (const input of inputs) {
      const [state, effects] = step(this.state, input);
      this.state = state;
      this.effects = effects;
    }
    return this;
  }

  hear(...frames: ServerFrame[]): this {
    return this.feed(...frames.map((frame): Input => ({ type: 'frame', frame })));
  }

  did<D extends Effect['do']>(what: D): Extract<Effect, { do: D }>[] {
    return this.effects.filter((effect): effect is Extract<Effect, { do: D }> => effect.do === what);
  }
}

const HELLO: ServerFrame = { t: 'hello', version: 1, heartbeat: 20_000 };
const ready = (cursor: Record<string, number>, resumed: boolean): ServerFrame => ({
  t: 'ready',
  agent: 'me',
  cursor,
  now: 1,
  resumed,
});
const LIST = { t: 'view', sub: 'v', view: 'mine' } as const;
const CLOSED: Input = { type: 'closed', code: 1006, random: 0.5 };

function live(): Run {
  return new Run()
    .feed({ type: 'start', csrf: 'token' }, { type: 'subscribe', subscription: LIST })
    .hear(HELLO, ready({ '1': 7 }, false));
}

describe('connecting', () => {
  it('identifies with the token and everything that is followed', () => {
    const run = new Run()
      .feed({ type: 'start', csrf: 'token' }, { type: 'subscribe', subscription: LIST })
      .hear(HELLO);
    expect(run.did('send')).toEqual([{ do: 'send', frame: { t: 'identify', csrf: 'token', subs: [LIST] } }]);
  });

  it('beats at the rhythm the service asks for', () => {
    expect(live().did('timer')).toContainEqual({ do: 'timer', name: 'beat', ms: 20_000 });
  });

  it('fetches a snapshot when a subscription is confirmed, and only once', () => {
    const run = live().hear({ t: 'subscribed', sub: 'v' });
    expect(run.did('sync')).toEqual([{ do: 'sync', sub: 'v' }]);
    run.feed({ type: 'synced', sub: 'v' }).hear({ t: 'subscribed', sub: 'v' });
    expect(run.did('sync')).toEqual([]);
  });

  it('does not take a snapshot for complete that was fetched before the service sent frames', () => {
    const run = live().feed({ type: 'synced', sub: 'v' });
    expect(run.hear({ t: 'subscribed', sub: 'v' }).did('sync')).toEqual([{ do: 'sync', sub: 'v' }]);
  });

  it('sends a subscription at once while connected and not before', () => {
    expect(
      live()
        .feed({ type: 'subscribe', subscription: { ...LIST, sub: 'w' } })
        .did('send'),
    ).toHaveLength(1);
    expect(new Run().feed({ type: 'subscribe', subscription: LIST }).did('send')).toHaveLength(0);
  });
});

it('loses no subscription that is made between the greeting and the welcome', () => {
  const run = new Run().feed({ type: 'start', csrf: 'token' }).hear(HELLO);
  run.feed({ type: 'subscribe', subscription: LIST });
  expect(run.did('send')).toEqual([{ do: 'send', frame: LIST }]);
});

describe('losing the connection', () => {
  it('comes back after a random share of a doubling limit', () => {
    expect(backoff(0, 1)).toBe(500);
    expect(backoff(3, 0.5)).toBe(2000);
    expect(backoff(50, 1)).toBe(BACKOFF_MOST_MS);
    expect(backoff(9, 0)).toBe(0);
  });

  it('counts failures only until it was ready once', () => {
    const run = new Run().feed(
      { type: 'start', csrf: 't' },
      CLOSED,
      { type: 'timer', name: 'retry', active: true, random: 0 },
      CLOSED,
    );
    expect(run.state.failures).toBe(2);
    run.feed({ type: 'timer', name: 'retry', active: true, random: 0 }).hear(HELLO, ready({}, false));
    expect(run.state.failures).toBe(0);
  });

  it('takes silence for a dead connection', () => {
    const run = live().feed({ type: 'timer', name: 'silence', active: true, random: 0.5 });
    expect(run.did('close')).toHaveLength(1);
    expect(run.state.phase).toBe('waiting');
  });

  it('asks at once whether the connection lives when the page is looked at again', () => {
    const run = live().feed({ type: 'nudge' });
    expect(run.did('send')).toEqual([{ do: 'send', frame: { t: 'beat', active: true } }]);
    expect(run.did('timer').find((effect) => effect.name === 'silence')?.ms).toBeLessThan(ANSWER_WITHIN_MS);
  });

  it('does not wait out the backoff when the network is back', () => {
    const run = live().feed(CLOSED, { type: 'nudge' });
    expect(run.did('connect')).toHaveLength(1);
  });

  it('comes back when the service says so', () => {
    const run = live().hear({ t: 'reconnect', after: 4200 });
    expect(run.did('close')).toHaveLength(1);
    expect(run.feed(CLOSED).did('timer')).toContainEqual({ do: 'timer', name: 'retry', ms: 4200 });
  });

  it('asks whether the session stands when it is refused, and keeps away for a minute when there are too many', () => {
    expect(
      live().feed({ type: 'closed', code: CLOSED_UNAUTHENTICATED, random: 0 }).did('check-session'),
    ).toHaveLength(1);
    const many = live().feed({ type: 'closed', code: CLOSED_TOO_MANY, random: 0 });
    expect(many.did('timer')).toContainEqual({ do: 'timer', name: 'retry', ms: 60_000 });
  });

  it('does nothing more once it is stopped', () => {
    const run = live().feed({ type: 'stop' }, CLOSED, {
      type: 'timer',
      name: 'retry',
      active: true,
      random: 0,
    });
    expect(run.effects).toEqual([]);
    expect(run.state.phase).toBe('off');
  });
});

describe('resuming', () => {
  const again = (run: Run) =>
    run.feed(CLOSED, { type: 'timer', name: 'retry', active: true, random: 0 }).hear(HELLO);

  it('resumes from the highest position of every writer', () => {
    const run = live().hear(
      { t: 'gone', sub: 'v', id: 'a', version: 1, c: [1, 9] },
      { t: 'gone', sub: 'v', id: 'b', version: 1, c: [2, 3] },
    );
    run.hear({ t: 'gone', sub: 'v', id: 'c', version: 1, c: [1, 8] });
    expect(again(run).did('send')[0]).toMatchObject({ frame: { t: 'identify', cursor: { '1': 9, '2': 3 } } });
  });

  it('keeps its own position when the resume is granted, for the rest is still to come', () => {
    const run = live().hear({ t: 'subscribed', sub: 'v' }).feed({ type: 'synced', sub: 'v' });
    again(run).hear(ready({ '1': 100 }, true));
    expect(run.state.cursor).toEqual({ '1': 7 });
    expect(run.hear({ t: 'subscribed', sub: 'v' }).did('sync')).toEqual([]);
    expect(run.hear({ t: 'beaten', cursor: { '1': 100 }, now: 2 }).state.cursor).toEqual({ '1': 100 });
  });

  it('fetches everything anew when the resume is refused', () => {
    const run = live().hear({ t: 'subscribed', sub: 'v' }).feed({ type: 'synced', sub: 'v' });
    again(run).hear(ready({ '1': 100 }, false));
    expect(run.state.cursor).toEqual({ '1': 100 });
    expect(run.hear({ t: 'subscribed', sub: 'v' }).did('sync')).toEqual([{ do: 'sync', sub: 'v' }]);
  });

  it('fetches one or all anew when told to resync', () => {
    const run = live().feed({ type: 'subscribe', subscription: { ...LIST, sub: 'w' } });
    expect(run.hear({ t: 'resync', sub: 'w' }).did('sync')).toEqual([{ do: 'sync', sub: 'w' }]);
    expect(run.did('deliver')).toEqual([]);
    expect(run.hear({ t: 'resync', sub: null }).did('sync')).toHaveLength(2);
    expect(run.did('deliver'), 'for whoever is no subscription').toHaveLength(1);
  });

  it('never goes back', () => {
    expect(furthest({ '1': 5, '2': 1 }, { '1': 4, '3': 0 })).toEqual({ '1': 5, '2': 1, '3': 0 });
  });
});
