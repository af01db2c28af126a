// Who else is at a conversation, and telling the others that we are.
import type { ServerFrame, Watcher } from '../live/frames';
import { live } from './live.svelte';
import { session } from './session.svelte';

const VIEWING_EVERY_MS = 15_000;
const TYPING_EVERY_MS = 3_000;
const TYPING_PAUSE_MS = 6_000;
const NOBODY: readonly Watcher[] = [];

class Presence {
  #watchers = $state.raw<ReadonlyMap<string, readonly Watcher[]>>(new Map());
  /** For rows: agents by the conversation they look at. */
  #viewers = $state.raw<ReadonlyMap<string, readonly string[]>>(new Map());
  #viewing: string | null = null;
  #typing: { conversation: string; mode: string; said: number } | null = null;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    live.listen((frame) => this.#hear(frame));
    setInterval(() => this.#viewing && this.#sayViewing(), VIEWING_EVERY_MS);
    document.addEventListener('visibilitychange', () => this.#sayViewing());
  }

  of(conversation: string): readonly Watcher[] {
    return this.#watchers.get(conversation) ?? NOBODY;
  }

  /** Colleagues who have the conversation open. */
  colleagues(conversation: string): readonly string[] {
    return this.#viewers.get(conversation)?.filter((id) => id !== session.id) ?? [];
  }

  /** This tab shows the conversation, or none. */
  view(conversation: string | null): void {
    if (conversation === this.#viewing) return;
    this.stopTyping();
    this.#viewing = conversation;
    this.#sayViewing();
  }

  typing(conversation: string, mode: string): void {
    const now = Date.now();
    const same = this.#typing?.conversation === conversation && this.#typing.mode === mode;
    if (!same) this.stopTyping();
    if (!same || now - (this.#typing?.said ?? 0) >= TYPING_EVERY_MS) {
      this.#typing = { conversation, mode, said: now };
      live.say({ t: 'typing', conversation, mode, on: true });
    }
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.stopTyping(), TYPING_PAUSE_MS);
  }

  stopTyping(): void {
    clearTimeout(this.#pause);
    if (!this.#typing) return;
    const { conversation, mode } = this.#typing;
    this.#typing = null;
    live.say({ t: 'typing', conversation, mode, on: false });
  }

  #sayViewing(): void {
    const shown = document.visibilityState === 'visible' ? this.#viewing : null;
    live.say({ t: 'viewing', conversation: shown });
  }

  #hear(frame: ServerFrame): void {
    if (frame.t === 'watchers') {
      const watchers = new Map(this.#watchers);
      if (frame.watchers.length > 0) watchers.set(frame.conversation, frame.watchers);
      else watchers.delete(frame.conversation);
      this.#watchers = watchers;
    } else if (frame.t === 'viewers') {
      const viewers = new Map(this.#viewers);
      for (const [conversation, agents] of Object.entries(frame.conversations))
        if (agents.length > 0) viewers.set(conversation, agents);
        else viewers.delete(conversation);
      this.#viewers = viewers;
    } else if (frame.t === 'ready') {
      this.#watchers = new Map();
      this.#viewers = new Map();
      if (this.#viewing) this.#sayViewing();
    }
  }
}

export const presence = new Presence();
