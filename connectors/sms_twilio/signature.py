"""Whether a delivery is Twilio's: X-Twilio-Signature over the address as it was entered there and the fields of the form.

https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

from inbox.connector import RawDelivery
from inbox.core.errors import Malformed, NotAuthentic

HEADER: Final = "x-twilio-signature"
OVERRIDES: Final = "#rc=5&rp=all"
"""Behind an address this makes Twilio try again five times, whatever went wrong. It is not sent with the request."""

_MOST_FIELDS: Final = 500
_PORTS: Final = {"http": 80, "https": 443}


def verify(raw: RawDelivery, token: str) -> None:
    """Raises ``NotAuthentic`` unless this account's token signed it."""
    given, url = raw.headers.get(HEADER, ""), raw.context.get("url", "")
    if not given or not given.isascii() or not url:
        raise NotAuthentic("no signature")
    fields = [] if _proves_body(raw.body, url) else _signed_fields(raw.body)
    right = [hmac.compare_digest(signature(token, address, fields), given) for address in _addresses(url)]
    if not any(right):
        raise NotAuthentic("the signature does not fit")


def signature(token: str, url: str, fields: list[tuple[str, str]]) -> str:
    """Base64 of HMAC-SHA1 over the address and every different field, by name and then by value, without anything between them."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form. Raises ``Malformed``."""
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=False, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as bad:  # a broken encoding is one, too
        raise Malformed(f"not a form: {bad}"[:200]) from None


def _signed_fields(body: bytes) -> list[tuple[str, str]]:
    try:
        return fields_of(body)
    except Malformed as bad:
        raise NotAuthentic(str(bad)) from None


def _proves_body(body: bytes, url: str) -> bool:
    """Whether the address names the body's hash: so is signed what is no form. Raises ``NotAuthentic`` on a wrong one."""
    named = parse_qs(urlsplit(url).query).get("bodySHA256", [])
    if not named:
        return False
    if len(named) != 1 or not hmac.compare_digest(named[0].lower().encode(), sha256(body).hexdigest().encode()):
        raise NotAuthentic("the body is not the one that was signed")
    return True


def _addresses(url: str) -> list[str]:
    """The ways in which Twilio may have written the address: with and without the port, with and without its own overrides."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition(":")[0] if parts.port is not None else parts.netloc
    port = parts.port or _PORTS.get(parts.scheme, 443)
    written = dict.fromkeys([url, *(parts._replace(netloc=netloc).geturl() for netloc in (host, f"{host}:{port}"))])
    return [address + tail for address in written for tail in ("", OVERRIDES)]
