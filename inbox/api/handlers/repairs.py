"""Merging, splitting and moving, looked at and undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from inbox.api import repair_structs as r
from inbox.api import show
from inbox.api.access import get_conversation
from inbox.api.parts import ApiParts, Handler, Signed
from inbox.core.errors import NotFound
from inbox.core.ids import ConversationId, MessageId
from inbox.core.merging import MERGE, MOVE, Repair
from inbox.core.permissions import Action, Actor
from inbox.flow.merging import Undo


async def merge(asked: Signed[r.MergeInto]) -> r.Repaired:
    """In one commit, whatever their size."""
    parts, body = asked.parts, asked.body
    other = await get_conversation(parts, asked.actor, asked.path["id"], Action.MERGE)
    into = await get_conversation(parts, asked.actor, body.into, Action.MERGE)
    done = await parts.merging.merge(asked.actor, other.id, into.id, same_person=body.same_person, key=asked.key)
    return await _repaired(parts, asked.actor, done, done.into)


async def move_messages(asked: Signed[r.MoveMessages]) -> r.Repaired:
    """To another conversation, or into one of their own."""
    parts, body = asked.parts, asked.body
    source = await get_conversation(parts, asked.actor, asked.path["id"], Action.MERGE)
    target = await get_conversation(parts, asked.actor, body.to, Action.MERGE) if body.to else None
    ids = tuple(MessageId(id) for id in body.messages)
    done = await parts.merging.move(asked.actor, source.id, ids, target.id if target else None, asked.key)
    return await _repaired(parts, asked.actor, done, done.into)


async def get_repair(asked: Signed[None]) -> r.RepairRow:
    """One that concerns conversations the reader sees."""
    return await _row(asked.parts, await asked.parts.merging.look(asked.actor, asked.path["id"]))


async def undo_repair(asked: Signed[None]) -> r.Repaired:
    """Whatever was written since stays where its thread leads."""
    done = await asked.parts.merging.undo(asked.actor, asked.path["id"])
    return await _repaired(asked.parts, asked.actor, done, done.into if done.kind == MERGE else done.conversation)


async def _repaired(parts: ApiParts, actor: Actor, done: Repair, shown: ConversationId) -> r.Repaired:
    look = await parts.merging.look(actor, done.id)
    found = await parts.queries.conversation(shown)
    if found is None:
        raise NotFound
    return r.Repaired(await _row(parts, look), await show.conversation(parts, found))


async def _row(parts: ApiParts, look: Undo) -> r.RepairRow:
    repair = look.repair
    stored = await parts.queries.conversations([repair.conversation, repair.into])
    kind: Literal["merge", "split", "move"] = "merge" if repair.kind == MERGE else "move" if repair.kind == MOVE else "split"
    return r.RepairRow(
        id=repair.id,
        kind=kind,
        conversation=repair.conversation,
        number=stored[repair.conversation].number,
        into=repair.into,
        into_number=stored[repair.into].number,
        by=repair.by,
        at=repair.at,
        messages=look.back,
        since=look.since,
        undone_at=repair.undone_at,
        undone_by=repair.undone_by,
    )


HANDLERS: Mapping[str, Handler] = {
    "merge_conversations": merge,
    "move_messages": move_messages,
    "get_repair": get_repair,
    "undo_repair": undo_repair,
}
