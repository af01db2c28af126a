// The approved templates of channels, read when somebody wants one, and again when the service says that they changed.
import type { Filled } from '../templates';
import { api } from '../api/client';
import type { TemplateList } from '../api/types';
import type { ServerFrame } from '../live/frames';
import { live } from './live.svelte';

class Templates {
  lists = $state.raw<ReadonlyMap<string, TemplateList>>(new Map());
  /** What was chosen and not sent yet, by conversation. */
  readonly begun = new Map<string, Filled>();

  constructor() {
    live.listen((frame) => this.#hear(frame));
  }

  async load(channel: string): Promise<void> {
    this.#take(channel, await api.templates(channel));
  }

  /** Has the service ask the provider; for admins. */
  async fetch(channel: string): Promise<void> {
    this.#take(channel, await api.fetchTemplates(channel));
  }

  #take(channel: string, list: TemplateList): void {
    this.lists = new Map(this.lists).set(channel, list);
  }

  #hear(frame: ServerFrame): void {
    const again =
      frame.t === 'reload' && frame.what === 'templates'
        ? [frame.id ?? '']
        : frame.t === 'ready' && !frame.resumed
          ? [...this.lists.keys()]
          : [];
    for (const channel of again) if (this.lists.has(channel)) void this.load(channel).catch(() => undefined);
  }
}

export const templates = new Templates();
