// HTTP calls: session cookie, CSRF header, problem details as typed errors. One function per call of the API.
import { ApiError, NetworkError } from './errors';
import type * as T from './types';

const PREFIX = '/api/v1';

let csrf = '';
let loggedOut: () => void = () => undefined;

/** The token of the session, sent with everything that changes something. */
export function useCsrf(token: string): void {
  csrf = token;
}

export function csrfToken(): string {
  return csrf;
}

/** `callback` runs when the service says that the session is over. */
export function onLoggedOut(callback: () => void): void {
  loggedOut = callback;
}

export const fileUrl = (id: string) => `${PREFIX}/files/${encodeURIComponent(id)}`;
export const rawUrl = (message: string) => `${PREFIX}/messages/${encodeURIComponent(message)}/raw`;
export const htmlUrl = (message: string, images: boolean) =>
  `${PREFIX}/messages/${encodeURIComponent(message)}/html${images ? '?images=1' : ''}`;

export const reportCsvUrl = (query: Record<string, string>) =>
  `${PREFIX}/reports.csv?${new URLSearchParams(query)}`;

interface Options {
  body?: unknown;
  query?: Record<string, string | number | undefined | null>;
  /** Idempotency-Key: stays the same through all attempts at one intended effect. */
  key?: string;
  signal?: AbortSignal;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

function address(path: string, query: Options['query']): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  if (given.length === 0) return PREFIX + path;
  return `${PREFIX}${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

function headers(method: Method, options: Options): Record<string, string> {
  const all: Record<string, string> = { Accept: 'application/json' };
  if (options.body !== undefined) all['Content-Type'] = 'application/json';
  if (method !== 'GET' && csrf) all['X-CSRF-Token'] = csrf;
  if (options.key) all['Idempotency-Key'] = options.key;
  return all;
}

async function problemOf(response: Response): Promise<ApiError> {
  const fallback = {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    code: 'error',
  };
  try {
    return new ApiError({ ...fallback, ...((await response.json()) as Partial<T.ProblemDetails>) });
  } catch {
    return new ApiError(fallback);
  }
}

export async function call<A>(method: Method, path: string, options: Options = {}): Promise<A> {
  let response: Response;
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers: headers(method, options),
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      credentials: 'same-origin',
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new NetworkError();
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.status === 401 && path !== '/session') loggedOut();
    throw problem;
  }
  if (response.status === 204 || response.status === 202) return undefined as A;
  return (await response.json()) as A;
}

export const at = (strings: TemplateStringsArray, ...ids: string[]) =>
  strings.map((part, i) => part + (i < ids.length ? encodeURIComponent(ids[i] ?? '') : '')).join('');

export const api = {
  logIn: (body: { email: string; password: string; code?: string }) =>
    call<T.Me>('POST', '/session', { body }),
  whoAmI: () => call<T.Me>('GET', '/session'),
  loggedIn: () => call<T.SessionState>('GET', '/session/state').then(({ logged_in }) => logged_in),
  logOut: () => call<void>('DELETE', '/session'),
  askReset: (body: { email: string }) => call<void>('POST', '/password-resets', { body }),
  doReset: (token: string, body: { password: string }) =>
    call<void>('POST', at`/password-resets/${token}`, { body }),
  editMe: (body: {
    availability?: T.Availability;
    break_reason?: string;
    signature?: string;
    name?: string;
    keys?: Record<string, string>;
    language?: string;
    screen?: Record<string, string>;
  }) => call<T.Me>('PATCH', '/me', { body }),
  changePassword: (body: { current: string; password: string }) =>
    call<void>('PUT', '/me/password', { body }),
  bootstrap: () => call<T.Bootstrap>('GET', '/bootstrap'),
  removed: () => call<T.Removed[]>('GET', '/removed'),
  agents: () => call<T.AgentRow[]>('GET', '/agents'),
  views: () => call<T.SavedView[]>('GET', '/views'),
  createView: (body: T.SaveView, key: string) => call<T.SavedView>('POST', '/views', { body, key }),
  editView: (id: string, body: T.SaveView) => call<T.SavedView>('PUT', at`/views/${id}`, { body }),
  deleteView: (id: string) => call<void>('DELETE', at`/views/${id}`),
  counts: () => call<{ counts: Record<string, number> }>('GET', '/counts'),

  conversations: (query: {
    view?: string;
    filter?: string;
    customer?: string;
    after?: string;
    limit?: number;
  }) => call<T.ConversationPage>('GET', '/conversations', { query }),
  conversation: (idOrNumber: string) => call<T.ConversationDetail>('GET', at`/conversations/${idOrNumber}`),
  timeline: (id: string, query: { before?: string; later?: string; around?: string; limit: number }) =>
    call<T.TimelinePage>('GET', at`/conversations/${id}/timeline`, { query }),
  transcript: (id: string, query: { notes: '0' | '1'; later?: string; limit: number }) =>
    call<T.TimelinePage>('GET', at`/conversations/${id}/transcript`, { query }),
  start: (body: T.StartConversation, key: string) => call<T.Created>('POST', '/conversations', { body, key }),
  send: (id: string, body: T.SendMessage, key: string) =>
    call<T.Created>('POST', at`/conversations/${id}/messages`, { body, key }),
  calendars: () => call<T.Calendar[]>('GET', '/calendars'),
  policies: () => call<T.SlaPolicy[]>('GET', '/sla/policies'),
  templates: (channel: string) => call<T.TemplateList>('GET', at`/channels/${channel}/templates`),
  fetchTemplates: (channel: string) => call<T.TemplateList>('POST', at`/channels/${channel}/templates/fetch`),
  edit: (id: string, body: T.EditConversation) =>
    call<T.ConversationRow>('PATCH', at`/conversations/${id}`, { body }),
  startJob: (body: T.StartJob, key: string) => call<T.JobRow>('POST', '/jobs', { body, key }),
  jobs: () => call<T.JobRow[]>('GET', '/jobs'),
  job: (id: string) => call<T.JobRow>('GET', at`/jobs/${id}`),
  cancelJob: (id: string) => call<T.JobRow>('POST', at`/jobs/${id}/cancel`),
  undoJob: (id: string, key: string) => call<T.JobRow>('POST', at`/jobs/${id}/undo`, { key }),
  notices: (query: { after?: string; limit?: number }) =>
    call<{ notices: T.NoticeRow[]; next: string | null; unread: number }>('GET', '/me/notices', { query }),
  readNotices: (body: { ids: string[] } | { until: number }) =>
    call<{ unread: number }>('PUT', '/me/notices/read', { body }),
  participant: (id: string, body: T.AboutParticipant) =>
    call<T.ConversationRow>('POST', at`/conversations/${id}/participants`, { body }),
  merge: (id: string, body: { into: string; same_person: boolean }, key: string) =>
    call<T.Repaired>('POST', at`/conversations/${id}/merge`, { body, key }),
  move: (id: string, body: { messages: string[]; to: string }, key: string) =>
    call<T.Repaired>('POST', at`/conversations/${id}/move`, { body, key }),
  repair: (id: string) => call<T.RepairRow>('GET', at`/repairs/${id}`),
  undoRepair: (id: string, key: string) => call<T.Repaired>('POST', at`/repairs/${id}/undo`, { key }),
  markRead: (id: string, message: string) =>
    call<T.ReadMark>('PUT', at`/conversations/${id}/read`, { body: { message } }),
  saveDraft: (id: string, mode: T.Mode, body: T.SaveDraft) =>
    call<T.DraftRow>('PUT', at`/conversations/${id}/drafts/${mode}`, { body }),
  deleteDraft: (id: string, mode: T.Mode) => call<void>('DELETE', at`/conversations/${id}/drafts/${mode}`),
  retry: (message: string) => call<T.MessageRow>('POST', at`/messages/${message}/retry`),
  preview: (channel: string, text: string) =>
    call<{ text: string; markup: boolean }>('POST', at`/channels/${channel}/preview`, { body: { text } }),
  editMessage: (message: string, text: string) =>
    call<T.MessageRow>('POST', at`/messages/${message}/edit`, { body: { text } }),
  withdraw: (message: string) => call<T.MessageRow>('POST', at`/messages/${message}/withdraw`),
  react: (message: string, emoji: string) =>
    call<T.MessageRow>('POST', at`/messages/${message}/reaction`, { body: { emoji } }),
  sendNow: (message: string) => call<T.MessageRow>('POST', at`/messages/${message}/send-now`),
  cancel: (message: string) => call<T.MessageRow>('POST', at`/messages/${message}/cancel`),

  customers: (q: string) => call<T.CustomerPage>('GET', '/customers', { query: { q, limit: 8 } }),
  customer: (id: string) => call<T.CustomerRow>('GET', at`/customers/${id}`),
  editCustomer: (id: string, body: T.EditCustomer) =>
    call<T.CustomerRow>('PATCH', at`/customers/${id}`, { body }),
  candidates: (id: string, q: string) =>
    call<readonly T.CandidateRow[]>('GET', at`/customers/${id}/candidates`, { query: { q: q || undefined } }),
  mergeCustomers: (id: string, body: T.MergeCustomers, key: string) =>
    call<T.CustomersMerged>('POST', at`/customers/${id}/merge`, { body, key }),
  partCustomers: (merge: string, key: string) =>
    call<T.CustomersMerged>('POST', at`/customer-merges/${merge}/undo`, { key }),
  addIdentity: (id: string, body: { kind: 'email' | 'phone'; value: string }, key: string) =>
    call<T.CustomerRow>('POST', at`/customers/${id}/identities`, { body, key }),
  logCall: (id: string, body: T.LogCall, key: string) =>
    call<T.Created>('POST', at`/conversations/${id}/calls`, { body, key }),
  startCall: (body: T.StartCall, key: string) => call<T.Created>('POST', '/calls', { body, key }),
  savedReplies: () => call<T.SavedReply[]>('GET', '/saved-replies'),
  blocked: (query: { after?: string; limit?: number }) =>
    call<T.BlockPage>('GET', '/blocked-senders', { query }),
  block: (body: T.BlockSender, key: string) => call<T.BlockRow>('POST', '/blocked-senders', { body, key }),
  blockIn: (id: string, body: T.BlockParticipant, key: string) =>
    call<T.Blocked>('POST', at`/conversations/${id}/block`, { body, key }),
  unblock: (id: string) => call<void>('DELETE', at`/blocked-senders/${id}`),
  setAvailability: (id: string, body: T.SetAvailability) =>
    call<T.AgentRow>('PUT', at`/agents/${id}/availability`, { body }),
  breakReasons: () => call<readonly T.BreakReason[]>('GET', '/break-reasons'),
  createTeam: (name: string, key: string) => call<T.TeamRow>('POST', '/teams', { body: { name }, key }),
  renameTeam: (id: string, name: string) => call<T.TeamRow>('PATCH', at`/teams/${id}`, { body: { name } }),
  deleteTeam: (id: string) => call<void>('DELETE', at`/teams/${id}`),
  attributes: () => call<readonly T.Attribute[]>('GET', '/attributes'),
  queues: () => call<readonly T.Queue[]>('GET', '/queues'),
  createQueue: (body: T.SaveQueue, key: string) => call<T.Queue>('POST', '/queues', { body, key }),
  editQueue: (id: string, body: T.SaveQueue) => call<T.Queue>('PUT', at`/queues/${id}`, { body }),
  deleteQueue: (id: string) => call<void>('DELETE', at`/queues/${id}`),
  fetchNext: () => call<T.ConversationRow>('POST', '/queue/next'),
  answerOffer: (id: string, accept: boolean) =>
    call<T.ConversationRow>('POST', at`/conversations/${id}/offer`, { body: { accept } }),
  places: (query: { view: string; filter?: string }) =>
    call<{ places: Record<string, T.Place> }>('GET', '/places', { query }),
  queuePlace: (id: string) => call<T.QueuePlace>('GET', at`/conversations/${id}/queue`),
  search: (query: { q: string; after?: string; limit?: number }) =>
    call<T.SearchPage>('GET', '/search', { query }),
};

/** Stores a file for a message; `progress` hears the share sent so far, 0 to 1. */
export function upload(file: File, key: string, progress: (share: number) => void, signal: AbortSignal) {
  return new Promise<T.FileRow>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `${PREFIX}/uploads`);
    request.responseType = 'json';
    for (const [name, value] of Object.entries(headers('POST', { key })))
      request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new NetworkError());
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'));
    request.onload = () => {
      if (request.status < 300) return resolve(request.response as T.FileRow);
      const answer = (request.response ?? {}) as Partial<T.ProblemDetails>;
      const fallback = {
        type: 'about:blank',
        title: request.statusText,
        code: 'error',
        status: request.status,
      };
      reject(new ApiError({ ...fallback, ...answer }));
    };
    signal.addEventListener('abort', () => request.abort(), { once: true });
    const form = new FormData();
    form.append('file', file, file.name);
    request.send(form);
  });
}

/** A key for one intended effect: 128 random bits in hex. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Hands out generations so that an answer which was overtaken by a newer question can be dropped. */
export class Latest {
  #generation = 0;

  /** Starts a new generation and returns a function that tells whether it is still the newest. */
  next(): () => boolean {
    const mine = ++this.#generation;
    return () => mine === this.#generation;
  }
}
