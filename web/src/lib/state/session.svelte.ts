// The logged-in account and what the workspace consists of: colleagues, teams, channels, views, tags.
import { api, onLoggedOut, useCsrf } from '../api/client';
import { ApiError } from '../api/errors';
import type { AgentRow, Availability, Bootstrap, ChannelRow, Me, TeamRow, ViewRow } from '../api/types';
import { speakFor } from '../i18n/language.svelte';
import type { ServerFrame } from '../live/frames';
import { own } from '../keys/own.svelte';
import { askAgain, removedName } from './catalog.svelte';
import { clock } from './clock.svelte';
import { live } from './live.svelte';
import { paced } from './paced';
import { prefs } from './prefs.svelte';

export type SessionState = 'unknown' | 'out' | 'in' | 'unreachable';

class Session {
  state = $state<SessionState>('unknown');
  me = $state.raw<Me | null>(null);
  agents = $state.raw<ReadonlyMap<string, AgentRow>>(new Map());
  teams = $state.raw<ReadonlyMap<string, TeamRow>>(new Map());
  channels = $state.raw<ReadonlyMap<string, ChannelRow>>(new Map());
  views = $state.raw<readonly ViewRow[]>([]);
  tags = $state.raw<readonly string[]>([]);
  /** The colours of those tags that have one, by name. */
  tagColours = $state.raw<Readonly<Record<string, string>>>({});
  /** Whether one may make new tags. */
  newTags = $state(true);
  /** The time zone in which reports tell days. */
  zone = 'UTC';
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
      const boot = await api.bootstrap();
      await speakFor(boot.me.language);
      this.#take(boot);
      this.state = 'in';
      live.start(() => void this.#check());
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.#out();
      else if (this.state !== 'in') this.state = 'unreachable';
    }
  }

  /** Opens a session; `resume` then shows the workspace. */
  async logIn(email: string, password: string, code: string): Promise<void> {
    const me = await api.logIn(code ? { email, password, code } : { email, password });
    useCsrf(me.csrf);
  }

  async logOut(): Promise<void> {
    await api.logOut().catch(() => undefined);
    this.#out();
  }

  async setAvailability(availability: Availability, break_reason = ''): Promise<void> {
    this.me = await api.editMe({ availability, break_reason });
  }

  /** The account was changed here; its other windows hear of it by themselves. */
  edited(me: Me): void {
    this.me = me;
    own.keys = me.keys;
    prefs.adopt(me.screen);
    void speakFor(me.language);
  }

  /** Whether boards and reports are for this account. */
  get supervises(): boolean {
    return this.may('supervise');
  }

  /** Whether this account looks after the workspace itself. */
  get administers(): boolean {
    return !!this.me?.permissions.some(
      (one) => one === 'reprocess' || (one.startsWith('manage_') && one !== 'manage_replies'),
    );
  }

  /** Whether the role has this permission; what it has not, has no button. */
  may(permission: string): boolean {
    return !!this.me?.permissions.includes(permission);
  }

  /** Also of somebody who is not here any more; '' where nobody knows. */
  agentName(id: string | null | undefined): string {
    return id ? (this.agents.get(id)?.name ?? removedName('agents', id)) : '';
  }

  /** Also of a team that was removed; '' where nobody knows. */
  teamName(id: string | null | undefined): string {
    return id ? (this.teams.get(id)?.name ?? removedName('teams', id)) : '';
  }

  #take(boot: Bootstrap): void {
    useCsrf(boot.me.csrf);
    clock.set(boot.now);
    this.me = boot.me;
    own.keys = boot.me.keys;
    prefs.adopt(boot.me.screen);
    this.#takeAgents(boot.agents);
    this.teams = new Map(boot.teams.map((team) => [team.id, team]));
    this.channels = new Map(boot.channels.map((channel) => [channel.id, channel]));
    this.views = boot.views;
    this.tags = boot.tags;
    this.tagColours = boot.tag_colours;
    this.newTags = boot.new_tags;
    this.zone = boot.zone;
    this.product = boot.product;
  }

  #takeAgents(agents: readonly AgentRow[]): void {
    const before = this.agents;
    this.agents = new Map(agents.map((agent) => [agent.id, agent]));
    if ([...before.keys()].some((id) => !this.agents.has(id))) askAgain();
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
      if (this.#isAnother(me)) return;
      useCsrf(me.csrf);
      live.start(() => void this.#check());
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.#out();
    }
  }

  /** Another tab of this browser logged somebody else in: nothing that is shown here is his. */
  #isAnother(me: Me): boolean {
    if (me.id === this.id) return false;
    location.reload();
    return true;
  }

  #refreshMe = paced(async () => {
    const me = await api.whoAmI();
    if (this.state === 'in' && !this.#isAnother(me)) this.edited(me);
  });

  #refreshAgents = paced(async () => this.#takeAgents(await api.agents()));

  #hear(frame: ServerFrame): void {
    if (frame.t === 'presence') {
      const agents = new Map(this.agents);
      for (const { id, ...state } of frame.agents) {
        const known = agents.get(id);
        if (known) agents.set(id, { ...known, ...state });
        const moved = known?.state !== state.state || known.break_reason !== state.break_reason;
        if (moved && id === this.id) void this.#refreshMe(); // somebody else may have set it
      }
      this.agents = agents;
    } else if (frame.t === 'reload' && frame.what === 'agents') {
      void this.#refreshAgents();
      if (frame.id === this.id) void this.refresh();
    } else if (
      (frame.t === 'reload' &&
        (frame.what === 'catalog'
          ? ['', 'tag_entries', 'tagging', 'roles'].includes(frame.id ?? '')
          : !['customers', 'jobs', 'templates', 'notices', 'alerts'].includes(frame.what))) ||
      (frame.t === 'ready' && !frame.resumed)
    ) {
      void this.refresh();
    }
  }

  /** Loads the workspace again. What is shown stays until that succeeds. */
  refresh = paced(() => this.#load());

  async #load(): Promise<void> {
    if (this.state !== 'in') return;
    const boot = await api.bootstrap();
    if (this.#isAnother(boot.me)) return;
    this.#take(boot);
    void speakFor(boot.me.language);
  }
}

export const session = new Session();
