// Calls about passkeys.
import { at, call } from './client';
import type { components } from './schema';
import type { Me } from './types';

type S = components['schemas'];
export type PasskeyRow = S['PasskeyRow'];
export type PasskeySetup = S['PasskeySetup'];
export type PasskeyChallenge = S['PasskeyChallenge'];

export const passkeys = {
  place: () => call<S['PasskeyPlace']>('GET', '/session/passkey'),
  challenge: () => call<PasskeyChallenge>('POST', '/session/passkey/challenge'),
  logIn: (body: S['GivePasskey']) => call<Me>('POST', '/session/passkey', { body }),

  own: () => call<readonly PasskeyRow[]>('GET', '/me/passkeys'),
  begin: (password: string) => call<PasskeySetup>('POST', '/me/passkeys/challenge', { body: { password } }),
  add: (body: S['AddPasskey']) => call<PasskeyRow>('POST', '/me/passkeys', { body }),
  rename: (id: string, body: S['RenamePasskey']) => call<PasskeyRow>('PUT', at`/me/passkeys/${id}`, { body }),
  remove: (id: string, password: string) =>
    call<void>('POST', at`/me/passkeys/${id}/off`, { body: { password } }),
};
