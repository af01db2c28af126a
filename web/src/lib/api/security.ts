// Calls about what protects accounts: logins, second factors, the workspace's rules.
import { at, call } from './client';
import type { components } from './schema';

type S = components['schemas'];
export type FactorState = S['FactorState'];
export type FactorSetup = S['FactorSetup'];
export type SessionRow = S['SessionRow'];
export type SecurityRow = S['SecurityRow'];
export type TokenRow = S['TokenRow'];
export type NewToken = S['NewToken'];
export type Reach = S['CreateToken']['reach'];
export type PersonSecurity = S['PersonSecurity'];

export type AuditRow = S['AuditRow'];
export interface AuditWhich {
  actor?: string | undefined;
  action?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
}

/** Where the audit log is as a table. */
export function auditUrl(which: AuditWhich): string {
  const given = Object.entries(which).filter(([, value]) => value !== undefined);
  return `/api/v1/audit/export?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

export const security = {
  sessions: () => call<SessionRow[]>('GET', '/me/sessions'),
  endSession: (id: string) => call<void>('DELETE', at`/me/sessions/${id}`),
  endOthers: () => call<void>('DELETE', '/me/sessions'),

  factor: () => call<FactorState>('GET', '/me/factor'),
  begin: (password: string) => call<FactorSetup>('POST', '/me/factor', { body: { password } }),
  beginNeeded: (body: { email: string; password: string }) =>
    call<FactorSetup>('POST', '/session/factor', { body }),
  confirm: (code: string) => call<void>('PUT', '/me/factor', { body: { code } }),
  off: (body: { password: string; code: string }) => call<void>('POST', '/me/factor/off', { body }),
  renew: (body: { password: string; code: string }) =>
    call<{ recovery: string[] }>('POST', '/me/factor/recovery', { body }),

  tokens: () => call<TokenRow[]>('GET', '/tokens'),
  makeToken: (body: S['CreateToken']) => call<NewToken>('POST', '/tokens', { body }),
  endToken: (id: string) => call<void>('DELETE', at`/tokens/${id}`),

  audit: (which: AuditWhich, after: string | null) =>
    call<S['AuditPage']>('GET', '/audit', { query: { ...which, after, limit: 50 } }),
  auditActions: () => call<string[]>('GET', '/audit/actions'),

  rules: () => call<SecurityRow>('GET', '/security'),
  setRules: (body: S['EditSecurity']) => call<SecurityRow>('PUT', '/security', { body }),
  accounts: () => call<PersonSecurity[]>('GET', '/security/accounts'),
  reset: (account: string) => call<void>('DELETE', at`/accounts/${account}/factor`),
};
