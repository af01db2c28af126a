// Which keys a shortcut may be given.
import { IN_FIELDS } from '../../lib/keys/bind';
import { keysOf, SHORTCUTS, type ShortcutId } from '../../lib/keys/table';

/** Why a key cannot be given to a shortcut: it is never one, it is taken, or it would be typed into fields. */
export function objection(
  id: ShortcutId,
  pressed: string | undefined,
): { why: 'never' | 'field' } | { why: 'taken'; by: ShortcutId } | null {
  if (!pressed || ['Shift', 'Control', 'Meta', 'Tab', 'shift+Tab', 'Enter', ' '].includes(pressed))
    return { why: 'never' };
  if (IN_FIELDS.has(id) && !pressed.startsWith('mod+') && !/F\d+$/.test(pressed)) return { why: 'field' };
  const taken = SHORTCUTS.find(
    (one) => one.id !== id && keysOf(one).some((keys) => keys === pressed || keys.startsWith(`${pressed} `)),
  );
  return taken ? { why: 'taken', by: taken.id } : null;
}
