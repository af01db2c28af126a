// The one table of shortcuts: it drives binding, the help dialog and the hints on buttons. No Alt, AltGr or Ctrl+Alt anywhere.
import type { Key } from '../i18n';
import { own } from './own.svelte';

export type Group = 'move' | 'act' | 'write' | 'go';

export interface Shortcut {
  id: string;
  /** Alternatives; a blank separates the keys of a sequence. `mod` is Ctrl or Cmd. */
  keys: readonly string[];
  group: Group;
  label: Key;
  /** The permission without which the key does nothing and is shown nowhere. */
  needs?: string;
}

const table = [
  { id: 'next', keys: ['j', 'ArrowDown'], group: 'move', label: 'key.next' },
  { id: 'previous', keys: ['k', 'ArrowUp'], group: 'move', label: 'key.previous' },
  { id: 'open', keys: ['o'], group: 'move', label: 'key.open' },
  { id: 'select', keys: ['x'], group: 'move', label: 'key.select' },
  { id: 'extend-down', keys: ['shift+j'], group: 'move', label: 'key.extend_down' },
  { id: 'extend-up', keys: ['shift+k'], group: 'move', label: 'key.extend_up' },
  { id: 'select-all', keys: ['* a'], group: 'move', label: 'key.select_all' },
  { id: 'back', keys: ['u'], group: 'move', label: 'key.back' },
  { id: 'palette', keys: ['mod+k'], group: 'move', label: 'key.palette' },
  { id: 'search', keys: ['/'], group: 'move', label: 'key.search', needs: 'search' },
  { id: 'filter', keys: ['shift+f'], group: 'move', label: 'key.filter' },
  { id: 'panes', keys: ['F6'], group: 'move', label: 'key.panes' },
  { id: 'panes-back', keys: ['shift+F6'], group: 'move', label: 'key.panes_back' },
  { id: 'nav', keys: ['['], group: 'move', label: 'key.nav' },
  { id: 'sidebar', keys: [']'], group: 'move', label: 'key.sidebar' },
  { id: 'help', keys: ['?'], group: 'move', label: 'key.help' },
  { id: 'reply', keys: ['r'], group: 'write', label: 'key.reply', needs: 'reply' },
  { id: 'reply-all', keys: ['shift+r'], group: 'write', label: 'key.reply_all', needs: 'reply' },
  { id: 'note', keys: ['n'], group: 'write', label: 'key.note', needs: 'note' },
  { id: 'forward', keys: ['f'], group: 'write', label: 'key.forward', needs: 'reply' },
  { id: 'compose', keys: ['c'], group: 'write', label: 'key.compose', needs: 'start_conversation' },
  { id: 'send', keys: ['mod+Enter'], group: 'write', label: 'key.send' },
  { id: 'send-close', keys: ['mod+shift+Enter'], group: 'write', label: 'key.send_close' },
  { id: 'leave', keys: ['Escape'], group: 'write', label: 'key.leave' },
  { id: 'close', keys: ['e'], group: 'act', label: 'key.close', needs: 'set_status' },
  { id: 'close-stay', keys: ['shift+e'], group: 'act', label: 'key.close_stay', needs: 'set_status' },
  { id: 'assign', keys: ['a'], group: 'act', label: 'key.assign', needs: 'assign' },
  { id: 'assign-me', keys: ['i'], group: 'act', label: 'key.assign_me', needs: 'assign' },
  { id: 'snooze', keys: ['b'], group: 'act', label: 'key.snooze', needs: 'set_status' },
  { id: 'tags', keys: ['t'], group: 'act', label: 'key.tags', needs: 'tag' },
  { id: 'follow', keys: ['s'], group: 'act', label: 'key.follow' },
  { id: 'status', keys: ['shift+s'], group: 'act', label: 'key.status', needs: 'set_status' },
  { id: 'spam', keys: ['!'], group: 'act', label: 'key.spam', needs: 'set_status' },
  { id: 'block', keys: ['shift+b'], group: 'act', label: 'key.block', needs: 'block_senders' },
  { id: 'merge', keys: ['shift+m'], group: 'act', label: 'key.merge', needs: 'merge' },
  { id: 'call', keys: ['shift+c'], group: 'act', label: 'key.call', needs: 'reply' },
  { id: 'priority', keys: ['p'], group: 'act', label: 'key.priority', needs: 'set_priority' },
  { id: 'unread', keys: ['m'], group: 'act', label: 'key.unread' },
  { id: 'undo', keys: ['z'], group: 'act', label: 'key.undo' },
  { id: 'notices', keys: ['g n'], group: 'go', label: 'notices' },
  { id: 'fetch-next', keys: ['shift+n'], group: 'go', label: 'next.button' },
  { id: 'go-mine', keys: ['g i'], group: 'go', label: 'view.mine' },
  { id: 'go-mentions', keys: ['g m'], group: 'go', label: 'view.mentions' },
  { id: 'go-followed', keys: ['g f'], group: 'go', label: 'view.followed' },
  { id: 'go-unassigned', keys: ['g u'], group: 'go', label: 'view.unassigned' },
  { id: 'go-all', keys: ['g a'], group: 'go', label: 'view.all' },
  { id: 'go-snoozed', keys: ['g s'], group: 'go', label: 'view.snoozed' },
  { id: 'go-pressing', keys: ['g l'], group: 'go', label: 'view.pressing' },
  { id: 'go-due', keys: ['g d'], group: 'go', label: 'view.due' },
  { id: 'go-queue', keys: ['g q'], group: 'go', label: 'view.queue' },
  { id: 'go-bots', keys: ['g b'], group: 'go', label: 'view.bots' },
  { id: 'go-resolved', keys: ['g c'], group: 'go', label: 'view.resolved' },
  { id: 'go-board', keys: ['g o'], group: 'go', label: 'board', needs: 'supervise' },
] as const satisfies readonly Shortcut[];

export type ShortcutId = (typeof table)[number]['id'];
export const SHORTCUTS: readonly (Shortcut & { id: ShortcutId })[] = table;

/** What a shortcut is pressed by: as the agent has it, else as it is given. */
export function keysOf(shortcut: Shortcut): readonly string[] {
  const changed = own.keys[shortcut.id];
  if (changed === undefined) return shortcut.keys;
  return changed === '' ? [] : [changed];
}

/** The first key of a shortcut, for a hint on a button. */
export function hint(id: ShortcutId): string {
  const shortcut = SHORTCUTS.find((one) => one.id === id);
  return spoken((shortcut && keysOf(shortcut)[0]) ?? '');
}

/** Keys as they are shown. */
export function spoken(keys: string): string {
  return keys
    .replace('mod+', isMac() ? '⌘' : 'Ctrl ')
    .replace('shift+', '⇧')
    .replace(/\b[a-z]\b/g, (c) => c.toUpperCase());
}

export function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
