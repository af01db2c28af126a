// The connection as a pure state machine: inputs in, the next state and effects out. No socket, clock or dice in here.
import type { ClientFrame, Cursor, ServerFrame, Subscription } from './frames';

export type Phase = 'off' | 'connecting' | 'greeting' | 'live' | 'waiting';
export type TimerName = 'retry' | 'beat' | 'silence';

export interface State {
  phase: Phase;
  csrf: string;
  /** Connections lost in a row before they were ready. */
  failures: number;
  cursor: Cursor | null;
  heartbeat: number;
  /** The service asked to come back after so many milliseconds. */
  comeBackAfter: number | null;
  /** `confirmed`: the service sends frames for it. Only what is fetched after that misses nothing. */
  subs: ReadonlyMap<string, { subscription: Subscription; confirmed: boolean; synced: boolean }>;
}

export type Input =
  | { type: 'start'; csrf: string }
  | { type: 'stop' }
  | { type: 'frame'; frame: ServerFrame }
  | { type: 'closed'; code: number; random: number }
  | { type: 'timer'; name: TimerName; active: boolean; random: number }
  | { type: 'nudge' }
  | { type: 'subscribe'; subscription: Subscription }
  | { type: 'unsubscribe'; sub: string }
  | { type: 'synced'; sub: string };

export type Effect =
  | { do: 'connect' }
  | { do: 'close' }
  | { do: 'send'; frame: ClientFrame }
  | { do: 'timer'; name: TimerName; ms: number }
  | { do: 'cancel'; name: TimerName }
  /** Fetch the snapshot of this subscription now. */
  | { do: 'sync'; sub: string }
  | { do: 'deliver'; frame: ServerFrame }
  /** Ask over HTTP whether the session still stands. */
  | { do: 'check-session' };

type Step = [State, Effect[]];

export const BACKOFF_FIRST_MS = 500;
export const BACKOFF_MOST_MS = 30_000;
export const ANSWER_WITHIN_MS = 10_000;
const NUDGE_ANSWER_MS = 5_000;
const DOUBT_AFTER = 3;
/** The session ended, or its token is an old one. */
export const CLOSED_UNAUTHENTICATED = 4401;
/** Too many frames or connections of this account: the service wants a minute. */
export const CLOSED_TOO_MANY = 4429;
const TOO_MANY_MS = 60_000;

export const INITIAL: State = {
  phase: 'off',
  csrf: '',
  failures: 0,
  cursor: null,
  heartbeat: 30_000,
  comeBackAfter: null,
  subs: new Map(),
};

/** Full jitter: anything between nothing and the doubled limit, so that many screens do not come back at once. */
export function backoff(failures: number, random: number): number {
  return Math.round(random * Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** failures));
}

export function step(state: State, input: Input): Step {
  switch (input.type) {
    case 'start':
      if (state.phase !== 'off') return [{ ...state, csrf: input.csrf }, []];
      return connect({ ...state, csrf: input.csrf, failures: 0 });
    case 'stop':
      return [{ ...INITIAL }, [...cancelAll(), { do: 'close' }]];
    case 'frame':
      return state.phase === 'off' ? [state, []] : onFrame(state, input.frame);
    case 'closed':
      return onClosed(state, input.code, input.random);
    case 'timer':
      return onTimer(state, input);
    case 'nudge':
      return onNudge(state);
    default:
      return onSubscription(state, input);
  }
}

function connect(state: State): Step {
  return [
    { ...state, phase: 'connecting', comeBackAfter: null },
    [
      { do: 'cancel', name: 'retry' },
      { do: 'connect' },
      { do: 'timer', name: 'silence', ms: ANSWER_WITHIN_MS },
    ],
  ];
}

const cancelAll = (): Effect[] =>
  (['retry', 'beat', 'silence'] as const).map((name) => ({ do: 'cancel', name }) as const);

function onClosed(state: State, code: number, random: number): Step {
  if (state.phase === 'off' || state.phase === 'waiting') return [state, []];
  const failures = state.phase === 'live' ? 0 : state.failures + 1;
  const ms = code === CLOSED_TOO_MANY ? TOO_MANY_MS : (state.comeBackAfter ?? backoff(failures, random));
  const effects: Effect[] = [...cancelAll(), { do: 'timer', name: 'retry', ms }];
  if (code === CLOSED_UNAUTHENTICATED || failures === DOUBT_AFTER) effects.push({ do: 'check-session' });
  return [{ ...state, phase: 'waiting', failures, comeBackAfter: null }, effects];
}

function onTimer(state: State, input: Extract<Input, { type: 'timer' }>): Step {
  if (input.name === 'retry') return state.phase === 'waiting' ? connect(state) : [state, []];
  if (input.name === 'beat') {
    if (state.phase !== 'live') return [state, []];
    return [
      state,
      [
        { do: 'send', frame: { t: 'beat', active: input.active } },
        { do: 'timer', name: 'beat', ms: state.heartbeat },
      ],
    ];
  }
  // Nothing was heard for too long: the connection is dead whatever the browser believes.
  const [after, effects] = onClosed(state, 0, input.random);
  return [after, [{ do: 'close' }, ...effects]];
}

