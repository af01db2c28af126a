// The saved replies one may use, everybody's and one's own, and how often each was.
import { api, at, call } from '../api/client';
import type { ReplyUses, SavedReply, UsedReply } from '../api/types';
import { Entries } from './catalog.svelte';

class Replies extends Entries<SavedReply> {
  uses = $state.raw<ReadonlyMap<string, ReplyUses>>(new Map());

  /** Uses change without the replies, so they are asked for each time the list is shown. */
  override open(): void {
    super.open();
    void call<ReplyUses[]>('GET', '/saved-replies/uses')
      .then((all) => (this.uses = new Map(all.map((one) => [one.id, one]))))
      .catch(() => undefined); // without them the list is there all the same
  }

  /** One is put into an answer; gives copies of its files. The key stands for one use through all attempts. */
  use(id: string, key: string): Promise<UsedReply> {
    return call<UsedReply>('POST', at`/saved-replies/${id}/use`, { key });
  }
}

export const replies = new Replies('saved_replies', api.savedReplies);
