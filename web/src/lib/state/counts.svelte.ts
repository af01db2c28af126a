// Counters of the views in the navigation, as the service counts them: at most once a second, 1000 for "999+".
import { api } from '../api/client';
import type { ServerFrame } from '../live/frames';
import { untrack } from 'svelte';
import { live } from './live.svelte';

class Counts {
  of = $state.raw<Readonly<Record<string, number>>>({});

  /** Follows the counters of these views, in the place of others, until the returned function is called. */
  follow(views: readonly string[]): () => void {
    const take = (counts: Record<string, number>) => {
      const all = { ...this.of, ...counts };
      this.of = Object.fromEntries(
        views.flatMap((view) => (view in all ? [[view, all[view] as number]] : [])),
      );
    };
    untrack(() => take({}));
    const fetchAll = () =>
      api.counts().then(
        (answer) => take(answer.counts),
        () => undefined,
      );
    const { sub, stop } = live.follow(
      { t: 'counts', views: [...views] },
      {
        frame: (frame: ServerFrame) => frame.t === 'counted' && take(frame.counts),
        sync: () => void fetchAll().then(() => live.synced(sub)),
      },
    );
    return stop;
  }
}

export const counts = new Counts();
