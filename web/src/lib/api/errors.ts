import type { MessageRow, ProblemDetails } from './types';

/** The service answered with problem details; `code` is stable and says what happens next. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string;
  /** Why something is not allowed, '' where nothing was said. */
  readonly reason: string;
  /** What is in the way is called so, '' where nothing is. */
  readonly by: string;
  /** Milliseconds to wait before trying again, 0 when nothing was said. */
  readonly after: number;
  readonly newer: MessageRow[];

  constructor(problem: ProblemDetails) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.field = problem.field ?? '';
    this.reason = problem.reason ?? '';
    this.by = problem.by ?? '';
    this.after = problem.after ?? 0;
    this.newer = problem.newer ?? [];
  }

  /** What is wrong, without the name of the field that the service puts before it. */
  get objection(): string {
    const name = `${this.field}: `;
    return this.message.startsWith(name) ? this.message.slice(name.length) : this.message;
  }

  /** The same request may succeed later without anybody changing anything. */
  get passing(): boolean {
    return this.status === 429 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/** No answer came: whether the request had an effect is not known. */
export class NetworkError extends Error {
  constructor(message = 'network') {
    super(message);
    this.name = 'NetworkError';
  }
}

/** True when trying the same request again, with the same key, is the right thing to do. */
export function mayRetry(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ApiError && error.passing);
}
