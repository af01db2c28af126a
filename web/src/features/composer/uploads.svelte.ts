// Files on their way into the draft, each with its progress: from the disk, or as copies that the service makes.
import { newKey, upload } from '../../lib/api/client';
import type { FileRow, SavedReply } from '../../lib/api/types';
import { explain } from '../../lib/state/actions';
import type { Draft } from '../../lib/state/drafts.svelte';
import { replies } from '../../lib/state/replies.svelte';

export interface Upload {
  id: string;
  name: string;
  /** 0 to 1. */
  share: number;
  error: string;
}

type Run = (key: string, signal: AbortSignal) => Promise<readonly FileRow[]>;

export class Uploads {
  all = $state.raw<readonly Upload[]>([]);
  readonly #stored: (file: FileRow) => void;
  readonly #controllers = new Map<string, AbortController>();
  readonly #runs = new Map<string, Run>();

  constructor(stored: (file: FileRow) => void) {
    this.#stored = stored;
  }

  get busy(): boolean {
    return this.all.some((one) => one.error === '');
  }

  add(files: readonly File[]): void {
    for (const file of files)
      this.bring(file.name, async (key, signal) => [
        await upload(file, key, (share) => this.#change(key, { share }), signal),
      ]);
  }

  /** A saved reply is used: copies of its files follow. One without any is only counted, which may fail. */
  reply({ id, name, files }: SavedReply): void {
    if (files.length > 0) this.bring(name, async (key) => (await replies.use(id, key)).files);
    else void replies.use(id, newKey()).catch(() => undefined);
  }

  /** Files under one name until they are there. The key is for one effect: a retry stores nothing twice. */
  bring(name: string, run: Run): void {
    const one: Upload = { id: newKey(), name, share: 0, error: '' };
    this.all = [...this.all, one];
    this.#runs.set(one.id, run);
    void this.#run(one.id);
  }

  retry(id: string): void {
    this.#change(id, { error: '', share: 0 });
    void this.#run(id);
  }

  remove(id: string): void {
    this.#controllers.get(id)?.abort();
    this.#drop(id);
  }

  abort(): void {
    for (const controller of this.#controllers.values()) controller.abort();
  }

  async #run(id: string): Promise<void> {
    const controller = new AbortController();
    this.#controllers.set(id, controller);
    try {
      const rows = (await this.#runs.get(id)?.(id, controller.signal)) ?? [];
      if (controller.signal.aborted) return;
      this.#drop(id);
      rows.forEach(this.#stored);
    } catch (error) {
      if (!controller.signal.aborted) this.#change(id, { error: explain(error) });
    } finally {
      this.#controllers.delete(id);
    }
  }

  #drop(id: string): void {
    this.#runs.delete(id);
    this.all = this.all.filter((one) => one.id !== id);
  }

  #change(id: string, change: Partial<Upload>): void {
    this.all = this.all.map((one) => (one.id === id ? { ...one, ...change } : one));
  }
}

const ofDrafts = new WeakMap<Draft, Uploads>();

/** What is on its way into a draft: it goes on, whatever is shown by then, and whoever comes back finds it still on its way. */
export function uploadsInto(draft: Draft): Uploads {
  let found = ofDrafts.get(draft);
  if (!found) {
    found = new Uploads((file) => draft.edit({ files: [...draft.content.files, file] }));
    ofDrafts.set(draft, found);
  }
  return found;
}