/** The network is back or the page is looked at again: find out at once instead of at the next beat. */
function onNudge(state: State): Step {
  if (state.phase === 'waiting') return connect({ ...state, failures: 0 });
  if (state.phase !== 'live') return [state, []];
  return [
    state,
    [
      { do: 'send', frame: { t: 'beat', active: true } },
      { do: 'timer', name: 'silence', ms: NUDGE_ANSWER_MS },
    ],
  ];
}

/** The first frame is sent; what is followed from here on is not in it and goes by itself. */
const identified = (state: State) => state.phase === 'greeting' || state.phase === 'live';

function onSubscription(
  state: State,
  input: Extract<Input, { type: 'subscribe' | 'unsubscribe' | 'synced' }>,
): Step {
  const subs = new Map(state.subs);
  if (input.type === 'subscribe') {
    subs.set(input.subscription.sub, {
      subscription: input.subscription,
      confirmed: false,
      synced: false,
    });
    return [{ ...state, subs }, identified(state) ? [{ do: 'send', frame: input.subscription }] : []];
  }
  if (input.type === 'unsubscribe') {
    if (!subs.delete(input.sub)) return [state, []];
    const frame = { t: 'unsubscribe', sub: input.sub } as const;
    return [{ ...state, subs }, identified(state) ? [{ do: 'send', frame }] : []];
  }
  const held = subs.get(input.sub);
  if (!held?.confirmed) return [state, []];
  subs.set(input.sub, { ...held, synced: true });
  return [{ ...state, subs }, []];
}

function onFrame(state: State, frame: ServerFrame): Step {
  const [after, effects] = react(withPosition(state, frame), frame);
  const alive: Effect[] =
    after.phase === 'live'
      ? [{ do: 'timer', name: 'silence', ms: after.heartbeat + ANSWER_WITHIN_MS }]
      : [{ do: 'timer', name: 'silence', ms: ANSWER_WITHIN_MS }];
  return [after, frame.t === 'reconnect' ? effects : [...alive, ...effects]];
}

function react(state: State, frame: ServerFrame): Step {
  switch (frame.t) {
    case 'hello':
      return greet({ ...state, phase: 'greeting', heartbeat: frame.heartbeat });
    case 'ready':
      return ready(state, frame);
    case 'subscribed':
      return confirm(state, frame.sub);
    case 'resync':
      return resync(state, frame);
    case 'beaten':
      return [{ ...state, cursor: furthest(state.cursor, frame.cursor) }, [{ do: 'deliver', frame }]];
    case 'reconnect':
      return [{ ...state, comeBackAfter: frame.after }, [{ do: 'close' }]];
    case 'error':
      return [
        state,
        [{ do: 'deliver', frame }, ...(frame.fatal ? ([{ do: 'check-session' }] as const) : [])],
      ];
    default:
      return [state, [{ do: 'deliver', frame }]];
  }
}

function greet(state: State): Step {
  const subs = [...state.subs.values()].map((held) => held.subscription);
  const cursor = state.cursor ? { cursor: state.cursor } : {};
  return [state, [{ do: 'send', frame: { t: 'identify', csrf: state.csrf, subs, ...cursor } }]];
}

/**
 * A resume that was granted keeps the own cursor: what the service holds back is still to come. One that was refused
 * makes every snapshot stale; they are fetched again as their subscriptions are confirmed.
 */
function ready(state: State, frame: Extract<ServerFrame, { t: 'ready' }>): Step {
  const resumed = frame.resumed && state.cursor !== null;
  const subs = new Map(
    [...state.subs].map(([sub, held]) => [
      sub,
      { ...held, confirmed: false, synced: held.synced && resumed },
    ]),
  );
  const effects: Effect[] = [
    { do: 'timer', name: 'beat', ms: state.heartbeat },
    { do: 'deliver', frame: { ...frame, resumed } },
  ];
  const base = { ...state, phase: 'live', failures: 0, subs } as const;
  return [resumed ? base : { ...base, cursor: { ...frame.cursor } }, effects];
}

function confirm(state: State, sub: string): Step {
  const held = state.subs.get(sub);
  if (!held) return [state, []];
  const subs = new Map(state.subs).set(sub, { ...held, confirmed: true });
  return [{ ...state, subs }, held.synced ? [] : [{ do: 'sync', sub }]];
}

/** What concerns everything is everybody's to hear: access may have changed. */
function resync(state: State, frame: Extract<ServerFrame, { t: 'resync' }>): Step {
  const { sub } = frame;
  const subs = new Map(state.subs);
  const effects: Effect[] = sub === null ? [{ do: 'deliver', frame }] : [];
  for (const [name, held] of subs) {
    if (sub !== null && sub !== name) continue;
    subs.set(name, { ...held, synced: false });
    effects.push({ do: 'sync', sub: name });
  }
  return [{ ...state, subs }, effects];
}

function withPosition(state: State, frame: ServerFrame): State {
  if (!('c' in frame)) return state;
  const [writer, n] = frame.c;
  return { ...state, cursor: furthest(state.cursor, { [writer]: n }) };
}

export function furthest(a: Cursor | null, b: Cursor): Cursor {
  const merged: Cursor = { ...a };
  for (const [writer, n] of Object.entries(b)) merged[writer] = Math.max(merged[writer] ?? -1, n);
  return merged;
}
