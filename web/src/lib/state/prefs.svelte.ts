// Choices of this browser: looks and habits, kept in local storage.
import { readJson, writeJson } from './storage';

const KEY = 'inbox.prefs';

export interface Prefs {
  theme: 'system' | 'light' | 'dark';
  density: 'comfortable' | 'compact';
  afterClose: 'next' | 'list' | 'stay';
  sendKey: 'ctrl-enter' | 'enter';
  shortcuts: boolean;
  sidebar: boolean;
  listWidth: number;
}

const DEFAULTS: Prefs = {
  theme: 'system',
  density: 'comfortable',
  afterClose: 'next',
  sendKey: 'ctrl-enter',
  shortcuts: true,
  sidebar: true,
  listWidth: 372,
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
