// The socket's frames, both ways. A frame carries a state, not a change: whoever holds the same or a newer version ignores it.
import type { AgentPresence, ConversationRow, EventRow, Instant, MessageRow, Mode } from '../api/types';

export type Cursor = Record<string, number>;
/** [writer, n] of the journal entry behind a frame. */
export type Position = [number, number];

export type Subscription =
  | { t: 'view'; sub: string; view: string }
  | { t: 'thread'; sub: string; conversation: string }
  | { t: 'counts'; sub: string; views: string[] };

export type ClientFrame =
  | { t: 'identify'; csrf: string; cursor?: Cursor; subs?: Subscription[] }
  | Subscription
  | { t: 'unsubscribe'; sub: string }
  | { t: 'beat'; active: boolean }
  | { t: 'viewing'; conversation: string | null }
  | { t: 'typing'; conversation: string; mode: string; on: boolean };

export interface Watcher {
  kind: string;
  id: string;
  typing: string;
}

export interface AgentState {
  id: string;
  state: AgentPresence;
  load: number;
  capacity: number;
}

export type ServerFrame =
  | { t: 'hello'; version: number; heartbeat: number }
  | { t: 'ready'; agent: string; cursor: Cursor; now: Instant; resumed: boolean }
  | { t: 'subscribed'; sub: string }
  | { t: 'put'; sub: string; row: ConversationRow; c: Position; event: string }
  | { t: 'gone'; sub: string; id: string; version: number; c: Position }
  | { t: 'message'; sub: string; row: MessageRow; c: Position }
  | { t: 'event'; sub: string; row: EventRow; c: Position }
  | { t: 'counted'; sub: string; counts: Record<string, number> }
  | { t: 'read'; conversation: string; inbound: number }
  | { t: 'draft'; conversation: string; mode: Mode; revision: number }
  | { t: 'watchers'; conversation: string; watchers: Watcher[] }
  | { t: 'presence'; agents: AgentState[] }
  | { t: 'notice'; kind: string; conversation: string; number: number; c: Position }
  | { t: 'reload'; what: string; id: string }
  | { t: 'resync'; sub: string | null }
  | { t: 'beaten'; cursor: Cursor; now: Instant }
  | { t: 'reconnect'; after: number }
  | { t: 'error'; code: string; message: string; sub: string; fatal: boolean };
