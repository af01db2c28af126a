// The socket's frames, both ways. A frame carries a state, not a change: whoever holds the same or a newer version ignores it.
import type { components } from '../api/schema';
import type { AgentPresence, MessageRow, Mode } from '../api/types';

type S = components['schemas'];

export type Cursor = Record<string, number>;
export type Subscription =
  S['SubscribeView'] | S['SubscribeConversation'] | S['SubscribeCounts'] | S['SubscribeBoard'];
export type ClientFrame = S['ClientFrame'];
/** Where the document says only "string", the values it can have are named here. */
type Narrowed =
  | (Omit<S['PutMessage'], 'row'> & { row: MessageRow })
  | (Omit<S['DraftChanged'], 'mode'> & { mode: Mode })
  | (Omit<S['Marked'], 'drafts'> & { drafts: Record<string, Partial<Record<Mode, number>>> })
  | (Omit<S['Presence'], 'agents'> & { agents: AgentState[] });
export type ServerFrame = Exclude<S['ServerFrame'], { t: Narrowed['t'] }> | Narrowed;
export type Watcher = S['Watcher'];
export type AgentState = Omit<S['AgentState'], 'state'> & { state: AgentPresence };
