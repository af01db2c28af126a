// Messages on their way to the service: shown at once, kept through reloads, sent again under the same ids until answered.
import { api, newKey } from '../api/client';
import { ApiError, mayRetry } from '../api/errors';
import type { Created, MessageRow, SendMessage } from '../api/types';
import type { ServerFrame } from '../live/frames';
import { backoff } from '../live/machine';
import type { Content } from './drafts.svelte';
import { live } from './live.svelte';
import { session } from './session.svelte';
import { keysWith, readJson, remove, writeJson } from './storage';

export type EntryState = 'sending' | 'waiting' | 'failed';

export interface Entry {
  conversation: string;
  body: SendMessage;
  /** Idempotency-Key: stays through all attempts. */
  key: string;
  /** As typed, to give it back to the composer. */
  content: Content;
  at: number;
  state: EntryState;
  error: string;
}

/** A colleague answered first: what is new, shown before sending anyway. */
export interface Guard {
  newer: MessageRow[];
}

export interface Outcome {
  sent(created: Created): void;
  /** Not sent because of newer replies; the words go back to the composer. */
  guarded(entry: Entry, newer: MessageRow[]): void;
}

const LEAST_MS = 1000;

class Outbox {
  entries = $state.raw<readonly Entry[]>([]);
  guards = $state.raw<ReadonlyMap<string, Guard>>(new Map());
  /** Conversations whose messages are being sent now. */
  #running = new Set<string>();
  #again: ReturnType<typeof setTimeout> | undefined;
  /** Attempts in a row that met no service. */
  #missed = 0;
  #outcome: Outcome = { sent: () => undefined, guarded: () => undefined };

  constructor() {
    live.listen((frame) => this.#hear(frame));
    globalThis.addEventListener?.('online', () => this.#runAll());
  }

  onOutcome(outcome: Outcome): void {
    this.#outcome = outcome;
  }

  /** After the login: goes on with what a reload interrupted. */
  restore(): void {
    const kept = keysWith(this.#prefix()).flatMap((key) => readJson<Entry | null>(key, null) ?? []);
    this.entries = kept
      .sort((a, b) => a.at - b.at)
      .map((entry) => (entry.state === 'failed' ? entry : { ...entry, state: 'waiting' }));
    this.#runAll();
  }

  of(conversation: string): Entry[] {
    return this.entries.filter((entry) => entry.conversation === conversation);
  }

  send(conversation: string, body: SendMessage, content: Content): void {
    const entry: Entry = {
      conversation,
      body,
      content,
      key: newKey(),
      at: Date.now(),
      state: 'sending',
      error: '',
    };
    this.entries = [...this.entries, entry];
    this.#keep(entry);
    this.dropGuard(conversation);
    void this.#run(conversation);
  }

  retry(clientId: string): void {
    const entry = this.#find(clientId);
    this.#change(clientId, { state: 'waiting' });
    if (entry) void this.#run(entry.conversation);
  }

  /** Takes the entry out; the caller gives its words back to the composer or drops them. */
  take(clientId: string): Entry | undefined {
    const entry = this.#find(clientId);
    this.entries = this.entries.filter((one) => one !== entry);
    remove(this.#prefix() + clientId);
    return entry;
  }

  dropGuard(conversation: string): void {
    if (!this.guards.has(conversation)) return;
    const guards = new Map(this.guards);
    guards.delete(conversation);
    this.guards = guards;
  }

  /** What nobody has got yet: it waits for the connection, or was refused. */
  stuck(conversation: string): Entry | undefined {
    return this.of(conversation).find((entry) => entry.state !== 'sending');
  }

  #runAll(): void {
    clearTimeout(this.#again);
    this.#again = undefined;
    for (const one of new Set(this.entries.map((entry) => entry.conversation))) void this.#run(one);
  }

  /** One after the other: they arrive in the order they were written in, and what has to wait holds up those behind it. */
  async #run(conversation: string): Promise<void> {
    if (this.#running.has(conversation)) return;
    this.#running.add(conversation);
    try {
      let next: Entry | undefined;
      // After a logout it waits, where it is kept, for the next login of who wrote it.
      do next = session.id ? this.of(conversation).find((entry) => entry.state !== 'failed') : undefined;
      while (next && (await this.#attempt(next)));
    } finally {
      this.#running.delete(conversation);
    }
  }

  /** Tells whether it is over with this one, for good or ill. */
  async #attempt(entry: Entry): Promise<boolean> {
    const clientId = entry.body.client_id;
    this.#change(clientId, { state: 'sending', error: '' });
    try {
      const created = await api.send(entry.conversation, entry.body, entry.key);
      this.#missed = 0;
      this.#outcome.sent(created);
      this.take(clientId);
      return true;
    } catch (error) {
      return this.#failed(entry, error);
    }
  }

  #failed(entry: Entry, error: unknown): boolean {
    const clientId = entry.body.client_id;
    if (error instanceof ApiError && error.code === 'newer_reply') {
      this.take(clientId);
      this.guards = new Map(this.guards).set(entry.conversation, { newer: error.newer });
      this.#outcome.guarded(entry, error.newer);
    } else if (mayRetry(error)) {
      for (const { body, state } of this.of(entry.conversation))
        if (state === 'sending') this.#change(body.client_id, { state: 'waiting' });
      live.nudge();
      // The socket may live on while a request is lost: nothing else would tell that there is a way again.
      this.#again ??= setTimeout(() => this.#runAll(), LEAST_MS + backoff(this.#missed++, Math.random()));
      return false;
    } else {
      this.#change(clientId, { state: 'failed', error: error instanceof Error ? error.message : '' });
    }
    return true;
  }

  #find(clientId: string): Entry | undefined {
    return this.entries.find((entry) => entry.body.client_id === clientId);
  }

  #change(clientId: string, change: Partial<Entry>): void {
    this.entries = this.entries.map((entry) => {
      if (entry.body.client_id !== clientId) return entry;
      const changed = { ...entry, ...change };
      this.#keep(changed);
      return changed;
    });
  }

  /** Each under a key of its own: other tabs of the browser have theirs beside it. */
  #keep(entry: Entry): void {
    if (session.id) writeJson(this.#prefix() + entry.body.client_id, entry);
  }

  #prefix(): string {
    return `inbox.outbox.${session.id}.`;
  }

  /** The connection is back: everything that waited is sent again; the same client id makes it the same message. */
  #hear(frame: ServerFrame): void {
    if (frame.t === 'ready') this.#runAll();
  }
}

export const outbox = new Outbox();
