// Generated from inbox/gateway/visitor_protocol.py by scripts/write_widget_frames.py; do not edit.

export interface Open {
  t: 'open';
  version?: number;
  token?: string | null;
  identity?: string | null;
  have?: Record<string, number>;
  pending?: string[];
  page?: string;
  language?: string;
}

export interface Start {
  t: 'start';
}

export interface Identify {
  t: 'identify';
  identity: string;
}

export interface Beat {
  t: 'beat';
}

export interface Say {
  t: 'say';
  client_id: string;
  text?: string;
  files?: string[];
  name?: string;
  email?: string;
}

export interface VisitorTypes {
  t: 'typing';
  on?: boolean;
}

export interface Got {
  t: 'got';
  messages: string[];
}

export interface Seen {
  t: 'seen';
  messages: string[];
}

export interface Upload {
  t: 'upload';
  client_id: string;
  name: string;
  type: string;
  size: number;
}

export interface Link {
  t: 'link';
  file: string;
}

export interface Ready {
  t: 'ready';
  now: number;
  heartbeat: number;
  online: boolean;
  visitor: 'known' | 'locked' | 'unknown';
  whole: boolean;
  messages: MessageRow[];
}

export interface VisitorMade {
  t: 'visitor';
  token: string;
}

export interface Identified {
  t: 'identified';
  ok: boolean;
  reason: string;
}

export interface Said {
  t: 'said';
  client_id: string;
  id: string;
}

export interface MessageChanged {
  t: 'message';
  row: MessageRow;
}

export interface SomebodyTypes {
  t: 'typing';
  name: string;
  on: boolean;
}

export interface Online {
  t: 'online';
  online: boolean;
}

export interface Ticket {
  t: 'ticket';
  client_id: string;
  url: string;
  ticket: string;
}

export interface Linked {
  t: 'linked';
  file: string;
  url: string;
}

export interface SlowDown {
  t: 'slow_down';
  after: number;
  client_id: string;
}

export interface Refused {
  t: 'refused';
  code: string;
  client_id: string;
  again: boolean;
}

export interface Beaten {
  t: 'beaten';
  now: number;
}

export interface Reconnect {
  t: 'reconnect';
  after: number;
}

export interface FileRow {
  id: string;
  name: string;
  type: string;
  size: number;
  url: string;
}

export interface MessageRow {
  id: string;
  version: number;
  who: 'agent' | 'bot' | 'system' | 'visitor';
  name: string;
  text: string;
  at: number;
  files: FileRow[];
  client_id: string;
  seen: boolean;
}

export interface WidgetConfig {
  title: string;
  greeting: string;
  accent: string;
  position: string;
  prechat: string;
  identity_required: boolean;
  files: boolean;
  file_types: string[];
  file_limit: number;
  text_limit: number;
}

export interface Uploaded {
  ref: string;
  file: FileRow;
}

export type ClientFrame = Open | Start | Identify | Beat | Say | VisitorTypes | Got | Seen | Upload | Link;

export type ServerFrame =
  | Ready
  | VisitorMade
  | Identified
  | Said
  | MessageChanged
  | SomebodyTypes
  | Online
  | Ticket
  | Linked
  | SlowDown
  | Refused
  | Beaten
  | Reconnect;
