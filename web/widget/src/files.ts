// Files on their way up: allowed by the socket first, then sent as they are, with progress.
import type { FileRow, Ticket, Uploaded, WidgetConfig } from './frames';

export interface Attached {
  client_id: string;
  name: string;
  size: number;
  type: string;
  /** From 0 to 1. */
  progress: number;
  ref: string;
  file: FileRow | null;
  /** Why it cannot be sent, as a code; '' while all is well. */
  code: string;
}

/** Why a file cannot be sent, before anybody is asked; '' when it can. */
export function refusal(file: { type: string; size: number }, config: WidgetConfig): string {
  if (!config.files || !config.file_types.includes(file.type)) return 'file_type';
  if (file.size > config.file_limit) return 'file_size';
  return file.size === 0 ? 'empty' : '';
}

/** What a line says of the files that are up. */
export function sent(done: readonly Attached[]): { refs: string[]; files: FileRow[] } {
  return { refs: done.map((each) => each.ref), files: done.flatMap((each) => each.file ?? []) };
}

export function isPicture(type: string): boolean {
  return /^image\/(png|jpeg|gif|webp|avif)$/.test(type);
}

/** Send the bytes; resolves with the server's answer, rejects with a code. Aborts when `signal` does. */
export function send(
  base: string,
  ticket: Ticket,
  file: Blob,
  progressed: (share: number) => void,
  signal: AbortSignal,
): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', base + ticket.url);
    request.setRequestHeader('Authorization', `Bearer ${ticket.ticket}`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = (event) => progressed(event.total ? event.loaded / event.total : 0);
    request.onload = () => {
      if (request.status === 200) resolve(JSON.parse(request.responseText) as Uploaded);
      else reject(new Error(request.status === 422 ? 'file_type' : 'upload'));
    };
    request.onerror = () => reject(new Error('upload'));
    request.onabort = () => reject(new Error('aborted'));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
