// Alerts that supervisors made, and those whose thresholds are crossed now. What is new is said on every screen.
import '../i18n/later';
import { admin } from '../api/admin';
import type { Alert, StandingAlert } from '../api/types';
import { t } from '../i18n';
import { spanWords } from '../i18n/time';
import { href } from '../router.svelte';
import { Entries } from './catalog.svelte';
import { live } from './live.svelte';
import { paced } from './paced';
import { queues } from './queues.svelte';
import { session } from './session.svelte';
import { readJson, writeJson } from './storage';
import { toasts } from './toasts.svelte';

export const alerts = new Entries<Alert>('alerts', () => admin.alerts());

/** What an alert watches, in words. */
export function meaning(
  alert: Pick<Alert, 'measure' | 'above'> & { queue?: string; team?: string; for_ms?: number },
): string {
  const queue = placeOf(alert);
  const above = alert.measure === 'longest_wait' ? spanWords(alert.above ?? 0) : String(alert.above ?? 0);
  const what = t(`alerts.means.${alert.measure}`, { queue, above });
  return alert.for_ms ? t('alerts.for', { what, span: spanWords(alert.for_ms) }) : what;
}

/** What the board calls it: a queue, a team with what waits for it in no queue, or everything. */
function placeOf({ queue, team }: { queue?: string; team?: string }): string {
  if (queue) return queues.nameOf(queue) || queue;
  return team ? session.teamName(team) || team : t('board.all');
}

const TOLD = 'inbox.alerts.told';

class Standing {
  all = $state.raw<readonly StandingAlert[]>([]);
  #open = false;
  /** A page that is loaded again tells nothing twice. */
  #told = new Set<string>(readJson<string[]>(TOLD, []));

  constructor() {
    live.listen((frame) => {
      const moved = frame.t === 'reload' && frame.what === 'alerts';
      if (this.#open && (moved || (frame.t === 'ready' && !frame.resumed))) void this.#load();
    });
  }

  open(): void {
    if (this.#open) return;
    this.#open = true;
    queues.open();
    void this.#load();
  }

  #load = paced(async () => {
    const all = await admin.standingAlerts();
    this.all = all;
    const keys = new Set(all.map((one) => `${one.alert}@${one.raised_at}`));
    for (const one of all) {
      if (this.#told.has(`${one.alert}@${one.raised_at}`)) continue;
      const text = t('alerts.raised', { name: one.name });
      toasts.alarm = text;
      toasts.done(text, undefined, { label: t('board'), href: href({ name: 'board', wall: false }) });
    }
    this.#told = keys;
    writeJson(TOLD, [...keys]);
  });
}

export const standing = new Standing();
