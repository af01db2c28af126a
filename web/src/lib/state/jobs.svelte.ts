// Changes to many conversations: begun here or in another window, watched as they go, stopped, undone.
import { api, newKey } from '../api/client';
import type { BulkChange, JobRow } from '../api/types';
import { t, tCode } from '../i18n';
import { soon } from '../i18n/time';
import type { ServerFrame } from '../live/frames';
import { attempt, undoable } from './actions';
import { clock } from './clock.svelte';
import { live } from './live.svelte';
import { queues } from './queues.svelte';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';

/** Conversations by id, or a whole view. */
export type Chosen = { conversations: string[] } | { view: string; filter?: string };

/** What a change does, in few words. */
export function named(change: JobRow['change']): string {
  if (change.status === 'snoozed')
    return t('job.what.status.snoozed', { time: soon(change.until ?? 0, clock.now) });
  if (change.status) return t(`job.what.status.${change.status}`);
  if (change.assignee)
    return t('job.what.assign', {
      name: change.assignee === session.id ? t('you') : session.agentName(change.assignee),
    });
  if (change.assignee === null) return t('job.what.unassign');
  if (change.team !== undefined)
    return t('job.what.team', {
      name: session.teamName(change.team) || t('team.none'),
    });
  if (change.queue !== undefined)
    return t('job.what.queue', {
      name: (change.queue && queues.nameOf(change.queue)) || t('queue.own'),
    });
  if (change.priority) return t('job.what.priority', { priority: t(`priority.${change.priority}`) });
  if (change.retag) {
    const { tag, into, fresh } = change.retag;
    if (!into) return t('job.what.drop_tag', { tag: tag.name });
    return t(fresh ? 'job.what.retag' : 'job.what.merge_tag', { tag: tag.name, into });
  }
  if (change.add_tags?.[0]) return t('job.what.tag', { tag: change.add_tags.join(', ') });
  if (change.remove_tags?.[0]) return t('job.what.untag', { tag: change.remove_tags.join(', ') });
  if (change.follow !== undefined) return t(change.follow ? 'follow' : 'unfollow');
  return t(change.read ? 'job.what.read' : 'job.what.unread');
}

/** How it ended: how many, how many not, and why not. */
export function outcome(job: JobRow): string {
  const what = named(job.change);
  const key = job.undo_of ? 'job.undone' : job.state === 'cancelled' ? 'job.cancelled' : 'job.done';
  if (job.total === 0 && job.change.retag) return job.undo_of ? t('job.undone', { count: 0 }) : what;
  const said = job.total === 0 ? t('job.none', { what }) : t(key, { what, count: job.done });
  const codes = Object.entries(job.skipped);
  if (codes.length === 0) return said;
  const why = codes.map(
    ([code, count]) => tCode(`job.why.${code}`, { number: count }) ?? t('job.why.other', { number: count }),
  );
  return t('job.skipped', {
    said,
    number: codes.reduce((sum, [, count]) => sum + count, 0),
    why: why.join(', '),
  });
}

class Jobs {
  running = $state.raw<readonly JobRow[]>([]);
  #told = new Set<string>();

  constructor() {
    live.listen((frame) => this.#hear(frame));
  }

  /** One that was begun by another call. */
  watch(job: JobRow): void {
    this.#take(job);
  }

  async start(change: BulkChange, chosen: Chosen): Promise<boolean> {
    const key = newKey();
    return attempt(async () => this.#take(await api.startJob({ change, ...chosen }, key)));
  }

  async stop(id: string): Promise<void> {
    await attempt(async () => this.#take(await api.cancelJob(id)));
  }

  async undo(id: string): Promise<void> {
    const key = newKey();
    await attempt(async () => this.#take(await api.undoJob(id, key)));
  }

  /** Those that still run, after the page was loaded or the connection was away. */
  async restore(): Promise<void> {
    const jobs = await api.jobs().catch(() => undefined);
    if (!jobs) return;
    for (const { id } of this.running) {
      const now = jobs.find((job) => job.id === id);
      if (now) this.#take(now);
    }
    for (const job of jobs) if (job.state === 'running') this.#take(job);
  }

  /** An answer may be older than what the socket has told since: what ended stays ended. */
  #take(job: JobRow): void {
    if (this.#told.has(job.id)) return;
    const others = this.running.filter((one) => one.id !== job.id);
    if (job.state === 'running') {
      this.running = [...others, job];
      return;
    }
    this.running = others;
    this.#told.add(job.id);
    const untouched = job.done === 0 && !job.change.retag;
    const final = job.undo_of || job.undone_by || untouched;
    if (final) toasts.done(outcome(job));
    else undoable(outcome(job), { do: 'job', id: job.id });
  }

  #hear(frame: ServerFrame): void {
    if (frame.t === 'reload' && frame.what === 'jobs') void this.restore();
    if (frame.t === 'ready' && (!frame.resumed || this.running.length > 0)) void this.restore();
    if (frame.t !== 'job') return;
    const known = this.running.find((job) => job.id === frame.id);
    if (frame.state === 'running' && known) {
      this.running = this.running.map((job) =>
        job.id === frame.id
          ? { ...job, done: frame.done, skipped: { ...job.skipped, so_far: frame.skipped } }
          : job,
      );
    } else if (!this.#told.has(frame.id)) {
      void api.job(frame.id).then(
        (job) => this.#take(job),
        () => undefined,
      );
    }
  }
}

export const jobs = new Jobs();

/** How many of a running job's conversations were dealt with. */
export function dealtWith(job: JobRow): number {
  return job.done + Object.values(job.skipped).reduce((sum, count) => sum + count, 0);
}
