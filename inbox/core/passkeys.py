"""Passkeys (WebAuthn Level 3): where browsers have them, and whether what one brings is right; ``fido2`` reads keys and signatures."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)
from msgspec import Struct

from inbox.core.errors import NotAuthentic
from inbox.core.ids import AgentId, digest

ALGORITHMS = (-8, -7, -257)
"""EdDSA, ES256 and RS256, which between them every authenticator has (WebAuthn 5.4)."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"https": 443, "http": 80}
_UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError, struct.error)
"""What the reader of CBOR and JSON raises for bytes that are neither."""


class Party(Struct, frozen=True):
    """Whom passkeys are for: browsers use them on pages of ``origin``, and ask for them by its host name, ``id``."""

    origin: str
    id: str


class Registered(Struct, frozen=True):
    """A passkey that was just made: its credential id, its attested credential data, and how often it signed."""

    credential: str
    key: bytes
    counter: int


class Assertion(Struct, frozen=True):
    """What a browser brings to prove that a passkey is there, each in base64url."""

    id: str
    client_data: str
    authenticator_data: str
    signature: str
    user_handle: str


class WentBack(NotAuthentic):
    """The passkey has signed more often than it says: there is a copy of it."""


def party_of(public_url: str) -> Party | None:
    """For the address people type; None where browsers have no passkeys, without TLS and under an IP address (WebAuthn 5.1.3, 13.4.9).
    This machine's own addresses stand for ``localhost``, of which browsers make an exception."""
    parts = urlsplit(public_url.lower())
    host = parts.hostname or ""
    if host in LOOPBACK:
        host = "localhost"
    elif parts.scheme != "https" or _is_ip(host):
        return None
    try:
        name = host.encode("idna").decode()
        port = "" if parts.port in (None, _PORTS[parts.scheme]) else f":{parts.port}"
    except ValueError:
        return None
    return Party(f"{parts.scheme}://{name}{port}", name)


def handle_of(agent: AgentId) -> str:
    """By which an authenticator knows the account, in base64url: it tells no name and no address (WebAuthn 14.6.1)."""
    return websafe_encode(digest("passkey", agent).encode())


def challenge_of(client_data: str) -> str:
    """The challenge that a browser says it was given. Raises ``NotAuthentic``."""
    with _reading():
        return websafe_encode(_client_data(client_data).challenge)


def registered(party: Party, challenge: str, client_data: str, attestation: str) -> Registered:
    """The passkey that was made for ``challenge``; who made the authenticator is not asked. Raises ``NotAuthentic``."""
    with _reading():
        told = AuthenticatorAttestationResponse(
            client_data=_client_data(client_data), attestation_object=AttestationObject(websafe_decode(attestation))
        )
        made = told.attestation_object.auth_data
        if made.credential_data is None or made.credential_data.public_key.ALGORITHM not in ALGORITHMS:
            raise NotAuthentic("no key of a kind that was asked for")
        response = RegistrationResponse(raw_id=made.credential_data.credential_id, response=told)
        _server(party).register_complete(_state(challenge), response)
        return Registered(websafe_encode(made.credential_data.credential_id), bytes(made.credential_data), made.counter)


def signed(party: Party, challenge: str, agent: AgentId, key: bytes, counter: int, given: Assertion) -> int:
    """How often the account's passkey signed by now, ``counter`` being what was known. Raises ``NotAuthentic`` for whatever is wrong,
    ``WentBack`` where only the counter is (WebAuthn 7.2, step 22)."""
    with _reading():
        if websafe_decode(given.user_handle) != websafe_decode(handle_of(agent)):
            raise NotAuthentic("another account's")
        told = AuthenticatorAssertionResponse(
            client_data=_client_data(given.client_data),
            authenticator_data=AuthenticatorData(websafe_decode(given.authenticator_data)),
            signature=websafe_decode(given.signature),
        )
        response = AuthenticationResponse(raw_id=websafe_decode(given.id), response=told)
        _server(party).authenticate_complete(_state(challenge), [AttestedCredentialData(key)], response)
        said = told.authenticator_data.counter
    if (said or counter) and said <= counter:
        raise WentBack
    return said


def credential_of(key: bytes) -> str:
    """The credential id of attested credential data, in base64url."""
    return websafe_encode(AttestedCredentialData(key).credential_id)


def _server(party: Party) -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(name=party.id, id=party.id), verify_origin=lambda origin: origin == party.origin)


def _state(challenge: str) -> dict[str, str]:
    return {"challenge": challenge, "user_verification": UserVerificationRequirement.REQUIRED}


def _client_data(text: str) -> CollectedClientData:
    """Raises ``NotAuthentic`` when another site's page has ours in a frame."""
    data = CollectedClientData(websafe_decode(text))
    if data.cross_origin:
        raise NotAuthentic("in another site's page")
    return data


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (*_UNREADABLE, UnsupportedAlgorithm) as broken:
        raise NotAuthentic("not a passkey's answer") from broken


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
