"""Saved replies beyond their list: used, with copies of their files, and how often they were."""

from __future__ import annotations

import secrets

from inbox.api.parts import Signed
from inbox.api.reply_structs import UsedReply, UsesRow
from inbox.api.structs import FileRow
from inbox.core.ids import digest
from inbox.core.saved_replies import sees
from inbox.records import REPLY_USES, SAVED_REPLIES, StoredFile


async def list_reply_uses(asked: Signed[None]) -> tuple[UsesRow, ...]:
    """Of the replies the caller sees, those that were used at all."""
    replies = await asked.parts.directory.entries(SAVED_REPLIES)
    used = [one for one in await asked.parts.queries.entries(REPLY_USES) if one.id in replies and sees(asked.actor, replies[one.id])]
    return tuple(UsesRow(one.id, one.uses, one.last_at) for one in used)


async def use_saved_reply(asked: Signed[None]) -> UsedReply:
    """The same key counts once and gives the same copies. Raises ``NotFound``."""
    parts, key = asked.parts, asked.key
    reply = await parts.catalog.used(asked.actor, asked.path["id"], key)
    copies = []
    for file in reply.files:
        id = digest("copy", asked.actor.id, key, file.file) if key else secrets.token_hex(16)
        copy = StoredFile(id, "", "", 0, f"agent:{asked.actor.id}", parts.clock.now())
        stored = await parts.files.copy(file.file, copy)
        copies.append(FileRow(stored.id, stored.name, stored.type, stored.size))
    return UsedReply(tuple(copies))
