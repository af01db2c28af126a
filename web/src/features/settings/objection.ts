// Which keys a shortcut may be given.
import { IN_FIELDS } from '../../lib/keys/bind';
import { keysOf, SHORTCUTS, type ShortcutId } from '../../lib/keys/table';

/** Where a shortcut counts: outside of text fields, in them, or in both. */
type Context = 'page' | 'field' | 'both';

/** What every text field of a browser does by itself. */
const RESERVED = new Set(['mod+a', 'mod+c', 'mod+v', 'mod+x', 'mod+y', 'mod+z', 'mod+shift+z']);

function contextOf(id: ShortcutId): Context {
  if (IN_FIELDS.has(id)) return 'both';
  return SHORTCUTS.find((one) => one.id === id)?.group === 'field' ? 'field' : 'page';
}

/** Whether one key would mean two things somewhere. */
const meet = (a: Context, b: Context) => a === b || a === 'both' || b === 'both';

/** Why a key cannot be given to a shortcut: it is never one, it is taken, or it would be typed into fields. */
export function objection(
  id: ShortcutId,
  pressed: string | undefined,
): { why: 'never' | 'field' | 'reserved' } | { why: 'taken'; by: ShortcutId } | null {
  if (!pressed || ['Shift', 'Control', 'Meta', 'Tab', 'shift+Tab', 'Enter', ' '].includes(pressed))
    return { why: 'never' };
  const context = contextOf(id);
  if (context !== 'page' && RESERVED.has(pressed)) return { why: 'reserved' };
  if (context !== 'page' && !pressed.startsWith('mod+') && !/F\d+$/.test(pressed)) return { why: 'field' };
  const taken = SHORTCUTS.find(
    (one) =>
      one.id !== id &&
      meet(context, contextOf(one.id)) &&
      keysOf(one).some((keys) => keys === pressed || keys.startsWith(`${pressed} `)),
  );
  return taken ? { why: 'taken', by: taken.id } : null;
}
