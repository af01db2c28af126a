// The one table of shortcuts: it drives binding, the help dialog and the hints on buttons; `labels` says what each is called.
// No Alt, AltGr or Ctrl+Alt anywhere.
import { own } from './own.svelte';

/** Those of `field` count inside a text field that takes markup, and nowhere else. */
export type Group = 'move' | 'act' | 'write' | 'field' | 'go';

export interface Shortcut {
  id: string;
  /** Alternatives; a blank separates the keys of a sequence. `mod` is Ctrl or Cmd. */
  keys: readonly string[];
  group: Group;
  /** The permission without which the key does nothing and is shown nowhere. */
  needs?: string;
}

const table = [
  { id: 'next', keys: ['j', 'ArrowDown'], group: 'move' },
  { id: 'previous', keys: ['k', 'ArrowUp'], group: 'move' },
  { id: 'open', keys: ['o'], group: 'move' },
  { id: 'select', keys: ['x'], group: 'move' },
  { id: 'extend-down', keys: ['shift+j'], group: 'move' },
  { id: 'extend-up', keys: ['shift+k'], group: 'move' },
  { id: 'select-all', keys: ['* a'], group: 'move' },
  { id: 'back', keys: ['u'], group: 'move' },
  { id: 'palette', keys: ['mod+k'], group: 'move' },
  { id: 'search', keys: ['/'], group: 'move', needs: 'search' },
  { id: 'filter', keys: ['shift+f'], group: 'move' },
  { id: 'panes', keys: ['F6'], group: 'move' },
  { id: 'panes-back', keys: ['shift+F6'], group: 'move' },
  { id: 'nav', keys: ['['], group: 'move' },
  { id: 'sidebar', keys: [']'], group: 'move' },
  { id: 'help', keys: ['?'], group: 'move' },
  { id: 'reply', keys: ['r'], group: 'write', needs: 'reply' },
  { id: 'reply-all', keys: ['shift+r'], group: 'write', needs: 'reply' },
  { id: 'note', keys: ['n'], group: 'write', needs: 'note' },
  { id: 'forward', keys: ['f'], group: 'write', needs: 'reply' },
  { id: 'compose', keys: ['c'], group: 'write', needs: 'start_conversation' },
  { id: 'send', keys: ['mod+Enter'], group: 'write' },
  { id: 'send-close', keys: ['mod+shift+Enter'], group: 'write' },
  { id: 'leave', keys: ['Escape'], group: 'write' },
  { id: 'mark-bold', keys: ['mod+b'], group: 'field' },
  { id: 'mark-italic', keys: ['mod+i'], group: 'field' },
  { id: 'mark-link', keys: [], group: 'field' },
  { id: 'mark-list', keys: ['mod+shift+8'], group: 'field' },
  { id: 'mark-quote', keys: ['mod+shift+9'], group: 'field' },
  { id: 'mark-code', keys: ['mod+e'], group: 'field' },
  { id: 'close', keys: ['e'], group: 'act', needs: 'set_status' },
  { id: 'close-stay', keys: ['shift+e'], group: 'act', needs: 'set_status' },
  { id: 'assign', keys: ['a'], group: 'act', needs: 'assign' },
  { id: 'assign-me', keys: ['i'], group: 'act', needs: 'assign' },
  { id: 'snooze', keys: ['b'], group: 'act', needs: 'set_status' },
  { id: 'tags', keys: ['t'], group: 'act', needs: 'tag' },
  { id: 'follow', keys: ['s'], group: 'act' },
  { id: 'status', keys: ['shift+s'], group: 'act', needs: 'set_status' },
  { id: 'spam', keys: ['!'], group: 'act', needs: 'set_status' },
  { id: 'block', keys: ['shift+b'], group: 'act', needs: 'block_senders' },
  { id: 'merge', keys: ['shift+m'], group: 'act', needs: 'merge' },
  { id: 'call', keys: ['shift+c'], group: 'act', needs: 'reply' },
  { id: 'priority', keys: ['p'], group: 'act', needs: 'set_priority' },
  { id: 'unread', keys: ['m'], group: 'act' },
  { id: 'undo', keys: ['z'], group: 'act' },
  { id: 'notices', keys: ['g n'], group: 'go' },
  { id: 'fetch-next', keys: ['shift+n'], group: 'go' },
  { id: 'go-mine', keys: ['g i'], group: 'go' },
  { id: 'go-mentions', keys: ['g m'], group: 'go' },
  { id: 'go-followed', keys: ['g f'], group: 'go' },
  { id: 'go-unassigned', keys: ['g u'], group: 'go' },
  { id: 'go-all', keys: ['g a'], group: 'go' },
  { id: 'go-snoozed', keys: ['g s'], group: 'go' },
  { id: 'go-pressing', keys: ['g l'], group: 'go' },
  { id: 'go-due', keys: ['g d'], group: 'go' },
  { id: 'go-queue', keys: ['g q'], group: 'go' },
  { id: 'go-bots', keys: ['g b'], group: 'go' },
  { id: 'go-resolved', keys: ['g c'], group: 'go' },
  { id: 'go-board', keys: ['g o'], group: 'go', needs: 'supervise' },
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
