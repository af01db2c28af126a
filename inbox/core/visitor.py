"""Visitors of a host site's chat: who they are, what their channel allows, and what they hand over to the ledger.

A visitor is one browser that holds a secret token, or one logged-in user of the host site whom its signed token names.
"""

from __future__ import annotations

from typing import Annotated, Literal, NewType

from msgspec import Meta, Struct

from inbox.core.ids import ChannelId, FileId, Instant, MessageId

VisitorId = NewType("VisitorId", str)

TEXT_LIMIT = 10_000
FILE_LIMIT = 10 * 1024 * 1024
FILES_PER_MESSAGE = 10

PICTURE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")
"""Shown inside the thread; every other type is only ever offered as a download."""


class Visitor(Struct, frozen=True, omit_defaults=True):
    """Somebody who wrote at least once. ``secret`` is the SHA-256 of his token in hex; the token itself is stored nowhere.

    ``subject`` names the host site's user he proved to be; from then on only that user's signed token opens his thread.
    ``ip`` is a keyed hash of the address he first wrote from.
    """

    id: VisitorId
    channel: ChannelId
    secret: str
    created_at: Instant
    subject: str = ""
    ip: str = ""


class VisitorFile(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A file a visitor has uploaded, as his message names it."""

    file: FileId
    name: str
    type: str
    size: int


AttributeName = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_ -]{0,39}$")]
Attributes = Annotated[dict[AttributeName, Annotated[str, Meta(max_length=200)]], Meta(max_length=20)]


class VisitorSaid(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag="said", tag_field="t"):
    """One message. ``name`` and ``email`` he typed before the chat, ``attributes`` the page says of him: claims, not proofs."""

    client_id: str
    text: str
    files: tuple[VisitorFile, ...] = ()
    name: str = ""
    email: str = ""
    language: str = ""
    attributes: Attributes = {}


class VisitorSaw(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag="saw", tag_field="t"):
    """Answers that reached his browser (``delivered``) or his eyes (``read``)."""

    messages: tuple[MessageId, ...]
    state: Literal["delivered", "read"]


class VisitorProved(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag="proved", tag_field="t"):
    """He logged in to the host site; the delivery's context says who he is."""


VisitorDelivery = VisitorSaid | VisitorSaw | VisitorProved
"""The body of a visitor's delivery, as JSON.

Its context holds only what the gateway knows for sure: ``visitor``; ``subject``, ``email`` and ``name`` from a verified token;
``page`` (address without query and fragment) and ``ip`` (keyed hash).
"""


def line_key(visitor: str, client_id: str) -> str:
    """What identifies a visitor's line within its channel for ever; the same line sent again is the same message."""
    return f"{visitor}:{client_id}"


class Known(Struct, frozen=True):
    """This visitor it is. ``bind``: from now on he is that user, and the stored visitor has to say so."""

    visitor: Visitor
    bind: bool = False


class Newcomer(Struct, frozen=True):
    """Nobody we know, so nothing may be shown. Reasons: ``unknown``, ``locked``, ``other_user``."""

    reason: str


def admit(by_token: Visitor | None, by_subject: Visitor | None, subject: str) -> Known | Newcomer:
    """Whose thread a browser may open that holds the token of ``by_token`` and has proved to be the user ``subject`` ('' for none).

    ``by_subject`` is the visitor already bound to that user. A bound visitor is never opened by his token alone, so that the next
    person at a shared computer does not see the thread of the one who logged out.
    """
    if not subject:
        if by_token is None:
            return Newcomer("unknown")
        return Known(by_token) if not by_token.subject else Newcomer("locked")
    if by_subject is not None:
        return Known(by_subject)
    if by_token is None:
        return Newcomer("unknown")
    return Known(by_token, bind=True) if not by_token.subject else Newcomer("other_user")


def origin_allowed(origin: str | None, origins: tuple[str, ...]) -> bool:
    """Whether a page of this origin (the header's value, RFC 6454) may talk to the channel. ``null`` and a missing one may not."""
    if not origin or origin == "null":
        return False
    return any(_same_origin(origin.lower(), allowed) for allowed in origins)


def _same_origin(origin: str, allowed: str) -> bool:
    if "*." not in allowed:
        return origin == allowed
    scheme, _, rest = allowed.partition("*.")
    return origin.startswith(scheme) and origin.endswith(f".{rest}") and len(origin) > len(scheme) + len(rest) + 1


def picture_matches(type: str, head: bytes) -> bool:
    """Whether content that begins with ``head`` (16 bytes suffice) may be shown as a picture of this type.

    True for every type that is not shown as a picture at all.
    """
    marks = {
        "image/png": head.startswith(b"\x89PNG\r\n\x1a\n"),
        "image/jpeg": head.startswith(b"\xff\xd8\xff"),
        "image/gif": head.startswith((b"GIF87a", b"GIF89a")),
        "image/webp": head.startswith(b"RIFF") and head[8:12] == b"WEBP",
        "image/avif": head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis", b"mif1"),
    }
    return marks.get(type, True)
