// How many a list holds, for whoever is about to choose all of it.
import { call } from '../../lib/api/client';
import type { CountRow } from '../../lib/api/types';
import '../../lib/i18n/later';

export class Whole {
  /** Undefined as long as it is not known. */
  found = $state.raw<CountRow>();

  /** Asks for a list as it is now, until the returned function is called. What cannot be counted stays without a number. */
  ask(view: string, filter: string): () => void {
    const over = new AbortController();
    call<CountRow>('GET', '/conversations/count', {
      query: { view, filter: filter || undefined },
      signal: over.signal,
    }).then(
      (found) => !over.signal.aborted && (this.found = found),
      () => undefined,
    );
    return () => {
      over.abort();
      this.found = undefined;
    };
  }
}
