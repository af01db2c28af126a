// Own read marks and drafts of conversations whose rows came by the socket, asked for by name. They are in no journal: what another
// device moved while this connection was away is asked for when it is back.
import type { ConversationRow } from '../api/types';
import type { ServerFrame } from '../live/frames';
import { drafts } from './drafts.svelte';
import { live } from './live.svelte';
import { reads } from './reads.svelte';

const AFTER_MS = 1000;
const AT_ONCE = 100;
/** Rows further down than this are told of with their next change, or the next page. */
const MOST = 500;

type Shown = () => readonly string[];

class Marks {
  #wanted = new Set<string>();
  #shown = new Set<Shown>();
  /** What was merged into a conversation when its marks were told: each of those has marks of its own. */
  #whole = new Map<string, string>();
  /** When those were asked for that are not answered yet. */
  #asked: number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    live.listen((frame) => this.#hear(frame));
  }

  /** Keeps those of what `shown` returns true over breaks of the connection, until the returned function is called. */
  keep(shown: Shown): () => void {
    this.#shown.add(shown);
    return () => this.#shown.delete(shown);
  }

  /** Asks soon. What is lost on the way is asked for again with the row's next change. */
  ask(conversations: readonly string[]): void {
    for (const id of conversations) this.#wanted.add(id);
    this.#timer ??= setTimeout(() => this.#say(), AFTER_MS);
  }

  /** These rows came with their marks. */
  told(rows: readonly ConversationRow[]): void {
    for (const row of rows) this.#whole.set(row.id, row.absorbed.join());
  }

  /** This row came without: asks where what is known counted other messages. */
  saw(row: ConversationRow): void {
    const whole = row.absorbed.join();
    if ((this.#whole.get(row.id) ?? '') === whole) return;
    this.#whole.set(row.id, whole);
    this.ask([row.id]);
  }

  #say(): void {
    this.#timer = undefined;
    const conversations = [...this.#wanted];
    this.#wanted.clear();
    for (let i = 0; i < conversations.length; i += AT_ONCE)
      if (live.say({ t: 'marks', conversations: conversations.slice(i, i + AT_ONCE) }))
        this.#asked.push(performance.now());
  }

  #hear(frame: ServerFrame): void {
    if (frame.t === 'marked') {
      const asked = this.#asked.shift() ?? 0;
      reads.adopt(frame.reads, Object.keys(frame.reads), asked);
      drafts.hear(frame.drafts, Object.keys(frame.reads), asked);
    } else if (frame.t === 'ready') {
      this.#asked = [];
      if (!frame.resumed) return;
      for (const shown of this.#shown) this.ask(shown().slice(0, MOST));
    }
  }
}

export const marks = new Marks();
