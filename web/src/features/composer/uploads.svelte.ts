// Files on their way to the service, each with its progress; a file that is stored becomes part of the draft.
import { newKey, upload } from '../../lib/api/client';
import type { FileRow } from '../../lib/api/types';
import { explain } from '../../lib/state/actions';

export interface Upload {
  id: string;
  file: File;
  /** 0 to 1. */
  share: number;
  error: string;
}

export class Uploads {
  all = $state.raw<readonly Upload[]>([]);
  readonly #stored: (file: FileRow) => void;
  readonly #controllers = new Map<string, AbortController>();

  constructor(stored: (file: FileRow) => void) {
    this.#stored = stored;
  }

  get busy(): boolean {
    return this.all.some((one) => one.error === '');
  }

  add(files: readonly File[]): void {
    for (const file of files) {
      const one: Upload = { id: newKey(), file, share: 0, error: '' };
      this.all = [...this.all, one];
      void this.#run(one);
    }
  }

  retry(id: string): void {
    const one = this.all.find((upload) => upload.id === id);
    if (!one) return;
    this.#change(id, { error: '', share: 0 });
    void this.#run(one);
  }

  remove(id: string): void {
    this.#controllers.get(id)?.abort();
    this.all = this.all.filter((one) => one.id !== id);
  }

  abort(): void {
    for (const controller of this.#controllers.values()) controller.abort();
  }

  /** The id is the Idempotency-Key: a retry stores the file once. */
  async #run({ id, file }: Upload): Promise<void> {
    const controller = new AbortController();
    this.#controllers.set(id, controller);
    try {
      const row = await upload(file, id, (share) => this.#change(id, { share }), controller.signal);
      this.all = this.all.filter((one) => one.id !== id);
      this.#stored(row);
    } catch (error) {
      if (!controller.signal.aborted) this.#change(id, { error: explain(error) });
    } finally {
      this.#controllers.delete(id);
    }
  }

  #change(id: string, change: Partial<Upload>): void {
    this.all = this.all.map((one) => (one.id === id ? { ...one, ...change } : one));
  }
}
