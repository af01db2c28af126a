// What is open on this screen: the list, the conversation, and how the two hear of each other's changes.
import type { ConversationRow } from '../api/types';
import { router } from '../router.svelte';
import { drafts } from './drafts.svelte';
import { ConversationList } from './list.svelte';
import { outbox, type Entry } from './outbox.svelte';
import { presence } from './presence.svelte';
import { session } from './session.svelte';
import { Thread } from './thread.svelte';

class Workspace {
  list = $state.raw<ConversationList | null>(null);
  thread = $state.raw<Thread | null>(null);
  /** Numbers in the order of the pane beside the thread; a search puts its hits here. */
  numbers = $state.raw<readonly string[] | null>(null);

  constructor() {
    outbox.onOutcome({
      sent: ({ conversation, message }) => {
        this.take(conversation);
        if (this.thread?.id === conversation.id) this.thread.takeMessage(message);
      },
      guarded: (entry) => this.giveBack(entry),
    });
  }

  openView(view: string): void {
    if (this.list?.view === view) return;
    this.list?.close();
    const sort = session.views.find((one) => one.id === view)?.sort ?? 'activity';
    this.list = new ConversationList(view, sort);
    this.numbers = null;
  }

  openThread(number: string): void {
    if (this.thread?.number === number) return;
    this.thread?.close();
    this.thread = number ? new Thread(number, this.list?.byNumber(number)) : null;
    if (!number) presence.view(null);
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
    const draft = drafts.of(entry.conversation, entry.body.kind);
    const typed = draft.content;
    const text = typed.text.trim() ? `${entry.content.text}\n\n${typed.text}` : entry.content.text;
    const files = [...entry.content.files, ...typed.files];
    draft.edit({ ...entry.content, text, files });
  }

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
    if (route.name === 'search') router.go({ ...route, number });
    else router.go({ name: 'inbox', view: route.name === 'inbox' ? route.view : 'mine', number });
  }
}

export const workspace = new Workspace();
