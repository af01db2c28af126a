// Choices of this browser: looks and habits, kept in local storage.
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
  shortcuts: boolean;
  sidebar: boolean;
  /** Whether the navigation says its words on a wide screen, beside the icons. */
  nav: boolean;
  /** Whether the first steps are shown until they are done. */
  guide: boolean;
  listWidth: number;
  /** How each kind of notice is made known, where that was changed. */
  notices: Chosen;
  quiet: Quiet;
  tone: Tone;
  /** 0 to 100. */
  volume: number;
}

const DEFAULTS: Prefs = {
  theme: 'system',
  density: 'comfortable',
  afterClose: 'next',
  sendKey: 'ctrl-enter',
  hold: '5',
  shortcuts: true,
  sidebar: true,
  nav: true,
  guide: true,
  listWidth: 372,
  notices: {},
  quiet: { away: true, hours: false, from: 20 * 60, to: 8 * 60 },
  tone: 'drop',
  volume: 60,
};

class Preferences {
  current = $state.raw<Prefs>({ ...DEFAULTS, ...readJson<Partial<Prefs>>(KEY, {}) });

  set<K extends keyof Prefs>(name: K, value: Prefs[K]): void {
    this.current = { ...this.current, [name]: value };
    writeJson(KEY, this.current);
    if (name === 'theme') this.showTheme();
  }

  showTheme(): void {
    const { theme } = this.current;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }
}

export const prefs = new Preferences();
