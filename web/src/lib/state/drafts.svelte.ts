// One draft per conversation and mode: kept in this browser at once, at the service half a second later, one save at a time.
import { api } from '../api/client';
import { ApiError, mayRetry } from '../api/errors';
import type { Address, DraftRow, FileRow, ForwardedRow, MessageRow, Mode } from '../api/types';
import type { ServerFrame } from '../live/frames';
import { live } from './live.svelte';
import { session } from './session.svelte';
import { keysWith, readJson, remove, writeJson } from './storage';

export interface Content {
  text: string;
  /** Null: nobody chose recipients yet, the prefilled ones apply. */
  to: Address[] | null;
  cc: Address[];
  bcc: Address[];
  subject: string;
  files: FileRow[];
  /** Reply: answers for the customer to choose from; kept in this browser only. */
  choices: readonly string[];
  /** Note: for the conversation's agent alone; kept in this browser only. */
  whisper: boolean;
  /** Forward: the message that is passed on. */
  message: ForwardedRow | null;
}

interface Kept {
  content: Content;
  base: number;
  dirty: boolean;
}

export const EMPTY: Content = {
  text: '',
  to: null,
  cc: [],
  bcc: [],
  subject: '',
  files: [],
  choices: [],
  whisper: false,
  message: null,
};
export const SAVE_AFTER_MS = 500;
const RETRY_AFTER_MS = 5000;
const MODES: readonly Mode[] = ['reply', 'note', 'forward'];

/** Words, files, recipients or a subject make a draft; merely having chosen what to forward does not. */
const isEmpty = ({ text, files, to, cc, bcc, subject }: Content) =>
  text.trim() === '' && subject.trim() === '' && to === null && files.length + cc.length + bcc.length === 0;

/** How a draft names the message it passes on, as the service does. */
export function forwardOf({ id, author_name, subject, text }: MessageRow): ForwardedRow {
  return { id, author_name, text: (subject || text).slice(0, 100) };
}

export class Draft {
  content = $state.raw<Content>(EMPTY);
  /** What another tab or device saved meanwhile, to be chosen by hand. */
  conflict = $state.raw<DraftRow | null>(null);
  readonly conversation: string;
  readonly mode: Mode;

  #base = 0;
  #dirty = false;
  #saving = false;
  #savedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #key: string;
  readonly #changed: () => void;

  constructor(conversation: string, mode: Mode, key: string, changed: () => void) {
    this.conversation = conversation;
    this.mode = mode;
    this.#key = key;
    this.#changed = changed;
    const kept = readJson<Kept | null>(key, null);
    if (!kept) return;
    this.content = { ...EMPTY, ...kept.content };
    this.#base = kept.base;
    this.#dirty = kept.dirty;
    if (kept.dirty) this.#later(SAVE_AFTER_MS);
  }

  get empty(): boolean {
    return isEmpty(this.content);
  }

  /** What was typed last is not at the service yet. */
  get unsaved(): boolean {
    return this.#dirty && !this.empty;
  }

  edit(change: Partial<Content>): void {
    this.content = { ...this.content, ...change };
    this.#dirty = true;
    this.#keep();
    this.#later(SAVE_AFTER_MS);
  }

  /** It was sent, or thrown away. */
  clear(): void {
    this.conflict = null;
    this.edit(EMPTY);
    this.#later(0);
  }

  /** Puts words that were not sent before anything typed since. */
  giveBack(back: Content): void {
    const typed = this.content;
    const text = typed.text.trim() ? `${back.text}\n\n${typed.text}` : back.text;
    const whisper = back.whisper || typed.whisper;
    this.edit({ ...back, text, whisper, files: [...back.files, ...typed.files] });
  }

  /** Takes over what was written in a conversation that was merged into this one, after what stands here. */
  gather(other: Draft): void {
    const [own, more] = [this.content, other.content];
    if (other.empty) return;
    other.#leave();
    if (this.empty) return this.edit(more);
    const held = new Set(own.files.map((file) => file.id));
    // What the service stored after the merge stands here already.
    const text = own.text.includes(more.text) ? own.text : `${own.text}\n\n${more.text}`.trim();
    const whisper = own.whisper || more.whisper;
    this.edit({ text, whisper, files: [...own.files, ...more.files.filter((file) => !held.has(file.id))] });
  }

