// From key presses to shortcuts. Single letters count only outside text fields; nothing counts while an IME composes.
import { prefs } from '../state/prefs.svelte';
import { session } from '../state/session.svelte';
import { own } from './own.svelte';
import { keysOf, SHORTCUTS, type Shortcut, type ShortcutId } from './table';

type Handler = () => void;

const SEQUENCE_WITHIN_MS = 1200;
/** Those that count in text fields too. */
export const IN_FIELDS: ReadonlySet<ShortcutId> = new Set<ShortcutId>([
  'palette',
  'send',
  'send-close',
  'panes',
  'panes-back',
]);

interface Bound {
  handler: Handler;
  above: boolean;
}
const handlers = new Map<ShortcutId, Bound[]>();
let started: { key: string; at: number } | null = null;

/**
 * Binds handlers until the returned function is called; the one bound last wins. `above` all others: what is done to a selection
 * goes before what is done to the open conversation, whichever came last.
 */
export function bind(some: Partial<Record<ShortcutId, Handler>>, above = false): () => void {
  const entries = Object.entries(some) as [ShortcutId, Handler][];
  for (const [id, handler] of entries) handlers.set(id, [...(handlers.get(id) ?? []), { handler, above }]);
  return () => {
    for (const [id, handler] of entries)
      handlers.set(
        id,
        (handlers.get(id) ?? []).filter((one) => one.handler !== handler),
      );
  };
}

export function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return (
    target instanceof HTMLInputElement &&
    !['button', 'checkbox', 'radio', 'range', 'submit', 'file'].includes(target.type)
  );
}

/** The event in the table's spelling: "j", "shift+e", "mod+Enter"; undefined for keys that are never a shortcut. */
export function spell(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'> & { code?: string },
): string | undefined {
  if (event.altKey || (event.ctrlKey && event.metaKey)) return undefined;
  const mod = event.ctrlKey || event.metaKey;
  // What a digit becomes with shift differs by layout, and so is not what is meant by it.
  const digit = mod && event.shiftKey && event.code?.startsWith('Digit') ? event.code.slice(5) : '';
  const letter = digit || (event.key.length === 1 ? event.key.toLowerCase() : event.key);
  const isLetter = digit || (letter.length === 1 && letter !== letter.toUpperCase());
  // The shift of "?" or "/" belongs to the layout, that of a letter or a named key is meant.
  const shift = event.shiftKey && (isLetter || event.key.length > 1) ? 'shift+' : '';
  return `${mod ? 'mod+' : ''}${shift}${letter}`;
}

/** The shortcut that `pressed` completes, after `first` was pressed before it; with `inField` one of those for what is written there. */
export function lookUp(pressed: string, first: string | null, inField = false): ShortcutId | undefined {
  const wanted = first === null ? [pressed] : [`${first} ${pressed}`, pressed];
  const among = SHORTCUTS.filter(({ group }) => (group === 'field') === inField);
  for (const keys of wanted) {
    // What somebody chose goes before what is given since to something else.
    const found =
      among.find(({ id }) => own.keys[id] === keys) ??
      among.find((shortcut) => keysOf(shortcut).includes(keys));
    if (found) return found.id;
  }
  return undefined;
}

const beginsSequence = (pressed: string) =>
  SHORTCUTS.some((shortcut) => keysOf(shortcut).some((keys) => keys.startsWith(`${pressed} `)));

/** Whether the reader's role lets him do what the key does. */
export function isAllowed({ needs }: Shortcut): boolean {
  return !needs || !session.me || session.may(needs);
}

/** What a key would do now; undefined where nothing is bound, or the role does not allow it. */
export function handlerOf(id: ShortcutId): Handler | undefined {
  if (SHORTCUTS.some((one) => one.id === id && !isAllowed(one))) return undefined;
  const bound = handlers.get(id);
  return (bound?.findLast((one) => one.above) ?? bound?.at(-1))?.handler;
}

export function onKeydown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  const pressed = spell(event);
  if (!pressed) return;
  const inField = isTextField(event.target);
  const bare = !pressed.startsWith('mod+');
  if (bare && !prefs.current.shortcuts && !pressed.endsWith('F6')) return;
  const first = started && event.timeStamp - started.at < SEQUENCE_WITHIN_MS ? started.key : null;
  started = null;
  const id = lookUp(pressed, inField ? null : first);
  if (!id) {
    if (!inField && bare && beginsSequence(pressed)) started = { key: pressed, at: event.timeStamp };
    return;
  }
  if (inField && !IN_FIELDS.has(id)) return;
  // Arrows scroll or choose in what has the focus.
  if (pressed.startsWith('Arrow') && event.target !== document.body) return;
  if (document.querySelector('dialog[open]') && id !== 'help') return;
  const handler = handlerOf(id);
  if (!handler) return;
  event.preventDefault();
  handler();
}
