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

async function call<A>(method: Method, path: string, options: Options = {}): Promise<A> {
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

const at = (strings: TemplateStringsArray, ...ids: string[]) =>
  strings.map((part, i) => part + (i < ids.length ? encodeURIComponent(ids[i] ?? '') : '')).join('');

export const api = {
  logIn: (body: { email: string; password: string }) => call<T.Me>('POST', '/session', { body }),
  whoAmI: () => call<T.Me>('GET', '/session'),
  loggedIn: () => call<T.SessionState>('GET', '/session/state').then(({ logged_in }) => logged_in),
  logOut: () => call<void>('DELETE', '/session'),
  askReset: (body: { email: string }) => call<void>('POST', '/password-resets', { body }),
  doReset: (token: string, body: { password: string }) =>
    call<void>('POST', at`/password-resets/${token}`, { body }),
  editMe: (body: { availability?: T.Availability; signature?: string; name?: string }) =>
    call<T.Me>('PATCH', '/me', { body }),
  bootstrap: () => call<T.Bootstrap>('GET', '/bootstrap'),
  agents: () => call<T.AgentRow[]>('GET', '/agents'),
  counts: () => call<{ counts: Record<string, number> }>('GET', '/counts'),

  conversations: (query: { view?: string; customer?: string; after?: string; limit?: number }) =>
    call<T.ConversationPage>('GET', '/conversations', { query }),
  conversation: (idOrNumber: string) => call<T.ConversationDetail>('GET', at`/conversations/${idOrNumber}`),
  timeline: (id: string, before: string, limit: number) =>
    call<T.TimelinePage>('GET', at`/conversations/${id}/timeline`, { query: { before, limit } }),
  start: (body: T.StartConversation, key: string) => call<T.Created>('POST', '/conversations', { body, key }),
  send: (id: string, body: T.SendMessage, key: string) =>
    call<T.Created>('POST', at`/conversations/${id}/messages`, { body, key }),
  edit: (id: string, body: T.EditConversation) =>
    call<T.ConversationRow>('PATCH', at`/conversations/${id}`, { body }),
  participant: (id: string, body: T.AboutParticipant) =>
    call<T.ConversationRow>('POST', at`/conversations/${id}/participants`, { body }),
  markRead: (id: string, message: string) =>
    call<T.ReadMark>('PUT', at`/conversations/${id}/read`, { body: { message } }),
  saveDraft: (id: string, mode: T.Mode, body: T.SaveDraft) =>
    call<T.DraftRow>('PUT', at`/conversations/${id}/drafts/${mode}`, { body }),
  deleteDraft: (id: string, mode: T.Mode) => call<void>('DELETE', at`/conversations/${id}/drafts/${mode}`),
  retry: (message: string) => call<T.MessageRow>('POST', at`/messages/${message}/retry`),
  cancel: (message: string) => call<T.MessageRow>('POST', at`/messages/${message}/cancel`),

  customers: (q: string) => call<T.CustomerPage>('GET', '/customers', { query: { q, limit: 8 } }),
  customer: (id: string) => call<T.CustomerRow>('GET', at`/customers/${id}`),
  editCustomer: (id: string, body: T.EditCustomer) =>
    call<T.CustomerRow>('PATCH', at`/customers/${id}`, { body }),
  addIdentity: (id: string, body: { kind: 'email' | 'phone'; value: string }, key: string) =>
    call<T.CustomerRow>('POST', at`/customers/${id}/identities`, { body, key }),
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
