// What the chat takes from the browser: a socket, timers and chance.
import type { Wire } from './connection';

export function socket(base: string, channel: string): Wire {
  return new WebSocket(`${base.replace(/^http/, 'ws')}/chat/${channel}/ws`) as unknown as Wire;
}

/** Do `what` after `ms` milliseconds, unless the returned function is called before. */
export function later(ms: number, what: () => void): () => void {
  const timer = setTimeout(what, ms);
  return () => clearTimeout(timer);
}

/** 128 random bits; `crypto.randomUUID` is missing on pages without TLS. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
