// The one table of shortcuts: it drives binding, the help dialog and the hints on buttons. No Alt, AltGr or Ctrl+Alt anywhere.
import type { Key } from '../i18n';

export type Group = 'move' | 'act' | 'write' | 'go';

export interface Shortcut {
  id: string;
  /** Alternatives; a blank separates the keys of a sequence. `mod` is Ctrl or Cmd. */
  keys: readonly string[];
  group: Group;
  label: Key;
}

const table = [
  { id: 'next', keys: ['j'], group: 'move', label: 'key.next' },
  { id: 'previous', keys: ['k'], group: 'move', label: 'key.previous' },
  { id: 'open', keys: ['o'], group: 'move', label: 'key.open' },
  { id: 'back', keys: ['u'], group: 'move', label: 'key.back' },
  { id: 'search', keys: ['/'], group: 'move', label: 'key.search' },
  { id: 'panes', keys: ['F6'], group: 'move', label: 'key.panes' },
  { id: 'panes-back', keys: ['shift+F6'], group: 'move', label: 'key.panes_back' },
  { id: 'sidebar', keys: [']'], group: 'move', label: 'key.sidebar' },
  { id: 'help', keys: ['?'], group: 'move', label: 'key.help' },
  { id: 'reply', keys: ['r'], group: 'write', label: 'key.reply' },
  { id: 'reply-all', keys: ['shift+r'], group: 'write', label: 'key.reply_all' },
  { id: 'note', keys: ['n'], group: 'write', label: 'key.note' },
  { id: 'forward', keys: ['f'], group: 'write', label: 'key.forward' },
  { id: 'compose', keys: ['c'], group: 'write', label: 'key.compose' },
  { id: 'send', keys: ['mod+Enter'], group: 'write', label: 'key.send' },
  { id: 'send-close', keys: ['mod+shift+Enter'], group: 'write', label: 'key.send_close' },
  { id: 'leave', keys: ['Escape'], group: 'write', label: 'key.leave' },
  { id: 'close', keys: ['e'], group: 'act', label: 'key.close' },
  { id: 'close-stay', keys: ['shift+e'], group: 'act', label: 'key.close_stay' },
  { id: 'assign', keys: ['a'], group: 'act', label: 'key.assign' },
  { id: 'assign-me', keys: ['i'], group: 'act', label: 'key.assign_me' },
  { id: 'snooze', keys: ['b'], group: 'act', label: 'key.snooze' },
  { id: 'tags', keys: ['t'], group: 'act', label: 'key.tags' },
  { id: 'status', keys: ['s'], group: 'act', label: 'key.status' },
  { id: 'priority', keys: ['p'], group: 'act', label: 'key.priority' },
  { id: 'unread', keys: ['m'], group: 'act', label: 'key.unread' },
  { id: 'undo', keys: ['z'], group: 'act', label: 'key.undo' },
  { id: 'go-mine', keys: ['g i'], group: 'go', label: 'view.mine' },
  { id: 'go-unassigned', keys: ['g u'], group: 'go', label: 'view.unassigned' },
  { id: 'go-all', keys: ['g a'], group: 'go', label: 'view.all' },
  { id: 'go-snoozed', keys: ['g s'], group: 'go', label: 'view.snoozed' },
  { id: 'go-due', keys: ['g l'], group: 'go', label: 'view.due' },
] as const satisfies readonly Shortcut[];

export type ShortcutId = (typeof table)[number]['id'];
export const SHORTCUTS: readonly (Shortcut & { id: ShortcutId })[] = table;

/** The first key of a shortcut, for a hint on a button. */
export function hint(id: ShortcutId): string {
  const key = SHORTCUTS.find((shortcut) => shortcut.id === id)?.keys[0] ?? '';
  return key
    .replace('mod+', isMac() ? '⌘' : 'Ctrl ')
    .replace('shift+', '⇧')
    .replace(/\b[a-z]\b/g, (c) => c.toUpperCase());
}

export function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
