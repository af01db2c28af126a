// One line to the server that is opened anew whenever it breaks. It knows nothing of what the frames mean.
import { backoff } from './backoff';
import type { ClientFrame, ServerFrame } from './frames';

export type Line = 'off' | 'connecting' | 'up' | 'waiting';

export interface Wire {
  /** What a browser's WebSocket offers and this needs. */
  send(data: string): void;
  close(code?: number): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export interface Outside {
  connect(): Wire;
  random(): number;
  later(ms: number, what: () => void): () => void;
}

export interface Owner {
  /** The first frame, asked for at each connection. */
  opening(): ClientFrame;
  received(frame: ServerFrame): void;
  changed(line: Line): void;
}

const ELSEWHERE = 4009;
const POLICY = 1008;
const POLICY_WAIT_MS = 60_000;
const ANSWER_WITHIN_MS = 10_000;
const READY_WITHIN_MS = 15_000;

export class Connection {
  line: Line = 'off';
  private wire: Wire | null = null;
  private failures = 0;
  private heartbeat = 25_000;
  private comeBackIn = -1;
  private stopTimer: () => void = () => {};

  constructor(
    private readonly outside: Outside,
    private readonly owner: Owner,
  ) {}

  /** Connect, or cut a wait short; harmless while connected. */
  start(): void {
    if (this.wire) return;
    this.stopTimer();
    this.become('connecting');
    const wire = (this.wire = this.outside.connect());
    wire.onopen = () => wire.send(JSON.stringify(this.owner.opening()));
    wire.onmessage = (event) => this.take(wire, event.data);
    wire.onclose = (event) => this.lost(wire, event.code);
    this.stopTimer = this.outside.later(READY_WITHIN_MS, () => this.giveUp(wire));
  }

  /** Hang up and stay so. */
  stop(): void {
    this.stopTimer();
    const wire = this.wire;
    this.wire = null;
    wire?.close(1000);
    this.become('off');
  }

  /** False when the line is not up; then nothing was sent. */
  send(frame: ClientFrame): boolean {
    if (this.line !== 'up' || !this.wire) return false;
    this.wire.send(JSON.stringify(frame));
    return true;
  }

  private take(wire: Wire, data: unknown): void {
    if (wire !== this.wire) return;
    const frame = JSON.parse(String(data)) as ServerFrame;
    if (frame.t === 'ready') {
      this.failures = 0;
      this.heartbeat = frame.heartbeat;
      this.become('up');
    } else if (frame.t === 'reconnect') this.comeBackIn = frame.after;
    this.listen(wire);
    this.owner.received(frame);
  }

  /** Beat after a quiet while; silence after that means that the line is dead though nobody said so. */
  private listen(wire: Wire): void {
    this.stopTimer();
    this.stopTimer = this.outside.later(this.heartbeat, () => {
      if (wire !== this.wire) return;
      this.send({ t: 'beat' });
      this.stopTimer = this.outside.later(ANSWER_WITHIN_MS, () => this.giveUp(wire));
    });
  }

  private giveUp(wire: Wire): void {
    if (wire !== this.wire) return;
    wire.close();
    this.lost(wire, 1006);
  }

  private lost(wire: Wire, code: number): void {
    if (wire !== this.wire) return;
    this.wire = null;
    this.stopTimer();
    if (code === ELSEWHERE) return this.become('off');
    const wait = this.comeBackIn >= 0 ? this.comeBackIn : backoff(this.failures, this.outside.random());
    this.comeBackIn = -1;
    this.failures += 1;
    this.become('waiting');
    this.stopTimer = this.outside.later(code === POLICY ? POLICY_WAIT_MS : wait, () => this.start());
  }

  private become(line: Line): void {
    if (line === this.line) return;
    this.line = line;
    this.owner.changed(line);
  }
}
