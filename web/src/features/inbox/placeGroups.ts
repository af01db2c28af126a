// The queues, teams and channels somebody has views of, in groups for the navigation and the palette.
import { channelIcon } from '../../lib/channels';
import type { Key } from '../../lib/i18n';
import type { IconName } from '../../lib/icons/icons';
import { queues } from '../../lib/state/queues.svelte';
import { session } from '../../lib/state/session.svelte';

export interface PlaceView {
  view: string;
  name: string;
  icon: IconName;
}

export interface PlaceGroup {
  id: 'queues' | 'teams' | 'channels';
  label: Key;
  views: PlaceView[];
}

const byName = (a: PlaceView, b: PlaceView) => a.name.localeCompare(b.name);

/** Supervisors have all queues and teams, others their own teams; everybody the channels he reads. Groups without any are left out. */
export function placeGroups(): PlaceGroup[] {
  const supervises = session.supervises;
  const own = session.me?.teams ?? [];
  const teams = [...session.teams.values()].filter(({ id }) => supervises || own.includes(id));
  const channels = [...session.channels.values()].filter(({ reads, removed }) => reads && !removed);
  const groups: PlaceGroup[] = [
    {
      id: 'queues',
      label: 'nav.queues',
      views: (supervises ? queues.all : []).map(({ id, name }) => ({
        view: `queue:${id}`,
        name,
        icon: 'queue',
      })),
    },
    {
      id: 'teams',
      label: 'nav.teams',
      views: teams
        .map(({ id, name }): PlaceView => ({ view: `team:${id}`, name, icon: 'users' }))
        .sort(byName),
    },
    {
      id: 'channels',
      label: 'nav.channels',
      views: channels
        .map((one): PlaceView => ({ view: `channel:${one.id}`, name: one.name, icon: channelIcon(one) }))
        .sort(byName),
    },
  ];
  return groups.filter(({ views }) => views.length > 0);
}
