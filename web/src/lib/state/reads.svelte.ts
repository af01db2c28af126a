// Own read marks: unread is a conversation's `inbound` minus the mark's. What is not known yet counts as read.
import type { ConversationRow } from '../api/types';
import type { ServerFrame } from '../live/frames';
import { live } from './live.svelte';

class Reads {
  #marks = $state.raw<ReadonlyMap<string, number>>(new Map());
  /** When each was told last, by `performance.now()`: an answer that was asked for before may be older. */
  #told = new Map<string, number>();

  constructor() {
    live.listen((frame: ServerFrame) => {
      if (frame.t === 'read') this.set(frame.conversation, frame.inbound);
    });
  }

  /** Somebody else logged in. */
  clear(): void {
    this.#marks = new Map();
    this.#told.clear();
  }

  knows(conversation: string): boolean {
    return this.#marks.has(conversation);
  }

  set(conversation: string, inbound: number): void {
    this.#told.set(conversation, performance.now());
    if (this.#marks.get(conversation) === inbound) return;
    this.#marks = new Map(this.#marks).set(conversation, inbound);
  }

  /** What was asked for at `asked` has come: conversations without a mark of their own were never read. */
  adopt(page: Readonly<Record<string, number>>, ids: readonly string[], asked: number): void {
    const marks = new Map(this.#marks);
    for (const id of ids) if ((this.#told.get(id) ?? -1) < asked) marks.set(id, page[id] ?? 0);
    this.#marks = marks;
  }

  unread(row: ConversationRow): number {
    const mark = this.#marks.get(row.id);
    return mark === undefined ? 0 : Math.max(0, row.inbound - mark);
  }
}

export const reads = new Reads();
