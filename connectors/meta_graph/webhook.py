"""Meta's webhooks: the challenge when one is set up, the signature on every delivery, and the envelope around what it reports."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from msgspec import Raw, Struct

from inbox.connector import Answer, Deletion, Edit, Item, RawDelivery, Reaction, Receipt
from inbox.core.errors import Malformed, NotAuthentic, Unsupported

ACCOUNT: Final = "account"
"""In a delivery's context: whose channel this is, so that ``parse`` can leave out what is for others."""

_SIGNATURE: Final = "x-hub-signature-256"
_LATEST_SECONDS: Final = 100_000_000_000


def verify(raw: RawDelivery, app_secret: str, verify_token: str) -> None:
    """A challenge repeats our word; everything else bears an HMAC-SHA-256 over its exact bytes. Raises ``NotAuthentic``."""
    if raw.context.get("method") == "GET":
        query = _query(raw)
        if query.get("hub.mode") != "subscribe" or not _same(query.get("hub.verify_token", ""), verify_token):
            raise NotAuthentic("verify token")
        return
    expected = "sha256=" + hmac.new(app_secret.encode(), raw.body, hashlib.sha256).hexdigest()
    if not _same(raw.headers.get(_SIGNATURE, ""), expected):
        raise NotAuthentic(_SIGNATURE)


def answer(raw: RawDelivery) -> Answer:
    """The challenge goes back as it came; a delivery is just acknowledged."""
    if raw.context.get("method") == "GET":
        return Answer("challenge", _query(raw).get("hub.challenge", ""))
    return Answer("accepted")


def _query(raw: RawDelivery) -> dict[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(raw.context.get("query", ""), max_num_fields=20).items()}
    except ValueError:
        return {}


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


class Change(Struct, frozen=True):
    """One thing that happened to something an app is subscribed to."""

    field: str = ""
    value: Raw = Raw(b"null")


class Entry(Struct, frozen=True):
    """What happened to one account. Pages have ``messaging``, or ``standby`` while another app leads the conversation."""

    id: str = ""
    time: Raw = Raw(b"0")
    changes: tuple[Raw, ...] = ()
    messaging: tuple[Raw, ...] = ()
    standby: tuple[Raw, ...] = ()


class Envelope(Struct, frozen=True):
    """A whole delivery; ``object`` says what kind of account it is about."""

    object: str
    entry: tuple[Raw, ...]


def entries(raw: RawDelivery, kind: str) -> Iterator[Entry | None]:
    """The entries of a delivery about this kind of account; None for one that nobody can read.

    Raises ``Malformed``, or ``Unsupported`` for another kind: an app has one webhook for all that it is subscribed to.
    """
    try:
        envelope = msgspec.json.decode(raw.body, type=Envelope)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as bad:
        raise Malformed(str(bad)[:200]) from None
    if envelope.object != kind:
        raise Unsupported(f"about {envelope.object[:40]!r}, not {kind!r}")
    return (reading(entry, Entry) for entry in envelope.entry)


def what_is_left(items: list[Item], left: set[str], unreadable: bool) -> list[Item]:
    """The items that say what they are about. Where there are none, why: ``left`` names what is no news for a thread (``Unsupported``),
    and what is ``unreadable`` has to be looked at (``Malformed``)."""
    found = [item for item in items if _leads_somewhere(item)]
    if not found and unreadable:
        raise Malformed("nothing in it can be read")
    if not found and left:
        raise Unsupported(f"about {', '.join(sorted(left))}"[:300])
    return found


def reading(raw: Raw | bytes, type: type[Any]) -> Any:
    """The value as this type, numbers in quotes taken as numbers and nulls as missing; None when it is not of it."""
    try:
        try:
            return msgspec.json.decode(raw, type=type, strict=False)
        except msgspec.ValidationError:
            return msgspec.json.decode(msgspec.json.encode(_without_nulls(msgspec.json.decode(raw))), type=type, strict=False)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _without_nulls(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
        case list():
            return [_without_nulls(inner) for inner in value if inner is not None]
        case _:
            return value


def _leads_somewhere(item: Item) -> bool:
    """Whether news says which message it is about."""
    match item:
        case Receipt(provider_id=id, token=token):
            return bool(id or token)
        case Edit(target=target) | Deletion(target=target) | Reaction(target=target):
            return bool(target)
        case _:
            return True


def instant(timestamp: int, unit: int = 1000) -> int | None:
    """Milliseconds from a timestamp that has ``unit`` milliseconds a step; None for one that can be no time."""
    return timestamp * unit if 0 < timestamp * unit < _LATEST_SECONDS * 1000 else None
