// What is open on this screen: the list, the conversation, and how the two hear of each other's changes.
import { api } from '../api/client';
import type { ConversationRow, MessageRow, Mode } from '../api/types';
import { t } from '../i18n';
import { router } from '../router.svelte';
import { drafts } from './drafts.svelte';
import { ConversationList } from './list.svelte';
import { outbox, type Entry } from './outbox.svelte';
import { presence } from './presence.svelte';
import { sortOf } from '../sorting';
import { selection } from './selection.svelte';
import { session } from './session.svelte';
import * as sending from './sending';
import { templates } from './templates.svelte';
import { toasts } from './toasts.svelte';
import { savedViews } from './views.svelte';
import { Thread } from './thread.svelte';

const MOST_RECENT = 20;

class Workspace {
  list = $state.raw<ConversationList | null>(null);
  thread = $state.raw<Thread | null>(null);
  /** Numbers in the order of the pane beside the thread; a search puts its hits here. */
  numbers = $state.raw<readonly string[] | null>(null);

  /** What was open lately, newest first. */
  recent: readonly ConversationRow[] = [];

  #opened = '';

  constructor() {
    outbox.onOutcome({
      sent: ({ conversation, message }) => {
        this.take(conversation);
        if (this.thread?.id === conversation.id) this.thread.takeMessage(message);
        sending.left(conversation, message, (row) => this.takeBack(row));
        if (message.cards.some((card) => card.kind === 'template' || card.kind === 'sticker'))
          templates.begun.delete(conversation.id);
      },
      guarded: (entry) => this.giveBack(entry),
    });
  }

  /** Opens a view, narrowed by a filter; a saved one that is not known yet, or not any more, waits. */
  openView(view: string, filter = ''): void {
    const saved = savedViews.get(view);
    const sort = view.startsWith('queue:')
      ? 'waiting'
      : (session.views.find((one) => one.id === view)?.sort ?? saved?.sort);
    if (sort === undefined && savedViews.state !== 'ready') return;
    const key = `${view}?${filter}#${saved?.version ?? 0}`;
    if (this.#opened === key && this.list) return;
    this.#opened = key;
    this.list?.close();
    selection.clear();
    this.list = new ConversationList(
      view,
      sortOf(`${saved?.filter ?? ''} ${filter}`) ?? sort ?? 'activity',
      filter,
    );
    this.numbers = null;
  }

  openThread(number: string): void {
    if (this.thread?.number === number) return;
    this.#remember();
    this.thread?.close();
    this.thread = number ? new Thread(number, this.list?.byNumber(number)) : null;
    if (!number) presence.view(null);
  }

  /** Shows a message of the conversation that is open. */
  seek(message: string): void {
    this.thread?.seek(message).catch(() => toasts.error(t('thread.not_here')));
  }

  #remember(): void {
    const row = this.thread?.row;
    if (row) this.recent = [row, ...this.recent.filter((one) => one.id !== row.id)].slice(0, MOST_RECENT);
  }

  close(): void {
    this.list?.close();
    this.thread?.close();
    this.list = null;
    this.thread = null;
    presence.view(null);
  }

  /** A newer version of a conversation came as the answer to a command. */
  take(row: ConversationRow): void {
    this.thread?.take(row);
    this.list?.refresh(row);
  }

  /** Words that were not sent go back to where they were typed, before anything typed since. */
  giveBack(entry: Entry): void {
    // A template has no words of the agent's: it stays begun where templates are chosen; a sticker is chosen anew.
    if (!entry.body.template && !entry.body.sticker)
      drafts.of(entry.conversation, entry.body.kind).giveBack(entry.content);
  }

  /** Calls back an answer that has not left yet, and puts its words into the composer. Raises what the service answers. */
  async takeBack(message: MessageRow): Promise<void> {
    const { thread } = this;
    const cancelled = message.state === 'cancelled' ? message : await api.cancel(message.id);
    // What was merged into a conversation has no composer of its own.
    const here = thread?.row && [thread.id, ...thread.row.absorbed].includes(message.conversation);
    if (here) thread.takeMessage(cancelled);
    const draft = drafts.of(here ? thread.id : message.conversation, message.forwards ? 'forward' : 'reply');
    if (!cancelled.cards.some((card) => card.kind === 'template'))
      draft.giveBack(sending.contentOf(cancelled));
    if (here && this.thread === thread) this.onTakenBack(draft.mode);
  }

  /** Conversations that are being merged here, which is told where it is done. */
  readonly merging = new Set<string>();

  /** Set by the composer that is open: shows the mode whose words came back. */
  onTakenBack: (mode: Mode) => void = () => undefined;

  /** The numbers that J and K go through. */
  get sequence(): readonly string[] {
    if (this.numbers) return this.numbers;
    const { list } = this;
    return list ? list.shown.flatMap((id) => list.get(id)?.number ?? []).map(String) : [];
  }

  /** The number `step` places further in the list; undefined at its end. */
  neighbour(step: 1 | -1): string | undefined {
    const { sequence } = this;
    const at = sequence.indexOf(this.thread?.number ?? '');
    return at < 0 ? sequence[step === 1 ? 0 : sequence.length - 1] : sequence[at + step];
  }

  goTo(number: string): void {
    const { route } = router;
    const other = { number, message: undefined };
    if (route.name === 'search') router.go({ ...route, ...other });
    else if (route.name === 'inbox') router.go({ ...route, ...other });
    else router.go({ name: 'inbox', view: 'mine', number });
  }
}

export const workspace = new Workspace();
