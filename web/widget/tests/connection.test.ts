import { describe, expect, it } from 'vitest';
import { backoff } from '../src/backoff';
import { Connection, type Line, type Wire } from '../src/connection';
import type { ClientFrame, ServerFrame } from '../src/frames';

class FakeWire implements Wire {
  sent: ClientFrame[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  send(data: string): void {
    this.sent.push(JSON.parse(data) as ClientFrame);
  }
  close(): void {
    this.closed = true;
  }
  says(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

class World {
  wires: FakeWire[] = [];
  lines: Line[] = [];
  got: ServerFrame[] = [];
  random = 0.5;
  private timers: { at: number; what: () => void }[] = [];
  private now = 0;

  readonly connection = new Connection(
    {
      connect: () => {
        const wire = new FakeWire();
        this.wires.push(wire);
        return wire;
      },
      random: () => this.random,
      later: (ms, what) => {
        const timer = { at: this.now + ms, what };
        this.timers.push(timer);
        return () => {
          this.timers = this.timers.filter((each) => each !== timer);
        };
      },
    },
    {
      opening: () => ({ t: 'open', token: 'secret' }),
      received: (frame) => this.got.push(frame),
      changed: (line) => this.lines.push(line),
    },
  );

  get wire(): FakeWire {
    return this.wires.at(-1) as FakeWire;
  }

  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const due = this.timers.filter((each) => each.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers = this.timers.filter((each) => each !== due);
      this.now = due.at;
      due.what();
    }
    this.now = until;
  }

  /** Until it connects again; the milliseconds that took. */
  untilConnected(): number {
    const [before, from] = [this.wires.length, this.now];
    while (this.wires.length === before) this.pass(50);
    return this.now - from;
  }

  up(): void {
    this.connection.start();
    this.wire.onopen?.();
    this.wire.says({ t: 'ready', heartbeat: 25_000 });
  }
}

describe('connection', () => {
  it('opens with what it is told and is up once the server is ready', () => {
    const world = new World();
    world.connection.start();
    expect(world.connection.send({ t: 'beat' })).toBe(false);
    world.wire.onopen?.();
    expect(world.wire.sent).toEqual([{ t: 'open', token: 'secret' }]);
    world.wire.says({ t: 'ready', heartbeat: 25_000 });
    expect(world.lines).toEqual(['connecting', 'up']);
    expect(world.connection.send({ t: 'start' })).toBe(true);
  });

  it('comes back after a jittered wait that grows with each failure', () => {
    const world = new World();
    world.up();
    world.wire.onclose?.({ code: 1006 });
    expect(world.connection.line).toBe('waiting');
    world.pass(249);
    expect(world.wires).toHaveLength(1);
    world.pass(1);
    expect(world.wires).toHaveLength(2);
    world.wire.onclose?.({ code: 1006 });
    world.pass(499);
    expect(world.wires).toHaveLength(2);
    world.pass(1);
    expect(world.wires).toHaveLength(3);
  });

  it('starts over with short waits once a connection was good', () => {
    const world = new World();
    world.up();
    const waits = Array.from({ length: 8 }, () => {
      world.wire.onclose?.({ code: 1006 });
      return world.untilConnected();
    });
    expect(waits.at(-1)).toBe(15_000);
    world.wire.says({ t: 'ready', heartbeat: 25_000 });
    world.wire.onclose?.({ code: 1006 });
    expect(world.untilConnected()).toBe(250);
  });

  it('comes back when a draining server says so', () => {
    const world = new World();
    world.up();
    world.wire.says({ t: 'reconnect', after: 7000 });
    world.wire.onclose?.({ code: 1012 });
    world.pass(6999);
    expect(world.wires).toHaveLength(1);
    world.pass(1);
    expect(world.wires).toHaveLength(2);
  });

  it('stays away when newer tabs took the places, until somebody asks', () => {
    const world = new World();
    world.up();
    world.wire.onclose?.({ code: 4009 });
    world.pass(3_600_000);
    expect(world.wires).toHaveLength(1);
    expect(world.connection.line).toBe('off');
    world.connection.start();
    expect(world.wires).toHaveLength(2);
  });

  it('keeps its distance for a minute after it was cut off for flooding', () => {
    const world = new World();
    world.up();
    world.wire.onclose?.({ code: 1008 });
    world.pass(59_999);
    expect(world.wires).toHaveLength(1);
    world.pass(1);
    expect(world.wires).toHaveLength(2);
  });

  it('beats when all is quiet and gives a silent line up', () => {
    const world = new World();
    world.up();
    world.pass(25_000);
    expect(world.wire.sent.at(-1)).toEqual({ t: 'beat' });
    world.wire.says({ t: 'beaten', now: 1 });
    world.pass(25_000);
    const first = world.wire;
    world.pass(10_000);
    expect(first.closed).toBe(true);
    expect(world.untilConnected()).toBe(250);
  });

  it('does not wait for ever for a server that opens and says nothing', () => {
    const world = new World();
    world.connection.start();
    world.wire.onopen?.();
    const mute = world.wire;
    world.pass(15_000);
    expect(mute.closed).toBe(true);
    world.pass(500);
    expect(world.wires).toHaveLength(2);
  });

  it('ignores what an abandoned wire still says', () => {
    const world = new World();
    world.up();
    const old = world.wire;
    world.connection.stop();
    old.says({ t: 'online', online: false });
    old.onclose?.({ code: 1006 });
    world.pass(60_000);
    expect(world.got).toHaveLength(1);
    expect(world.wires).toHaveLength(1);
    expect(world.connection.line).toBe('off');
  });

  it('cuts a wait short when asked to start', () => {
    const world = new World();
    world.up();
    world.wire.onclose?.({ code: 1006 });
    world.connection.start();
    expect(world.wires).toHaveLength(2);
    world.wire.says({ t: 'ready', heartbeat: 100_000 });
    world.pass(60_000);
    expect(world.wires).toHaveLength(2);
  });
});

describe('backoff', () => {
  it('spreads over a bound that doubles up to half a minute', () => {
    expect(backoff(0, 0.999)).toBeLessThanOrEqual(500);
    expect(backoff(3, 1)).toBe(4000);
    expect(backoff(100, 1)).toBe(30_000);
    expect(backoff(100, 0)).toBe(100);
  });
});
