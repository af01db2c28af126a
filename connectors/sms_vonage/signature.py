"""Whether a delivery is Vonage's.

The Messages API signs a JWT with the body's hash (https://developer.vonage.com/en/getting-started/concepts/webhooks), the SMS API its
fields (https://developer.vonage.com/en/getting-started/concepts/signing-messages), both with the account's signature secret.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from connectors.sms_vonage.fields import fields_of
from inbox.connector import RawDelivery
from inbox.core.errors import Malformed, NotAuthentic
from inbox.core.ids import Instant

OLDEST_MS: Final = 25 * 60 * 60 * 1000
"""Vonage repeats what we did not take for 24 hours and does not promise to sign it anew. A repetition that gets through is known by
its id and changes nothing."""

NEWEST_MS: Final = 5 * 60 * 1000
"""How far Vonage's clock may be ahead."""

_BEARER: Final = "bearer "


def verify(raw: RawDelivery, secret: str, api_key: str) -> None:
    """Raises ``NotAuthentic`` unless this account signed it a day ago at most."""
    given = raw.headers.get("authorization", "")
    if given[: len(_BEARER)].lower() == _BEARER:
        _check_token(given[len(_BEARER) :].strip(), raw, secret, api_key)
    else:
        _check_fields(raw, secret, api_key)


def signed_fields(fields: Mapping[str, Any], secret: str) -> str:
    """HMAC-SHA256 over the fields by name, in which ``&`` and ``=`` are replaced, as lower-case hex."""
    signed = "".join(f"&{name}={_tame(fields[name])}" for name in sorted(fields) if name != "sig")
    return hmac.digest(secret.encode(), signed.encode("utf-8", "surrogatepass"), "sha256").hex()


def _check_token(token: str, raw: RawDelivery, secret: str, api_key: str) -> None:
    try:
        claims = jwt.decode(token, OctKey.import_key(secret.encode()), algorithms=["HS256"]).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise NotAuthentic("the token is not signed with our secret") from None
    named = claims.get("payload_hash")
    if not isinstance(named, str) or not named.isascii() or not hmac.compare_digest(named.lower(), sha256(raw.body).hexdigest()):
        raise NotAuthentic("the token is for another body")
    if claims.get("api_key", api_key) != api_key:
        raise NotAuthentic("the token is of another account")
    _check_time(claims.get("iat"), raw.arrived_at)


def _check_fields(raw: RawDelivery, secret: str, api_key: str) -> None:
    try:
        fields = fields_of(raw)
    except Malformed as bad:
        raise NotAuthentic(str(bad)) from None
    given = fields.get("sig")
    clear = all(isinstance(value, str) and not {"&", "="} & set(name) for name, value in fields.items())
    if not isinstance(given, str) or not given.isascii() or not clear:
        raise NotAuthentic("not signed")
    if not hmac.compare_digest(given.lower(), signed_fields(fields, secret)):
        raise NotAuthentic("the signature does not fit")
    if fields.get("api-key", api_key) != api_key:
        raise NotAuthentic("of another account")
    at = str(fields.get("timestamp", ""))
    _check_time(int(at) if at.isascii() and at.isdecimal() and len(at) < 15 else None, raw.arrived_at)


def _check_time(seconds: Any, now: Instant) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not -OLDEST_MS <= seconds * 1000 - now <= NEWEST_MS:
        raise NotAuthentic("signed too long ago, or at no time")


def _tame(value: str) -> str:
    return value.replace("&", "_").replace("=", "_")
