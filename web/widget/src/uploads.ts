// The files picked for the next line. Each asks the socket for leave, once per connection, and then goes up on its own.
import { newId } from './browser';
import * as files from './files';
import type { ClientFrame, Ticket } from './frames';
import type { Host } from './host';

interface Source {
  blob: Blob;
  abort: AbortController;
  asked: boolean;
}

export class Uploads {
  attached: files.Attached[] = [];
  /** What still has to go up, by `client_id`. */
  private readonly sources = new Map<string, Source>();

  constructor(
    private readonly host: Pick<Host, 'base' | 'config'>,
    private readonly changed: (attached: files.Attached[]) => void,
  ) {}

  /** Whether any file has not gone up yet. */
  get waiting(): boolean {
    return this.sources.size > 0;
  }

  has(client_id: string): boolean {
    return this.sources.has(client_id);
  }

  add(list: Iterable<File>): void {
    for (const file of list) {
      const client_id = newId();
      const code = files.refusal(file, this.host.config);
      const { name, size, type } = file;
      this.show([...this.attached, { client_id, name, size, type, progress: 0, ref: '', file: null, code }]);
      if (code) continue;
      this.sources.set(client_id, { blob: file, abort: new AbortController(), asked: false });
    }
  }

  remove(client_id: string): void {
    this.sources.get(client_id)?.abort.abort();
    this.sources.delete(client_id);
    this.show(this.attached.filter((each) => each.client_id !== client_id));
  }

  clear(): void {
    for (const { client_id } of this.attached) this.remove(client_id);
  }

  /** The files that are up, for the line that goes out now; neither they nor what is said of refused ones is shown any more. */
  take(): files.Attached[] {
    const done = this.attached.filter((each) => each.ref);
    this.show(this.attached.filter((each) => !each.ref && !each.code));
    return done;
  }

  /** Ask for leave to send what has not been asked for; `send` says whether the frame went out. */
  ask(send: (frame: ClientFrame) => boolean): void {
    for (const [client_id, source] of this.sources) {
      const entry = this.attached.find((each) => each.client_id === client_id);
      if (!entry || entry.code || source.asked) continue;
      const { name, type, size } = entry;
      source.asked = send({ t: 'upload', client_id, name: name.slice(0, 200) || 'file', type, size });
    }
  }

  /** The file has to be asked for anew. */
  askAgain(client_id: string): void {
    const source = this.sources.get(client_id);
    if (source) source.asked = false;
  }

  disconnected(): void {
    for (const source of this.sources.values()) source.asked = false;
  }

  refused(client_id: string, code: string): void {
    this.mark(client_id, { code });
  }

  /** Leave is given: send the file's bytes. */
  async send(ticket: Ticket): Promise<void> {
    const { client_id } = ticket;
    const source = this.sources.get(client_id);
    const entry = this.attached.find((each) => each.client_id === client_id);
    if (!source || !entry || entry.progress) return;
    const { base } = this.host;
    this.mark(client_id, { progress: 0.01 });
    try {
      const progressed = (progress: number): void =>
        this.mark(client_id, { progress: Math.max(0.01, progress) });
      const { ref, file } = await files.send(base, ticket, source.blob, progressed, source.abort.signal);
      this.mark(client_id, { ref, file, progress: 1 });
    } catch (failure) {
      this.mark(client_id, { code: (failure as Error).message });
    } finally {
      this.sources.delete(client_id);
    }
  }

  private mark(client_id: string, change: Partial<files.Attached>): void {
    this.show(this.attached.map((each) => (each.client_id === client_id ? { ...each, ...change } : each)));
  }

  private show(attached: files.Attached[]): void {
    this.attached = attached;
    this.changed(attached);
  }
}
