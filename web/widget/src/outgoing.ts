// What the visitor sends, in the order in which it may leave: who he is first, then files, then lines one after the other.
import { later } from './browser';
import type { Connection, Line } from './connection';
import type { Refused, SlowDown } from './frames';
import { Outbox } from './outbox';
import type { Uploads } from './uploads';

const START_AGAIN_MS = 2_000;
const SAID_WITHIN_MS = 20_000;

export interface Standing {
  line: Line;
  /** Whether the server knows who is writing. */
  known: boolean;
  /** Whether it does not want to before the host site has said so. */
  barred: boolean;
}

export interface Owner {
  standing(): Standing;
  /** Lines have changed. */
  changed(): void;
  /** A line that was sent has been neither stored nor refused for too long. */
  stalled(): void;
}

export class Outgoing {
  outbox = new Outbox();
  /** Whether the server was asked to make the visitor known; ends when it says who is writing. */
  starting = false;
  private stopPump = (): void => {};
  private stopPatience = (): void => {};

  constructor(
    private readonly connection: Connection,
    private readonly uploads: Uploads,
    private readonly owner: Owner,
  ) {}

  /** Send what can be sent now. */
  pump(): void {
    this.stopPump();
    if (!this.outbox.lines.some((line) => line.state === 'sending')) this.stopPatience();
    const { line, known, barred } = this.owner.standing();
    if (line !== 'up')
      return line === 'off' && this.outbox.pending.length ? this.connection.start() : undefined;
    if (!known) return barred ? undefined : this.startIfNeeded();
    this.uploads.ask((frame) => this.connection.send(frame));
    const next = this.outbox.next(Date.now());
    if (typeof next === 'number') this.stopPump = later(next, () => this.pump());
    else if (next && this.connection.send(next)) {
      this.stopPatience = later(SAID_WITHIN_MS, () => this.owner.stalled());
      this.owner.changed();
    }
  }

  disconnected(): void {
    this.stopPatience();
    this.starting = false;
    this.uploads.disconnected();
    this.outbox.disconnected();
  }

  slowDown({ client_id, after }: SlowDown): void {
    if (this.uploads.has(client_id)) {
      later(after, () => {
        this.uploads.askAgain(client_id);
        this.pump();
      });
      return;
    }
    if (client_id) this.outbox.slowDown(client_id, after, Date.now());
    if (this.starting) this.startAgain(after);
    this.owner.changed();
    this.pump();
  }

  refused({ client_id, code, again }: Refused): void {
    if (code === 'unavailable' && this.starting) this.startAgain(START_AGAIN_MS);
    const repeat = again || code === 'start_first' || code === 'identify_first';
    if (client_id) this.outbox.refused(client_id, code, repeat, Date.now());
    this.owner.changed();
    if (code !== 'identify_first') this.pump();
  }

  private startIfNeeded(): void {
    if (this.starting || !(this.uploads.waiting || this.outbox.pending.length)) return;
    this.starting = this.connection.send({ t: 'start' });
  }

  private startAgain(after: number): void {
    later(after, () => {
      this.starting = false;
      this.pump();
    });
  }
}
