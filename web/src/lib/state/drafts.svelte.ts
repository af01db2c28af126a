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
  /** Forward: the message that is passed on. */
  message: ForwardedRow | null;
}

interface Kept {
  content: Content;
  base: number;
  dirty: boolean;
}

export const EMPTY: Content = { text: '', to: null, cc: [], bcc: [], subject: '', files: [], message: null };
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

  /** Takes what the service holds, unless what was typed here is not saved yet. */
  adopt(row: DraftRow | null): void {
    if (this.#saving) return;
    if (this.#dirty) {
      if (row && row.revision > this.#base) this.#clash(row);
      return;
    }
    if (row && row.revision <= this.#base) return;
    if (!row && this.#base === 0) return;
    this.#base = row?.revision ?? 0;
    this.content = row ? contentOf(row) : EMPTY;
    this.#keep();
  }

  /** Ends a conflict with the own words, or with those of the other tab. */
  resolve(mine: boolean): void {
    const other = this.conflict;
    if (!other) return;
    this.conflict = null;
    this.#base = other.revision;
    if (!mine) this.content = contentOf(other);
    this.#dirty = mine;
    this.#keep();
    if (mine) this.#later(0);
  }

  /** Another tab saved or deleted this draft. */
  async heard(revision: number): Promise<void> {
    if (this.#saving || this.#dirty || revision === this.#base) return;
    if (revision === 0) this.adopt(null);
    else this.adopt(await this.#stored());
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
    if (this.content === saved) this.#dirty = false;
    this.#keep();
  }

  async #failed(error: unknown): Promise<void> {
    if (mayRetry(error)) this.#later(RETRY_AFTER_MS);
    else if (error instanceof ApiError && error.code === 'conflict') {
      const row = await this.#stored().catch(() => undefined);
      if (row) this.#clash(row);
      else this.#base = 0;
      if (!this.conflict) this.#later(RETRY_AFTER_MS);
    }
  }
}

function contentOf({ text, to, cc, bcc, subject, files, message }: DraftRow): Content {
  return { text, to, cc, bcc, subject, files, message };
}

class Drafts {
  #open = new Map<string, Draft>();
  /** Conversations with a draft in some mode. */
  #marks = $state.raw<ReadonlyMap<string, ReadonlySet<Mode>>>(new Map());

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

  /** A conversation was fetched: these are its drafts at the service. */
  adopt(conversation: string, rows: readonly DraftRow[]): void {
    for (const mode of MODES) {
      this.of(conversation, mode).adopt(rows.find((row) => row.mode === mode) ?? null);
    }
  }

  /** A page of a list was fetched: these conversations have drafts at the service. */
  adoptMarks(page: Readonly<Record<string, readonly Mode[]>>): void {
    const marks = new Map(this.#marks);
    for (const [conversation, modes] of Object.entries(page))
      if (modes.length > 0) marks.set(conversation, new Set(modes));
    this.#marks = marks;
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
    if (frame.t !== 'draft') return;
    const open = this.#open.get(this.#keyOf(frame.conversation, frame.mode));
    if (open) void open.heard(frame.revision).catch(() => undefined);
    this.#mark(frame.conversation, frame.mode, frame.revision > 0 || (open !== undefined && !open.empty));
  }
}

export const drafts = new Drafts();
