// The nouns of the API and the socket as the screen names them; instants are milliseconds UTC.
// Nested values leave out what has its default, so those fields are optional here.

export type Instant = number;
export type Category = 'open' | 'waiting' | 'snoozed' | 'resolved' | 'spam';
export type Priority = 'low' | 'normal' | 'high' | 'urgent';
export type Kind = 'customer' | 'reply' | 'note';
export type Mode = 'reply' | 'note' | 'forward';
export type DeliveryState =
  'pending' | 'sending' | 'unknown' | 'sent' | 'delivered' | 'read' | 'failed' | 'cancelled';
export type ClockState = 'running' | 'paused' | 'met' | 'breached';
export type Availability = 'online' | 'away';
export type AgentPresence = 'online' | 'away' | 'offline';
export type Sort = 'activity' | 'waiting' | 'due' | 'priority';

export interface Reason {
  code: string;
  ids?: string[];
  numbers?: Record<string, number>;
}

export interface Address {
  kind: string;
  value: string;
  name?: string;
}

export interface Attachment {
  file: string;
  name: string;
  type: string;
  size: number;
  content_id?: string;
  inline?: boolean;
}

export interface Recipient {
  address: string;
  state: DeliveryState;
  error?: string;
}

export interface Author {
  kind: string;
  id?: string;
}

export interface PersonRow {
  id: string;
  name: string;
}

/** `accepted` is absent unless it is false: a stranger who joined and is left out of reply-all. */
export interface Participant {
  kind: string;
  value: string;
  name?: string;
  accepted?: boolean;
  customer?: string | null;
}

export interface LastMessage {
  id: string;
  at: Instant;
  kind: Kind;
  author: string;
  preview: string;
}

export interface SlaClock {
  metric: string;
  state: ClockState;
  target: number;
  epoch?: number;
  since?: Instant;
  used?: number;
  due_at?: Instant | null;
  warn_at?: Instant | null;
  warned_at?: Instant | null;
  breached_at?: Instant | null;
  met_at?: Instant | null;
  policy?: string;
  policy_version?: number;
}

export interface ConversationRow {
  t: 'conversation';
  id: string;
  number: number;
  version: number;
  subject: string;
  customer: PersonRow;
  channel: string;
  channels: string[];
  status: string;
  category: Category;
  priority: Priority;
  tags: string[];
  created_at: Instant;
  updated_at: Instant;
  messages: number;
  inbound: number;
  team: string | null;
  assignee: string | null;
  assign_reason: Reason | null;
  bot: string | null;
  queued_at: Instant | null;
  waiting_since: Instant | null;
  snoozed_until: Instant | null;
  sort_due: Instant | null;
  sla: SlaClock[];
  last: LastMessage | null;
  participants: Participant[];
  related: string[];
  merged_into: string | null;
}

export interface MessageRow {
  t: 'message';
  id: string;
  version: number;
  conversation: string;
  kind: Kind;
  author: Author;
  author_name: string;
  at: Instant;
  arrived_at: Instant;
  channel: string | null;
  sender: Address | null;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  subject: string;
  text: string;
  fresh: number | null;
  html: boolean;
  attachments: Attachment[];
  reason: Reason | null;
  client_id: string;
  automatic: string;
  unreadable: string;
  new_participant: boolean;
  raw: boolean;
  seen_at: Instant | null;
  mentions: string[];
  state: DeliveryState | null;
  error: string;
  recipients: Recipient[];
}

export interface EventRow {
  t: 'event';
  id: string;
  type: string;
  at: Instant;
  actor: Author;
  agent: string | null;
  message: string | null;
  reason: Reason | null;
  before: Record<string, string | null>;
  after: Record<string, string | null>;
}

export type TimelineItem = MessageRow | EventRow;

export interface Me {
  id: string;
  name: string;
  email: string;
  role: string;
  teams: string[];
  availability: Availability;
  signature: string;
  csrf: string;
}

export interface AgentRow {
  id: string;
  name: string;
  role: string;
  teams: string[];
  state: AgentPresence;
  load: number;
  capacity: number;
}

export interface TeamRow {
  id: string;
  name: string;
}

export interface ChannelRow {
  id: string;
  name: string;
  connector: string;
  kind: string;
  team: string | null;
  subject: boolean;
  recipients: boolean;
  html: boolean;
  typing: boolean;
  conversational: boolean;
  text_limit: number | null;
  address: string;
  healthy: boolean;
  problem: string;
  remedy: string;
}

export interface ViewRow {
  id: string;
  sort: Sort;
}

export interface Bootstrap {
  me: Me;
  agents: AgentRow[];
  teams: TeamRow[];
  channels: ChannelRow[];
  views: ViewRow[];
  tags: string[];
  now: Instant;
  product: string;
  version: string;
}

export interface DraftRow {
  conversation: string;
  mode: Mode;
  text: string;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  files: string[];
  revision: number;
  updated_at: Instant;
}

export interface SaveDraft {
  text: string;
  to?: Address[];
  cc?: Address[];
  bcc?: Address[];
  files?: string[];
  base?: number;
}

export interface ConversationPage {
  rows: ConversationRow[];
  reads: Record<string, number>;
  drafts: Record<string, Mode[]>;
  next: string | null;
}

export interface TimelinePage {
  items: TimelineItem[];
  before: string | null;
}

export interface ConversationDetail {
  row: ConversationRow;
  timeline: TimelinePage;
  drafts: DraftRow[];
  read: number;
}

export interface SendMessage {
  kind: Mode;
  text: string;
  client_id: string;
  to?: Address[];
  cc?: Address[];
  bcc?: Address[];
  files?: string[];
  mentions?: string[];
  subject?: string;
  seen?: string;
  anyway?: boolean;
  message?: string;
  then?: '' | 'resolved' | 'waiting' | 'open';
}

export interface StartConversation {
  channel: string;
  to: Address[];
  text: string;
  client_id: string;
  subject?: string;
  cc?: Address[];
  bcc?: Address[];
  files?: string[];
  customer?: string;
}

export interface EditConversation {
  assignee?: string | null;
  team?: string | null;
  status?: Category;
  until?: Instant;
  priority?: Priority;
  add_tags?: string[];
  remove_tags?: string[];
  subject?: string;
  bot?: string | null;
}

export interface AboutParticipant {
  kind: string;
  value: string;
  action: 'accept' | 'split';
}

export interface ReadMark {
  conversation: string;
  inbound: number;
}

export interface Created {
  conversation: ConversationRow;
  message: MessageRow;
  duplicate: boolean;
}

export interface FileRow {
  id: string;
  name: string;
  type: string;
  size: number;
}

export interface Identity {
  id: string;
  kind: string;
  value: string;
  customer: string;
  scope?: string;
  name?: string;
  verified?: boolean;
  how?: string;
  since?: Instant;
}

export interface CustomerRow {
  id: string;
  name: string;
  version: number;
  company: string;
  language: string;
  notes: string;
  attributes: Record<string, string>;
  identities: Identity[];
  created_at: Instant;
}

export interface CustomerPage {
  rows: PersonRow[];
  next: string | null;
}

export interface EditCustomer {
  version: number;
  name?: string;
  company?: string;
  language?: string;
  notes?: string;
  attributes?: Record<string, string | null>;
}

export interface SearchHit {
  row: ConversationRow;
  snippet: string;
}

export interface SearchPage {
  hits: SearchHit[];
  next: string | null;
  behind: number;
}

/** RFC 9457 problem details; `code` is stable. */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  field?: string;
  after?: number;
  newer?: MessageRow[];
}
