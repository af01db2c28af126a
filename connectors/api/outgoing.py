"""What the operator's system is told: an answer to bring to a customer, or a call that only tries the line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from inbox.connector import OutboundMessage
from inbox.core.ids import Instant
from inbox.core.plain import plain


class Recipient(Struct, frozen=True):
    """A customer by the id you gave him, and the thread he wrote in."""

    id: str
    name: str
    thread: str


class File(Struct, frozen=True):
    """A file; ``url`` is good for an hour, also without a session."""

    name: str
    type: str
    size: int
    url: str


class Reply(Struct, frozen=True, tag="reply"):
    """Bring this to the customer. ``id`` is the same at every attempt, as is the webhook-id.

    ``markdown`` is what the agent wrote, ``text`` the same without markup. ``answers``: the ids of the messages before it, oldest first,
    yours as you gave them. ``conversation``: give it back with the customer's answer. ``automatic``: no person wrote it. ``at`` is in
    milliseconds UTC.
    """

    id: str
    to: list[Recipient]
    text: str
    markdown: str
    author: str
    at: Instant
    attempt: int
    conversation: str
    answers: list[str]
    files: list[File]
    automatic: bool


class Ping(Struct, frozen=True, tag="ping"):
    """Answer with any 2xx."""

    at: Instant


def reply(message: OutboundMessage, to: list[Recipient], link: Callable[[str, str], str]) -> Reply:
    """The message as it is told."""
    return Reply(
        id=message.id,
        to=to,
        text=plain(message.text),
        markdown=message.text,
        author=message.author,
        at=message.at,
        attempt=message.attempt,
        conversation=message.token,
        answers=list(message.references),
        files=[File(file.name, file.type, file.size, link(file.file, file.name)) for file in message.files],
        automatic=message.automatic,
    )


def schema() -> dict[str, Any]:
    """The body as JSON Schema (2020-12)."""
    return msgspec.json.schema(Reply | Ping)
