// The nouns of the API and the socket under the screen's names, all generated from the service's own structs.
// Instants are milliseconds UTC. Where the document says only "string", the values it can have are named here.
import type { components } from './schema';

type S = components['schemas'];
type With<A, B> = Omit<A, keyof B> & B;

export type Instant = number;
export type Category = S['Category'];
export type Priority = S['Priority'];
export type Kind = S['Kind'];
export type Mode = 'reply' | 'note' | 'forward';
export type DeliveryState = S['DeliveryState'];
export type Availability = 'online' | 'away';
export type AgentPresence = 'online' | 'away' | 'offline';
export type Sort = 'activity' | 'waiting' | 'due' | 'priority';

export type Reason = S['Reason'];
export type Address = S['Address'];
export type Attachment = S['Attachment'];
export type Recipient = S['Recipient'];
export type Author = S['Author'];
export type Card = S['Card'];
export type PersonRow = S['PersonRow'];
/** `accepted` is absent unless it is false: a stranger who joined and is left out of reply-all. */
export type Participant = S['Participant'];
export type LastMessage = S['LastMessage'];
export type SlaClock = S['SlaClock'];
export type ConversationRow = S['ConversationRow'];
export type MessageRow = With<S['MessageRow'], { state: DeliveryState | null }>;
export type EventRow = S['EventRow'];
export type TimelineItem = MessageRow | EventRow;

export type Me = With<S['Me'], { availability: Availability }>;
export type SessionState = S['SessionState'];
export type AgentRow = With<S['AgentRow'], { state: AgentPresence }>;
export type TeamRow = S['TeamRow'];
export type ChannelRow = S['ChannelRow'];
export type ViewRow = With<S['ViewRow'], { sort: Sort }>;
export type Bootstrap = With<S['Bootstrap'], { me: Me; agents: AgentRow[]; views: ViewRow[] }>;

export type DraftRow = With<S['DraftRow'], { mode: Mode }>;
export type ForwardedRow = S['ForwardedRow'];
export type SaveDraft = S['SaveDraft'];
export type ConversationPage = With<S['ConversationPage'], { drafts: Record<string, Mode[]> }>;
export type TimelinePage = With<S['TimelinePage'], { items: TimelineItem[] }>;
export type ConversationDetail = With<
  S['ConversationDetail'],
  { drafts: DraftRow[]; timeline: TimelinePage }
>;
export type SendMessage = S['SendMessage'];
export type StartConversation = S['StartConversation'];
export type EditConversation = S['EditConversation'];
export type AboutParticipant = S['AboutParticipant'];
export type ReadMark = S['ReadMark'];
export type Created = With<S['Created'], { message: MessageRow }>;
export type FileRow = S['FileRow'];
export type Identity = S['Identity'];
export type CustomerRow = S['CustomerRow'];
export type CustomerPage = S['CustomerPage'];
export type EditCustomer = S['EditCustomer'];
export type SearchHit = S['SearchHit'];
export type SearchPage = S['SearchPage'];
/** RFC 9457 problem details; `code` is stable. */
export type ProblemDetails = With<S['Problem'], { newer?: MessageRow[] }>;
