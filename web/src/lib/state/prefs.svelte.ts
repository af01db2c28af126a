// Looks and habits, kept in local storage; those of the person himself go with the account to every browser.
import type { Chosen, Quiet } from '../noticing';
import type { Tone } from './sounds';
import { readJson, writeJson } from './storage';

const KEY = 'inbox.prefs';

export interface Prefs {
  theme: 'system' | 'light' | 'dark';
  density: 'comfortable' | 'compact';
  afterClose: 'next' | 'list' | 'stay';
  sendKey: 'ctrl-enter' | 'enter';
  /** Seconds for which an answer can be taken back. */
  hold: '0' | '5' | '10' | '30';
  /** The same for kinds of channels that have a time of their own. */
  holds: Readonly<Record<string, Prefs['hold']>>;
  shortcuts: boolean;
  /** Saved views in the order he wants; others follow by name. */
  views: readonly string[];
  sidebar: boolean;
  /** Whether the navigation says its words on a wide screen, beside the icons. */
  nav: boolean;
  /** Whether the first steps are shown until they are done. */
  guide: boolean;
  navWidth: number;
  listWidth: number;
  sidebarWidth: number;
  /** How each kind of notice is made known, where that was changed. */
  notices: Chosen;
  quiet: Quiet;
  tone: Tone;
  /** 0 to 100. */
  volume: number;
}

export const DEFAULTS: Prefs = {
  theme: 'system',
  density: 'comfortable',
  afterClose: 'next',
  sendKey: 'ctrl-enter',
  hold: '5',
  holds: {},
  shortcuts: true,
  views: [],
  sidebar: true,
  nav: true,
  guide: true,
  navWidth: 208,
  listWidth: 372,
  sidebarWidth: 296,
  notices: {},
  quiet: { away: true, hours: false, from: 20 * 60, to: 8 * 60 },
  tone: 'drop',
  volume: 60,
};

/** What the account holds; the rest is about one browser or its window. */
export const PERSONAL = [
  'theme',
  'density',
  'afterClose',
  'sendKey',
  'hold',
  'holds',
  'shortcuts',
  'views',
] as const satisfies readonly (keyof Prefs)[];

class Preferences {
  current = $state.raw<Prefs>({ ...DEFAULTS, ...readJson<Partial<Prefs>>(KEY, {}) });
  /** Choices that the account does not hold yet. */
  unsaved = 0;

  set<K extends keyof Prefs>(name: K, value: Prefs[K]): void {
    this.current = { ...this.current, [name]: value };
    writeJson(KEY, this.current);
    if (name === 'theme') this.showTheme();
  }

  /** What the account holds goes before what this browser remembers; one that holds nothing leaves it as it is. */
  adopt(screen: Readonly<Record<string, string>>): void {
    // The service tells of each choice, also this browser: what was chosen since is not in there.
    if (this.unsaved > 0 || Object.keys(screen).length === 0) return;
    const held = PERSONAL.map((name) => [name, parsed(screen[name]) ?? DEFAULTS[name]]);
    this.current = { ...this.current, ...Object.fromEntries(held) };
    writeJson(KEY, this.current);
    this.showTheme();
  }

  /** Milliseconds for which an answer by this channel can be taken back. A chat waits only where that was chosen for its kind. */
  hold({ kind, conversational }: { kind: string; conversational: boolean }): number {
    return Number(this.current.holds[kind] ?? (conversational ? 0 : this.current.hold)) * 1000;
  }

  showTheme(): void {
    const { theme } = this.current;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const prefs = new Preferences();
