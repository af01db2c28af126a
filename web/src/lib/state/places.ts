// The views of one place: what waits in a queue, what is active in a team or a channel. Their ids are `queue:ID`, `team:ID`, `channel:ID`.
import { queues } from './queues.svelte';
import { session } from './session.svelte';

/** How such a place is called; '' where the view is none of a place, or nobody knows the place. */
export function placeName(view: string): string {
  const id = view.slice(view.indexOf(':') + 1);
  if (view.startsWith('queue:')) return queues.nameOf(id);
  if (view.startsWith('team:')) return session.teamName(id);
  return view.startsWith('channel:') ? (session.channels.get(id)?.name ?? '') : '';
}

/** Whether it is known that the place of this view is not there any more. A removed channel still has what came through it. */
export function placeGone(view: string): boolean {
  const id = view.slice(view.indexOf(':') + 1);
  if (view.startsWith('queue:')) return queues.state === 'ready' && !queues.get(id);
  return view.startsWith('team:') && !session.teams.has(id);
}
