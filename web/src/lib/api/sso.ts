// Calls about single sign-on.
import { at, call } from './client';
import type { components } from './schema';

type S = components['schemas'];
export type ProviderName = S['ProviderName'];
export type ProviderRow = S['ProviderRow'];
export type SignInRow = S['SignInRow'];

export const sso = {
  providers: () => call<readonly ProviderName[]>('GET', '/sso/providers'),
  all: () => call<readonly ProviderRow[]>('GET', '/sso'),
  own: () => call<readonly SignInRow[]>('GET', '/me/sign-ins'),
  begin: (provider: string) => call<S['Destination']>('POST', '/me/sign-ins', { body: { provider } }),
  beginInvited: (token: string, provider: string) =>
    call<S['Destination']>('POST', at`/password-resets/${token}/sso`, { body: { provider } }),
  end: (id: string) => call<void>('DELETE', at`/me/sign-ins/${id}`),
};
