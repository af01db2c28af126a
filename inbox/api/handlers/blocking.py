"""Blocked senders: listed, added, taken off."""

from __future__ import annotations

from inbox.api import blocking_structs as b
from inbox.api import show
from inbox.api.access import get_conversation
from inbox.api.audit import note
from inbox.api.bodies import limit_of
from inbox.api.handlers.customers import normal
from inbox.api.parts import ApiParts, Signed
from inbox.core.agent import Role
from inbox.core.permissions import Action, require
from inbox.flow.blocking import BlockSender


async def list_blocked(asked: Signed[None]) -> b.BlockPage:
    """Who is blocked now, newest first."""
    require(asked.actor, Action.BLOCK_SENDERS)
    found, after = await asked.parts.queries.blocks(asked.query.get("after"), limit_of(asked.query))
    return b.BlockPage(await show.blocks(asked.parts, found), after)


async def block_participant(asked: Signed[b.BlockParticipant]) -> b.Blocked:
    """Keep a participant of a conversation away from now on."""
    parts, body = asked.parts, asked.body
    found = await get_conversation(parts, asked.actor, asked.path["id"], Action.BLOCK_SENDERS)
    wish = BlockSender(asked.actor, body.kind, body.value, body.domain, "", body.why, found.id, body.spam, await _staff(parts), asked.key)
    block, after = await parts.people.block(wish)
    await note(asked, "sender_blocked", block.id)
    (row,) = await show.blocks(parts, [block])
    return b.Blocked(row, await show.conversation(parts, after or found))


async def block_sender(asked: Signed[b.BlockSender]) -> b.BlockRow:
    """Keep an address or a mail domain away that was typed in."""
    require(asked.actor, Action.BLOCK_SENDERS)
    parts, body = asked.parts, asked.body
    value = body.value if body.domain else normal(body.kind, body.value)
    wish = BlockSender(asked.actor, body.kind, value, body.domain, why=body.why, staff=await _staff(parts), key=asked.key)
    block, _ = await parts.people.block(wish)
    await note(asked, "sender_blocked", block.id)
    (row,) = await show.blocks(parts, [block])
    return row


async def unblock_sender(asked: Signed[None]) -> None:
    """Let somebody in again. Raises ``NotFound`` when he is on the list no more."""
    require(asked.actor, Action.BLOCK_SENDERS)
    block = await asked.parts.people.unblock(asked.actor, asked.path["id"])
    await note(asked, "sender_unblocked", block.id)


async def _staff(parts: ApiParts) -> frozenset[str]:
    return frozenset(a.email for a in (await parts.directory.agents()).values() if a.email and a.role is not Role.BOT)
