"""An authenticator and the browser before it, in software: makes passkeys and signs with them, also wrongly where a test wants that."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

ORIGIN = "https://inbox.example"
HOST = "inbox.example"
FLAG = AuthenticatorData.FLAG
PRESENT_AND_VERIFIED = FLAG.UP | FLAG.UV


@dataclass
class Authenticator:
    """One passkey. It counts its signatures when ``counts``; synced ones do not."""

    handle: str = ""
    counts: bool = True
    counter: int = 0
    origin: str = ORIGIN
    host: str = HOST
    flags: FLAG = PRESENT_AND_VERIFIED
    embedded: bool = False
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, setup: dict[str, Any]) -> dict[str, str]:
        """What the browser gives back for a ``PasskeySetup``."""
        self.handle = setup["user_id"]
        x, y = (number.to_bytes(32, "big") for number in (self._point.x, self._point.y))
        public = ES256({1: 2, 3: ES256.ALGORITHM, -1: 1, -2: x, -3: y})  # COSE: RFC 9053, 7.1.1
        made = AttestedCredentialData.create(bytes(16), self.credential, public)
        attested = AttestationObject.create("none", self._data(FLAG.AT, bytes(made)), {})
        return {
            "client_data": websafe_encode(self._client_data("webauthn.create", setup["challenge"])),
            "attestation": websafe_encode(attested),
        }

    def sign(self, challenge: str) -> dict[str, str]:
        """What the browser gives back for a challenge."""
        self.counter += self.counts
        client_data, data = self._client_data("webauthn.get", challenge), self._data(FLAG(0))
        signature = self.key.sign(data + sha256(client_data), ec.ECDSA(hashes.SHA256()))
        return {
            "id": websafe_encode(self.credential),
            "client_data": websafe_encode(client_data),
            "authenticator_data": websafe_encode(data),
            "signature": websafe_encode(signature),
            "user_handle": self.handle,
        }

    @property
    def _point(self) -> ec.EllipticCurvePublicNumbers:
        return self.key.public_key().public_numbers()

    def _client_data(self, type: str, challenge: str) -> CollectedClientData:
        return CollectedClientData.create(type, websafe_decode(challenge), self.origin, cross_origin=self.embedded)

    def _data(self, more: FLAG, credential: bytes = b"") -> AuthenticatorData:
        flags = FLAG(self.flags | more)
        return AuthenticatorData(sha256(self.host.encode()) + struct.pack(">BI", flags, self.counter) + credential)
