// The supervisors' board as the service pushes it: every queue and every agent, each as it stands now.
import type { components } from '../api/schema';
import type { ServerFrame } from '../live/frames';
import { live } from './live.svelte';

export type QueueState = components['schemas']['QueueState'];
export type BoardAgent = components['schemas']['BoardAgent'];
type Frame = components['schemas']['Board'];

const ALL = 'all';

export class Board {
  queues = $state.raw<ReadonlyMap<string, QueueState>>(new Map());
  agents = $state.raw<ReadonlyMap<string, BoardAgent>>(new Map());
  state = $state<'loading' | 'ready' | 'denied'>('loading');

  /** Everything together. */
  get total(): QueueState | undefined {
    return this.queues.get(ALL);
  }

  get parts(): readonly QueueState[] {
    return [...this.queues.values()].filter((one) => one.id !== ALL);
  }

  /** Follows until the returned function is called. */
  follow(): () => void {
    const { sub, stop } = live.follow(
      { t: 'board' },
      { frame: (frame) => this.#hear(frame), sync: () => live.synced(sub) },
    );
    return stop;
  }

  take(frame: Frame): void {
    const gone = new Set(frame.gone);
    this.queues = merged(frame.whole ? new Map() : this.queues, frame.queues, gone);
    this.agents = merged(frame.whole ? new Map() : this.agents, frame.agents, gone);
    this.state = 'ready';
  }

  #hear(frame: ServerFrame): void {
    if (frame.t === 'board') this.take(frame);
    else if (frame.t === 'error') this.state = 'denied';
  }
}

function merged<Row extends { id: string }>(
  held: ReadonlyMap<string, Row>,
  rows: readonly Row[],
  gone: ReadonlySet<string>,
): ReadonlyMap<string, Row> {
  const all = new Map(held);
  for (const id of gone) all.delete(id);
  for (const row of rows) all.set(row.id, row);
  return all;
}
