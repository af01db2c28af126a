// Counters of the views in the navigation, as the service counts them: at most once a second, 1000 for "999+".
import { api } from '../api/client';
import type { ServerFrame } from '../live/frames';
import { untrack } from 'svelte';
import { live } from './live.svelte';
import { paced } from './paced';

class Counts {
  of = $state.raw<Readonly<Record<string, number>>>({});

  /** Follows the counters of these views, in the place of others, until the returned function is called. */
  follow(views: readonly string[]): () => void {
    let over = false;
    /** Told since the snapshot was asked for: newer than it, and not told again. */
    let heard: Record<string, number> = {};
    const take = (counts: Record<string, number>) => {
      if (over) return; // an answer that comes late knows nothing of what is followed by now
      const all = { ...this.of, ...counts };
      this.of = Object.fromEntries(
        views.flatMap((view) => (view in all ? [[view, all[view] as number]] : [])),
      );
    };
    untrack(() => take({}));
    const fetchAll = paced(async () => {
      if (over) return;
      heard = {};
      const answer = await api.counts();
      take({ ...answer.counts, ...heard });
      live.synced(sub);
    });
    const { sub, stop } = live.follow(
      { t: 'counts', views: [...views] },
      {
        frame: (frame: ServerFrame) => {
          if (frame.t === 'counted') take(Object.assign(heard, frame.counts));
        },
        sync: () => void fetchAll(),
      },
    );
    return () => {
      over = true;
      stop();
    };
  }
}

export const counts = new Counts();
