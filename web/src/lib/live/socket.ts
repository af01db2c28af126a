// The thin side of the connection: carries out what the machine says with a real WebSocket, timers and dice.
import type { ClientFrame, ServerFrame, Subscription } from './frames';
import { INITIAL, step, type Effect, type Input, type Phase, type State, type TimerName } from './machine';

export interface Handlers {
  frame(frame: ServerFrame): void;
  sync(sub: string): void;
  checkSession(): void;
  phase(phase: Phase): void;
}

/** Who touches the page after so long may have been taken for away. */
const IDLE_MS = 60_000;

export class LiveSocket {
  readonly #handlers: Handlers;
  readonly #timers = new Map<TimerName, ReturnType<typeof setTimeout>>();
  #state: State = INITIAL;
  #socket: WebSocket | null = null;
  #connections = 0;
  /** A human touched the page since the last beat. */
  #touched = true;
  #touchedAt = Date.now();

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
    const touch = () => {
      const idle = Date.now() - this.#touchedAt > IDLE_MS;
      this.#touched = true;
      this.#touchedAt = Date.now();
      if (idle) this.#feed({ type: 'nudge' });
    };
    for (const type of ['pointerdown', 'keydown', 'wheel', 'pointermove'])
      addEventListener(type, touch, { passive: true });
    // A socket does not notice: what is shown is old from now on.
    addEventListener('offline', () => this.#close());
    addEventListener('online', () => this.nudge());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#feed({ type: 'nudge' });
    });
  }

  start(csrf: string): void {
    this.#feed({ type: 'start', csrf });
  }

  stop(): void {
    this.#feed({ type: 'stop' });
  }

  subscribe(subscription: Subscription): void {
    this.#feed({ type: 'subscribe', subscription });
  }

  unsubscribe(sub: string): void {
    this.#feed({ type: 'unsubscribe', sub });
  }

  /** Finds out now whether the connection still stands. */
  nudge(): void {
    this.#feed({ type: 'nudge' });
  }

  /** The snapshot of this subscription was applied: from now on frames alone keep it fresh. */
  synced(sub: string): void {
    this.#feed({ type: 'synced', sub });
  }

  /** Sends something that matters only now; dropped, and told so, while there is no connection. */
  say(frame: ClientFrame): boolean {
    if (this.#state.phase !== 'live') return false;
    this.#send(frame);
    return true;
  }

  #feed(input: Input): void {
    const before = this.#state.phase;
    const [state, effects] = step(this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#run(effect);
    if (state.phase !== before) this.#handlers.phase(state.phase);
  }

  #run(effect: Effect): void {
    switch (effect.do) {
      case 'connect':
        return this.#connect();
      case 'close':
        return this.#close();
      case 'send':
        return this.#send(effect.frame);
      case 'timer':
        return this.#arm(effect.name, effect.ms);
      case 'cancel':
        return clearTimeout(this.#timers.get(effect.name));
      case 'sync':
        return this.#handlers.sync(effect.sub);
      case 'deliver':
        return this.#handlers.frame(effect.frame);
      case 'check-session':
        return this.#handlers.checkSession();
    }
  }

  #connect(): void {
    this.#drop();
    this.#connections++;
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.#socket = socket;
    socket.onmessage = (event) => {
      if (socket === this.#socket)
        this.#feed({ type: 'frame', frame: JSON.parse(String(event.data)) as ServerFrame });
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#feed({ type: 'closed', code: event.code, random: Math.random() });
    };
  }

  /** Closes and reports it at once: a dead connection may take minutes to say so itself. */
  #close(): void {
    if (!this.#socket) return;
    this.#drop();
    const connections = this.#connections;
    queueMicrotask(() => {
      if (connections === this.#connections) this.#feed({ type: 'closed', code: 0, random: Math.random() });
    });
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #arm(name: TimerName, ms: number): void {
    clearTimeout(this.#timers.get(name));
    const fire = () => {
      const active = this.#touched;
      if (name === 'beat') this.#touched = false;
      this.#feed({ type: 'timer', name, active, random: Math.random() });
    };
    this.#timers.set(name, setTimeout(fire, ms));
  }
}
