// The browser's side of passkeys: bytes in and out as base64url, and whether it has any.
import type { PasskeyChallenge, PasskeySetup } from '../../lib/api/passkeys';

/** Browsers have none on pages that came neither by TLS nor from this machine. */
export const hasPasskeys = () => 'PublicKeyCredential' in globalThis && globalThis.isSecureContext;

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (ch) => ch.charCodeAt(0));
}

export function textOf(bytes: ArrayBuffer | null): string {
  const plain = String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)));
  return btoa(plain).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** What was made, as the API takes it; throws what the browser throws, `NotAllowedError` where the person did not want to. */
export async function makePasskey(
  setup: PasskeySetup,
): Promise<{ client_data: string; attestation: string }> {
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: bytesOf(setup.challenge),
      rp: { id: setup.rp_id, name: setup.rp_id },
      user: { id: bytesOf(setup.user_id), name: setup.user_name, displayName: setup.display_name },
      pubKeyCredParams: setup.algorithms.map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: setup.exclude.map((id) => ({ type: 'public-key', id: bytesOf(id) })),
      authenticatorSelection: {
        residentKey: 'required',
        requireResidentKey: true,
        userVerification: 'required',
      },
      attestation: 'none',
    },
  })) as PublicKeyCredential;
  const answer = made.response as AuthenticatorAttestationResponse;
  return { client_data: textOf(answer.clientDataJSON), attestation: textOf(answer.attestationObject) };
}

/** What a passkey that the person chose signed, as the API takes it; throws as `makePasskey`. */
export async function signChallenge({ challenge, rp_id }: PasskeyChallenge) {
  const given = (await navigator.credentials.get({
    publicKey: { challenge: bytesOf(challenge), rpId: rp_id, userVerification: 'required' },
  })) as PublicKeyCredential;
  const answer = given.response as AuthenticatorAssertionResponse;
  return {
    id: given.id,
    client_data: textOf(answer.clientDataJSON),
    authenticator_data: textOf(answer.authenticatorData),
    signature: textOf(answer.signature),
    user_handle: textOf(answer.userHandle),
  };
}

/** Whether the person, or the time that ran out, ended it: there is nothing wrong then. */
export const wasLeft = (problem: unknown) =>
  problem instanceof DOMException && (problem.name === 'NotAllowedError' || problem.name === 'AbortError');

/** Whether this authenticator has a passkey of this account already. */
export const wasThere = (problem: unknown) =>
  problem instanceof DOMException && problem.name === 'InvalidStateError';
