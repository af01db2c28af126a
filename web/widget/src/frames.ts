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

export interface About {
  t: 'about';
  attributes?: Record<string, string>;
}

export interface Beat {
  t: 'beat';
}

export interface Here {
  t: 'here';
  page?: string | null;
}

export interface Say {
  t: 'say';
  client_id: string;
  text?: string;
  files?: string[];
  name?: string;
  email?: string;
}

export interface Comment {
  t: 'comment';
  message: string;
  text: string;
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

export interface Earlier {
  t: 'earlier';
}

export interface Look {
  t: 'look';
  conversation: string;
}

export interface TakeUp {
  t: 'take_up';
  conversation: string;
}

export interface AskTranscript {
  t: 'transcript';
  email: string;
  conversation?: string;
  language?: string;
}

export interface Ready {
  t: 'ready';
  now: number;
  heartbeat: number;
  online: boolean;
  visitor: 'known' | 'locked' | 'unknown';
  whole: boolean;
  messages: MessageRow[];
  back: number | null;
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
  back: number | null;
}

export interface PlaceInLine {
  t: 'place';
  position: number | null;
  minutes: number | null;
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

export interface EarlierOnes {
  t: 'earlier';
  rows: EarlierRow[];
}

export interface Looked {
  t: 'look';
  conversation: string;
  messages: MessageRow[];
}

export interface TranscriptAsked {
  t: 'transcript';
  state: 'address' | 'nothing' | 'off' | 'queued' | 'wait';
  after: number;
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
  choices: string[];
  comment_until: number | null;
  comment: string;
  face: string;
}

export interface EarlierRow {
  id: string;
  at: number;
  name: string;
  text: string;
  current: boolean;
  resolved: boolean;
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
  theme: string;
  language: string;
  launcher: string;
  agents: string;
  sound: boolean;
  answer_time: string;
  online_text: string;
  offline_text: string;
  greetings: PageGreeting[];
  greeting_days: number;
  transcript: boolean;
}

export interface Uploaded {
  ref: string;
  file: FileRow;
}

export interface PageGreeting {
  pages: string;
  text: string;
  seconds: number;
}

export type ClientFrame =
  | Open
  | Start
  | Identify
  | About
  | Beat
  | Here
  | Say
  | Comment
  | VisitorTypes
  | Got
  | Seen
  | Upload
  | Link
  | Earlier
  | Look
  | TakeUp
  | AskTranscript;

export type ServerFrame =
  | Ready
  | VisitorMade
  | Identified
  | Said
  | MessageChanged
  | SomebodyTypes
  | Online
  | PlaceInLine
  | Ticket
  | Linked
  | EarlierOnes
  | Looked
  | TranscriptAsked
  | SlowDown
  | Refused
  | Beaten
  | Reconnect;
