// Webhooks that admins made, and how what went out to them and by mail stands.
import '../i18n/later';
import { admin } from '../api/admin';
import type { Dispatch, Webhook } from '../api/types';
import { t, tCode } from '../i18n';
import { short } from '../i18n/time';
import { Entries } from './catalog.svelte';
import { clock } from './clock.svelte';
import { live } from './live.svelte';

export const webhooks = new Entries<Webhook>('webhooks', () => admin.webhooks());

class Dispatches {
  /** Newest first. */
  all = $state.raw<readonly Dispatch[]>([]);
  #open = false;

  constructor() {
    live.listen((frame) => {
      const moved = frame.t === 'reload' && frame.what === 'catalog' && frame.id === 'dispatches';
      if (this.#open && (moved || (frame.t === 'ready' && !frame.resumed))) void this.load();
    });
  }

  open(): void {
    if (this.#open) return;
    this.#open = true;
    void this.load();
  }

  async load(): Promise<void> {
    this.all = await admin.dispatches().catch(() => this.all);
  }

  /** The last call of a webhook. */
  last = (webhook: string) => this.all.find((one) => one.target === webhook);

  /** What of an alert did not arrive, of each address and webhook the last. */
  failed(alert: string): readonly Dispatch[] {
    const last = new Map<string, Dispatch>();
    for (const one of this.all) if (one.about === alert && !last.has(one.target)) last.set(one.target, one);
    return [...last.values()].filter((one) => one.error && one.state !== 'done');
  }
}

export const dispatches = new Dispatches();

/** Why it was not taken, in words. */
function why({ error }: Dispatch): string {
  const status = /^http_(\d+)$/.exec(error)?.[1];
  return status ? t('dispatch.why.status', { status }) : (tCode(`dispatch.why.${error}`) ?? error);
}

/** How it stands, in words. */
export function standing(one: Dispatch): string {
  const when = short(one.tried_at ?? one.at, clock.now);
  if (one.state === 'done') return t('dispatch.done', { when });
  if (one.state === 'ended') return t('dispatch.ended');
  if (one.state === 'failed') return t('dispatch.failed', { why: why(one), when });
  return one.error ? t('dispatch.pending', { why: why(one), when }) : t('dispatch.waiting');
}