  /** Nothing is written here any more. The service is not told: for it, this draft is that of the other conversation now. */
  #leave(): void {
    clearTimeout(this.#timer);
    this.conflict = null;
    this.content = EMPTY;
    this.#base = 0;
    this.#dirty = false;
    this.#keep();
  }

  /**
   * Takes what the service held when it was asked (`asked`, by `performance.now()`), unless what was typed here is not saved yet, or
   * was saved after the question: then the answer may be older than the words.
   */
  adopt(row: DraftRow | null, asked: number): void {
    if (this.#saving || asked < this.#savedAt) return;
    if (this.#dirty) {
      if (row && row.revision > this.#base) this.#clash(row);
      return;
    }
    if (row && row.revision <= this.#base) return;
    if (!row && this.#base === 0) return;
    this.#base = row?.revision ?? 0;
    this.content = row ? this.#contentOf(row) : EMPTY;
    this.#keep();
  }

  /** Ends a conflict with the own words, or with those of the other tab. */
  resolve(mine: boolean): void {
    const other = this.conflict;
    if (!other) return;
    this.conflict = null;
    this.#base = other.revision;
    if (!mine) this.content = this.#contentOf(other);
    this.#dirty = mine;
    this.#keep();
    if (mine) this.#later(0);
  }

  /** Another tab saved or deleted this draft. */
  async heard(revision: number): Promise<void> {
    if (this.#saving || this.#dirty || revision === this.#base) return;
    const asked = performance.now();
    const row = await this.#stored().catch(() => undefined);
    if (row !== undefined) this.adopt(row, asked);
  }

  async #stored(): Promise<DraftRow | null> {
    const { drafts } = await api.conversation(this.conversation);
    return drafts.find((draft) => draft.mode === this.mode) ?? null;
  }

  #clash(row: DraftRow): void {
    const held = new Set(this.content.files.map((file) => file.id));
    if (this.content.text.startsWith(row.text) && row.files.every((file) => held.has(file.id))) {
      this.#base = row.revision;
      this.#later(0);
    } else {
      this.conflict = row;
    }
  }

  /** What was a whisper stays one: the service does not keep that. */
  #contentOf({ text, to, cc, bcc, subject, files, message }: DraftRow): Content {
    return { text, to, cc, bcc, subject, files, choices: [], whisper: this.content.whisper, message };
  }

  #keep(): void {
    if (isEmpty(this.content) && !this.#dirty) remove(this.#key);
    else writeJson(this.#key, { content: this.content, base: this.#base, dirty: this.#dirty } satisfies Kept);
    this.#changed();
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#save(), ms);
  }

  async #save(): Promise<void> {
    if (this.#saving || this.conflict) return;
    this.#saving = true;
    try {
      while (this.#dirty) await this.#saveOnce();
    } catch (error) {
      await this.#failed(error);
    } finally {
      this.#saving = false;
    }
  }

  /** What is typed while a save is under way stays dirty, and the loop saves it next. */
  async #saveOnce(): Promise<void> {
    const saved = this.content;
    if (isEmpty(saved)) {
      if (this.#base > 0) await api.deleteDraft(this.conversation, this.mode);
      this.#base = 0;
    } else {
      const body = {
        text: saved.text,
        to: saved.to,
        cc: saved.cc,
        bcc: saved.bcc,
        files: saved.files.map((file) => file.id),
        subject: saved.subject,
        message: saved.message?.id ?? '',
        base: this.#base,
      };
      this.#base = (await api.saveDraft(this.conversation, this.mode, body)).revision;
    }
    this.#savedAt = performance.now();
    if (this.content === saved) this.#dirty = false;
    this.#keep();
  }

  async #failed(error: unknown): Promise<void> {
    if (!this.#dirty) return;
    if (mayRetry(error)) this.#later(RETRY_AFTER_MS);
    else if (error instanceof ApiError && error.code === 'conflict') {
      const row = await this.#stored().catch(() => undefined);
      if (row) this.#clash(row);
      else this.#base = 0;
      if (!this.conflict) this.#later(RETRY_AFTER_MS);
    }
  }
}

class Drafts {
  #open = new Map<string, Draft>();
  /** Conversations with a draft in some mode. */
  #marks = $state.raw<ReadonlyMap<string, ReadonlySet<Mode>>>(new Map());
  /** When each was told last, by `performance.now()`: an answer that was asked for before may be older. */
  #told = new Map<string, number>();

  constructor() {
    live.listen((frame) => this.#hear(frame));
  }

  of(conversation: string, mode: Mode): Draft {
    const key = this.#keyOf(conversation, mode);
    let draft = this.#open.get(key);
    if (!draft) {
      const made: Draft = new Draft(conversation, mode, key, () =>
        this.#mark(conversation, mode, !made.empty),
      );
      this.#open.set(key, (draft = made));
    }
    return draft;
  }

  has(conversation: string): boolean {
    return this.#marks.has(conversation);
  }

  /** A conversation was fetched, asked for at `asked` by `performance.now()`: these are its drafts at the service. */
  adopt(conversation: string, rows: readonly DraftRow[], asked: number): void {
    for (const mode of MODES) {
      this.of(conversation, mode).adopt(rows.find((row) => row.mode === mode) ?? null, asked);
    }
  }

  /** What was written in conversations that were merged into another goes on there. */
  gather(from: readonly string[], into: string): void {
    for (const one of from) for (const mode of MODES) this.of(into, mode).gather(this.of(one, mode));
  }

  /** A page of a list, asked for at `asked`: of these conversations the service has these drafts, and no others. */
  adoptMarks(
    page: Readonly<Record<string, readonly Mode[]>>,
    conversations: readonly string[],
    asked: number,
  ): void {
    const marks = new Map(this.#marks);
    for (const conversation of conversations) {
      if ((this.#told.get(conversation) ?? -1) >= asked) continue;
      const own = MODES.filter((mode) => this.#typed(conversation, mode));
      const modes = new Set([...(page[conversation] ?? []), ...own]);
      if (modes.size > 0) marks.set(conversation, modes);
      else marks.delete(conversation);
    }
    this.#marks = marks;
  }

  /** How the drafts of these conversations stand at the service, by their revisions. */
  hear(
    stored: Readonly<Record<string, Partial<Record<Mode, number>>>>,
    conversations: readonly string[],
    asked: number,
  ): void {
    for (const conversation of conversations) {
      if ((this.#told.get(conversation) ?? -1) >= asked) continue;
      for (const mode of MODES) this.#heard(conversation, mode, stored[conversation]?.[mode] ?? 0);
    }
  }

  /** After the login: goes on with what a reload interrupted. */
  restore(): void {
    this.#marks = new Map();
    const prefix = this.#prefix();
    for (const key of keysWith(prefix)) {
      const [conversation, mode] = key.slice(prefix.length).split('.') as [string, Mode];
      const draft = this.of(conversation, mode);
      this.#mark(conversation, mode, !draft.empty);
    }
  }

  #prefix(): string {
    return `inbox.draft.${session.id}.`;
  }

  #keyOf(conversation: string, mode: Mode): string {
    return `${this.#prefix()}${conversation}.${mode}`;
  }

  #mark(conversation: string, mode: Mode, on: boolean): void {
    this.#told.set(conversation, performance.now());
    const modes = new Set(this.#marks.get(conversation));
    if (modes.has(mode) === on) return;
    if (on) modes.add(mode);
    else modes.delete(mode);
    const marks = new Map(this.#marks);
    if (modes.size > 0) marks.set(conversation, modes);
    else marks.delete(conversation);
    this.#marks = marks;
  }

  #hear(frame: ServerFrame): void {
    if (frame.t === 'draft') this.#heard(frame.conversation, frame.mode, frame.revision);
  }

  #heard(conversation: string, mode: Mode, revision: number): void {
    const open = this.#open.get(this.#keyOf(conversation, mode));
    if (open) void open.heard(revision).catch(() => undefined);
    this.#mark(conversation, mode, revision > 0 || (open !== undefined && !open.empty));
  }

  /** Words that are here and not at the service yet. */
  #typed(conversation: string, mode: Mode): boolean {
    return this.#open.get(this.#keyOf(conversation, mode))?.unsaved ?? false;
  }
}

export const drafts = new Drafts();
