"""Bodies about saved replies, and what their list asks."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from inbox.api.structs import NO_NUL, ONE_LINE, Count, FileRow, Id, Input, Name
from inbox.core.errors import Invalid
from inbox.core.ids import FileId, Instant
from inbox.core.message import Attachment
from inbox.core.permissions import Actor
from inbox.core.saved_replies import MAX_TEXT, MOST_FILES, MOST_OWN, MOST_SHARED, SavedReply, require_change, sound, sound_files
from inbox.records import REPLY_USES, SAVED_REPLIES


class SaveReply(Input, frozen=True):
    """A saved reply as it shall be. ``version`` is the one that was seen, 0 for a new one. ``personal``: for oneself alone. ``files``: own
    uploads, and those it has."""

    name: Name
    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, pattern=NO_NUL)]
    version: Count = 0
    folder: Annotated[str, Meta(max_length=100, pattern=ONE_LINE)] = ""
    personal: bool = False
    files: Annotated[tuple[Id, ...], Meta(max_length=MOST_FILES)] = ()


class ReplyRow(Struct, frozen=True):
    """A saved reply as its reader sees it. ``personal``: it is his own, and nobody else sees it."""

    id: str
    name: str
    text: str
    folder: str
    personal: bool
    version: int
    files: tuple[FileRow, ...]


class UsesRow(Struct, frozen=True):
    """How often a saved reply was put into an answer, and when last."""

    id: str
    uses: int
    last_at: Instant


class UsedReply(Struct, frozen=True):
    """Copies of the reply's files, the caller's own uploads from now on."""

    files: tuple[FileRow, ...]


def row(reply: SavedReply) -> ReplyRow:
    """The reply in a list."""
    files = tuple(FileRow(file.file, file.name, file.type, file.size) for file in reply.files)
    return ReplyRow(reply.id, reply.name, reply.text, reply.folder, reply.owner is not None, reply.version, files)


def saved_reply(body: SaveReply, id: str, actor: Actor, before: SavedReply | None) -> SavedReply:
    """The reply to be stored."""
    owner = actor.id if body.personal else None
    files = tuple(Attachment(FileId(file), "", "", 0) for file in dict.fromkeys(body.files))
    return sound(SavedReply(id, body.name.strip(), body.text, body.version, body.folder.strip(), owner, files))


async def with_files(parts: Any, reply: SavedReply) -> SavedReply:
    """The reply with what is known of its files. Raises ``Invalid`` for one that is gone, and when they are too large."""
    found = [await parts.files.find(file.file) for file in reply.files]
    if None in found:
        raise Invalid("files", "there is no such file")
    files = tuple(Attachment(FileId(file.id), file.name, file.type, file.size) for file in found)
    sound_files(files)
    return replace(reply, files=files)


def stands(layer: Any, actor: Actor, before: SavedReply | None, after: SavedReply | None) -> None:
    """Who may change what it was may do so, and who may change what it shall be."""
    for reply in (before, after):
        if reply is not None:
            require_change(actor, reply)
    if before is not None and after is None:
        layer.need((REPLY_USES, (before.id,)))
        layer.remove(REPLY_USES, before.id)


async def room(parts: Any, actor: Actor, before: SavedReply | None, after: SavedReply | None) -> None:
    """Raises ``Invalid`` when there are as many as anybody can look through, and for files that are not the actor's own uploads or the
    reply's already; its own from now on."""
    if after is None:
        return
    for file in after.files:
        stored = await parts.files.find(file.file)
        if stored is None or stored.owner not in (f"agent:{actor.id}", f"reply:{after.id}"):
            raise Invalid("files", "there is no such file")
    if before is None or before.owner != after.owner:
        await _require_place(parts, after)
    await parts.files.keep([file.file for file in after.files], f"reply:{after.id}")


async def _require_place(parts: Any, after: SavedReply) -> None:
    known = [reply for reply in (await parts.directory.entries(SAVED_REPLIES)).values() if reply.owner == after.owner]
    most = MOST_SHARED if after.owner is None else MOST_OWN
    if len(known) >= most:
        raise Invalid("name", f"there are {most} already; remove one first")
