// Who follows what over the one socket of this page.
import { csrfToken } from '../api/client';
import type { ClientFrame, ServerFrame, Subscription } from '../live/frames';
import type { Phase } from '../live/machine';
import { LiveSocket } from '../live/socket';
import { clock } from './clock.svelte';

export interface Follower {
  frame(frame: ServerFrame): void;
  /** Fetch the snapshot now; call `live.synced` once it is applied. */
  sync(): void;
}

/** A subscription before it has its name. */
export type Wanted = Subscription extends infer S ? (S extends Subscription ? Omit<S, 'sub'> : never) : never;

const LOST_AFTER_MS = 2000;
const NEVER_AFTER_MS = 5000;

type Listener = (frame: ServerFrame) => void;

class Live {
  phase = $state<Phase>('off');
  /** The connection has been away for longer than a moment. */
  lost = $state(false);

  #followers = new Map<string, Follower>();
  #listeners = new Set<Listener>();
  #named = 0;
  #wasLive = false;
  #lostTimer: ReturnType<typeof setTimeout> | undefined;
  #checkSession: () => void = () => undefined;
  #socket: LiveSocket;

  constructor() {
    this.#socket = new LiveSocket({
      frame: (frame) => this.#dispatch(frame),
      sync: (sub) => this.#followers.get(sub)?.sync(),
      checkSession: () => this.#checkSession(),
      phase: (phase) => this.#moved(phase),
    });
    addEventListener('offline', () => (this.lost = true));
  }

  /** `checkSession` runs when the service refuses the connection, to tell a lost network from a lost session. */
  start(checkSession: () => void): void {
    this.#checkSession = checkSession;
    this.#socket.start(csrfToken());
  }

  stop(): void {
    this.#socket.stop();
  }

  /** Follows until the returned function is called; `sub` names the subscription in `synced`. */
  follow(wanted: Wanted, follower: Follower): { sub: string; stop: () => void } {
    const sub = `${wanted.t}-${++this.#named}`;
    this.#followers.set(sub, follower);
    this.#socket.subscribe({ ...wanted, sub });
    const stop = () => {
      if (this.#followers.delete(sub)) this.#socket.unsubscribe(sub);
    };
    return { sub, stop };
  }

  /** A request met no service: whether the connection stands is found out now. */
  nudge(): void {
    this.#socket.nudge();
  }

  synced(sub: string): void {
    this.#socket.synced(sub);
  }

  /** Hears every frame that belongs to no subscription, until the returned function is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells whether there was a connection to say it on. */
  say(frame: ClientFrame): boolean {
    return this.#socket.say(frame);
  }

  #dispatch(frame: ServerFrame): void {
    if (frame.t === 'ready' || frame.t === 'beaten') clock.set(frame.now);
    if ('sub' in frame && frame.sub) this.#followers.get(frame.sub)?.frame(frame);
    else for (const listener of this.#listeners) listener(frame);
  }

  #moved(phase: Phase): void {
    this.phase = phase;
    if (phase === 'live' || phase === 'off') {
      clearTimeout(this.#lostTimer);
      this.#lostTimer = undefined;
      this.#wasLive = phase === 'live';
      this.lost = false;
    } else {
      this.#lostTimer ??= setTimeout(
        () => (this.lost = true),
        this.#wasLive ? LOST_AFTER_MS : NEVER_AFTER_MS,
      );
    }
  }
}

export const live = new Live();
