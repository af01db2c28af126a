"""Texts that are written once and used often: shared by all, or one person's own."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from inbox.core.errors import Invalid, NotFound
from inbox.core.ids import AgentId, Instant
from inbox.core.message import Attachment
from inbox.core.permissions import Action, Actor, require

MAX_TEXT = 100_000
MOST_SHARED = 1_000
MOST_OWN = 300
MOST_FILES = 10
MAX_FILES = 20 * 1024 * 1024
"""Bytes of all files of one reply together."""


class SavedReply(Struct, frozen=True, omit_defaults=True):
    """One text. ``text`` may hold variables such as ``{{customer.first_name}}``, filled in where it is used.

    ``folder`` groups it; ``owner`` is whose own it is, None: everybody's. ``files`` go out with it: each use sends a copy of its own.
    """

    id: str
    name: str
    text: str
    version: int = 1
    folder: str = ""
    owner: AgentId | None = None
    files: tuple[Attachment, ...] = ()


class ReplyUse(Struct, frozen=True, omit_defaults=True):
    """How often a saved reply, by its id, was put into an answer, and when last."""

    id: str
    uses: int = 0
    last_at: Instant = 0
    version: int = 1


def sees(actor: Actor, reply: SavedReply) -> bool:
    """Everybody sees what is shared, and of the others his own."""
    return reply.owner in (None, actor.id)


def require_change(actor: Actor, reply: SavedReply) -> None:
    """Raises ``Denied`` for somebody who may not change what is shared, and ``NotFound`` for another's own."""
    require(actor, Action.SAVE_REPLIES if reply.owner is not None else Action.MANAGE_REPLIES)
    if not sees(actor, reply):
        raise NotFound


def sound(reply: SavedReply) -> SavedReply:
    """The reply, if there is something in it. Raises ``Invalid``."""
    if not reply.name.strip():
        raise Invalid("name", "must not be empty")
    if not reply.text.strip():
        raise Invalid("text", "must not be empty")
    return reply


def sound_files(files: Sequence[Attachment]) -> None:
    """Raises ``Invalid`` for more files, or larger ones, than a reply may bring."""
    if len(files) > MOST_FILES:
        raise Invalid("files", f"at most {MOST_FILES}")
    if sum(file.size for file in files) > MAX_FILES:
        raise Invalid("files", f"at most {MAX_FILES} bytes together")
