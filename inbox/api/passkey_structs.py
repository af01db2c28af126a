"""Bodies and answers about passkeys. What authenticators say is base64url without padding, as in WebAuthn's own JSON."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from inbox.api.structs import Input, Name, Secret
from inbox.core.ids import Instant

_BASE64URL = r"^[A-Za-z0-9_-]*(?![\s\S])"
CredentialId = Annotated[str, Meta(min_length=1, max_length=1364, pattern=_BASE64URL)]
Handle = Annotated[str, Meta(max_length=88, pattern=_BASE64URL)]
Data = Annotated[str, Meta(min_length=1, max_length=4096, pattern=_BASE64URL)]
Attestation = Annotated[str, Meta(min_length=1, max_length=65536, pattern=_BASE64URL)]


class PasskeyPlace(Struct, frozen=True):
    """Pages of which ``origin`` can use passkeys; '' where the service's address has none, as browsers want TLS and a host name."""

    origin: str


class PasskeyChallenge(Struct, frozen=True):
    """What a passkey of ``rp_id`` is to sign, within five minutes."""

    challenge: str
    rp_id: str


class PasskeySetup(Struct, frozen=True):
    """What a browser needs to make a passkey, within five minutes. ``algorithms`` are COSE's numbers, the preferred one first; an
    authenticator that has one of ``exclude`` makes no second."""

    challenge: str
    rp_id: str
    user_id: str
    user_name: str
    display_name: str
    algorithms: tuple[int, ...]
    exclude: tuple[str, ...]


class AddPasskey(Input, frozen=True):
    """A passkey that was just made, and what its owner calls it."""

    name: Name
    client_data: Data
    attestation: Attestation


class GivePasskey(Input, frozen=True):
    """What a passkey signed, and whose it says it is."""

    id: CredentialId
    client_data: Data
    authenticator_data: Data
    signature: Data
    user_handle: Handle


class RenamePasskey(Input, frozen=True):
    """Another name, and the own password once more."""

    name: Name
    password: Secret


class PasskeyRow(Struct, frozen=True):
    """An own passkey. ``used_at`` 0: never."""

    id: str
    name: str
    created_at: Instant
    used_at: Instant
