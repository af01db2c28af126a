// Views that people saved: own ones, those of the own teams, those for all.
import { api } from '../api/client';
import type { SavedView } from '../api/types';
import { ICONS, type IconName } from '../icons/icons';
import { Entries } from './catalog.svelte';
import { prefs } from './prefs.svelte';
import { session } from './session.svelte';

export const savedViews = new Entries<SavedView>('views', api.views);

/** As the reader wants them; those he has not placed follow by name. */
export function inOrder(): SavedView[] {
  const places = new Map(prefs.current.views.map((id, at) => [id, at]));
  const placeOf = ({ id }: SavedView) => places.get(id) ?? places.size;
  return [...savedViews.all].sort((a, b) => placeOf(a) - placeOf(b));
}

/** What stands before a view's name: what was chosen, else who shares it. */
export function iconOf(view: SavedView): IconName {
  if (view.icon in ICONS) return view.icon as IconName;
  return view.share === 'private' ? 'filter' : 'users';
}

/** Whether the reader may change it; the service asks again. */
export function mayEdit(view: SavedView): boolean {
  const supervises = session.supervises;
  return supervises || (view.owner === session.id && view.share !== 'all');
}
