// The logged-in account and what the workspace consists of: colleagues, teams, channels, views, tags.
import { api, onLoggedOut, useCsrf } from '../api/client';
import { ApiError } from '../api/errors';
import type { AgentRow, Availability, Bootstrap, ChannelRow, Me, TeamRow, ViewRow } from '../api/types';
import type { ServerFrame } from '../live/frames';
import { clock } from './clock.svelte';
import { live } from './live.svelte';

export type SessionState = 'unknown' | 'out' | 'in' | 'unreachable';

class Session {
  state = $state<SessionState>('unknown');
  me = $state.raw<Me | null>(null);
  agents = $state.raw<ReadonlyMap<string, AgentRow>>(new Map());
  teams = $state.raw<ReadonlyMap<string, TeamRow>>(new Map());
  channels = $state.raw<ReadonlyMap<string, ChannelRow>>(new Map());
  views = $state.raw<readonly ViewRow[]>([]);
  tags = $state.raw<readonly string[]>([]);
  product = $state('Inbox');

  constructor() {
    onLoggedOut(() => this.#out());
    live.listen((frame) => this.#hear(frame));
  }

  /** The account's id; only asked for while somebody is logged in. */
  get id(): string {
    return this.me?.id ?? '';
  }

  /** Finds out whether the cookie still stands, and loads the workspace if so. */
  async resume(): Promise<void> {
    try {
      // Asked first, as a refused call is an error in every browser's log.
      if (!(await api.loggedIn())) return this.#out();
      this.#take(await api.bootstrap());
      this.state = 'in';
      live.start(() => void this.#check());
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.#out();
      else if (this.state !== 'in') this.state = 'unreachable';
    }
  }

  async logIn(email: string, password: string): Promise<void> {
    const me = await api.logIn({ email, password });
    useCsrf(me.csrf);
    await this.resume();
  }

  async logOut(): Promise<void> {
    await api.logOut().catch(() => undefined);
    this.#out();
  }

  async setAvailability(availability: Availability): Promise<void> {
    this.me = await api.editMe({ availability });
  }

  agentName(id: string | null | undefined): string {
    return (id && this.agents.get(id)?.name) || '';
  }

  #take(boot: Bootstrap): void {
    useCsrf(boot.me.csrf);
    clock.set(boot.now);
    this.me = boot.me;
    this.#takeAgents(boot.agents);
    this.teams = new Map(boot.teams.map((team) => [team.id, team]));
    this.channels = new Map(boot.channels.map((channel) => [channel.id, channel]));
    this.views = boot.views;
    this.tags = boot.tags;
    this.product = boot.product;
  }

  #takeAgents(agents: readonly AgentRow[]): void {
    this.agents = new Map(agents.map((agent) => [agent.id, agent]));
  }

  #out(): void {
    live.stop();
    useCsrf('');
    this.me = null;
    this.state = 'out';
  }

  async #check(): Promise<void> {
    try {
      const me = await api.whoAmI();
      useCsrf(me.csrf);
      live.start(() => void this.#check());
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.#out();
    }
  }

  #hear(frame: ServerFrame): void {
    if (frame.t === 'presence') {
      const agents = new Map(this.agents);
      for (const { id, ...state } of frame.agents) {
        const known = agents.get(id);
        if (known) agents.set(id, { ...known, ...state });
      }
      this.agents = agents;
    } else if (frame.t === 'reload' && frame.what === 'agents') {
      void api.agents().then(
        (agents) => this.#takeAgents(agents),
        () => undefined,
      );
    } else if (
      (frame.t === 'reload' && frame.what !== 'customers') ||
      (frame.t === 'ready' && !frame.resumed)
    ) {
      void this.refresh();
    }
  }

  /** Loads the workspace again; what is shown stays when that fails. */
  async refresh(): Promise<void> {
    if (this.state !== 'in') return;
    await api.bootstrap().then(
      (boot) => this.#take(boot),
      () => undefined,
    );
  }
}

export const session = new Session();
