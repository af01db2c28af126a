// Lines the visitor has written and the server has not yet stored. One is on its way at a time, so that they keep their order;
// each is repeated under its own id until the server names it.
import type { FileRow, MessageRow, Say } from './frames';

export type LineState = 'waiting' | 'sending' | 'stored' | 'failed';

export interface Line {
  client_id: string;
  text: string;
  refs: string[];
  files: FileRow[];
  name: string;
  email: string;
  state: LineState;
  /** Why it failed, as a code. */
  code: string;
}

export class Outbox {
  private notBefore = 0;

  constructor(public lines: Line[] = []) {
    this.disconnected();
  }

  add(line: Omit<Line, 'state' | 'code'>): void {
    this.lines = [...this.lines, { ...line, state: 'waiting', code: '' }];
  }

  /** The ids the server may already know. */
  get pending(): string[] {
    return this.lines.filter((line) => line.state !== 'failed').map((line) => line.client_id);
  }

  /** The line to send now, from then on under way; or how many milliseconds to wait; or nothing to do. */
  next(now: number): Say | number | null {
    if (this.lines.some((line) => line.state === 'sending')) return null;
    const line = this.lines.find((each) => each.state === 'waiting');
    if (!line) return null;
    if (now < this.notBefore) return this.notBefore - now;
    this.set(line.client_id, { state: 'sending' });
    const { client_id, text, refs, name, email } = line;
    return { t: 'say', client_id, text, files: refs, name, email };
  }

  /** Stored for good; it stays until its message arrives. */
  said(client_id: string): void {
    this.set(client_id, { state: 'stored' });
  }

  /** Its message is here. */
  arrived(row: MessageRow): void {
    if (row.client_id) this.discard(row.client_id);
  }

  refused(client_id: string, code: string, again: boolean, now: number): void {
    if (again) this.notBefore = now + 2000;
    this.set(client_id, again ? { state: 'waiting' } : { state: 'failed', code });
  }

  slowDown(client_id: string, after: number, now: number): void {
    this.notBefore = now + after;
    this.set(client_id, { state: 'waiting' });
  }

  /** The line broke: what was under way is sent again, under the same id. */
  disconnected(): void {
    this.lines = this.lines.map((line) => (line.state === 'sending' ? { ...line, state: 'waiting' } : line));
  }

  retry(client_id: string): void {
    this.set(client_id, { state: 'waiting', code: '' });
  }

  discard(client_id: string): void {
    this.lines = this.lines.filter((line) => line.client_id !== client_id);
  }

  private set(client_id: string, change: Partial<Line>): void {
    this.lines = this.lines.map((line) => (line.client_id === client_id ? { ...line, ...change } : line));
  }
}
