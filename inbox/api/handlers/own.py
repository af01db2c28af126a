"""What is one agent's own: read marks and drafts."""

from __future__ import annotations

from inbox.api import show
from inbox.api import structs as s
from inbox.api.access import get_conversation, get_file
from inbox.api.parts import ApiParts, Signed
from inbox.core.commands import MarkSeen
from inbox.core.conversation import Conversation
from inbox.core.errors import Invalid, NotFound
from inbox.core.ids import AgentId, MessageId
from inbox.core.message import Kind
from inbox.core.permissions import Action, Actor
from inbox.records import Draft, ReadState

MODES = ("reply", "note", "forward")
LOOK_BACK = 20


async def mark_read(asked: Signed[s.MarkRead]) -> s.ReadMark:
    """The mark goes to that message, forwards or backwards."""
    parts, me = asked.parts, asked.actor.id
    found = await get_conversation(parts, asked.actor, asked.path["id"])
    state = await _state(parts, me, found, asked.body.message)
    await parts.own.mark(state)
    parts.live.read_moved(me, found.id, state.inbound)
    await _tell_customer(parts, asked.actor, found, state)
    return s.ReadMark(found.id, state.inbound)


async def _state(parts: ApiParts, me: AgentId, found: Conversation, id: str) -> ReadState:
    if not id:
        return ReadState(me, found.id, 0)
    message = await parts.queries.message(MessageId(id))
    if message is None or message.conversation != found.id:
        raise Invalid("message", "is not in this conversation")
    inbound = await parts.queries.inbound_up_to(found.id, message.arrived_at, message.id)
    return ReadState(me, found.id, inbound, message.id, message.arrived_at)


async def _tell_customer(parts: ApiParts, actor: Actor, found: Conversation, state: ReadState) -> None:
    """Whoever wrote on a live channel hears that his newest line up to the mark was seen."""
    facts = parts.channels.facts()
    if state.message is None or not any(channel in facts and facts[channel].live for channel in found.channels or (found.channel,)):
        return
    page = await parts.queries.timeline(found.id, (state.arrived_at + 1, ""), LOOK_BACK)
    line = next((m for m in page if m.kind is Kind.CUSTOMER), None)
    if line is not None and line.seen_at is None:
        await parts.conversations.execute(actor, MarkSeen(found.id, line.id))


async def save_draft(asked: Signed[s.SaveDraft]) -> s.DraftRow:
    """Store it over the revision it was typed on. Raises ``Conflict`` when another tab saved a newer one."""
    parts, body, mode = asked.parts, asked.body, _mode(asked.path["mode"])
    found = await get_conversation(parts, asked.actor, asked.path["id"], Action.NOTE if mode == "note" else Action.REPLY)
    await _require_own(parts, asked.actor, body.files)
    await _require_here(parts, found, body.message)
    draft = Draft(
        agent=asked.actor.id,
        conversation=found.id,
        mode=mode,
        text=body.text,
        revision=body.base + 1,
        updated_at=parts.clock.now(),
        to=None if body.to is None else _plain(body.to),
        cc=_plain(body.cc),
        bcc=_plain(body.bcc),
        files=body.files,
        subject=body.subject,
        message=MessageId(body.message) if body.message else None,
    )
    stored = await parts.own.save_draft(draft, body.base)
    parts.live.draft_changed(asked.actor.id, found.id, mode, stored.revision)
    return await show.draft(parts, stored)


async def delete_draft(asked: Signed[None]) -> None:
    """Drop it; harmless when there is none."""
    mode = _mode(asked.path["mode"])
    found = await get_conversation(asked.parts, asked.actor, asked.path["id"])
    await asked.parts.own.delete_draft(asked.actor.id, found.id, mode)
    asked.parts.live.draft_changed(asked.actor.id, found.id, mode, 0)


async def _require_own(parts: ApiParts, actor: Actor, ids: tuple[str, ...]) -> None:
    for id in ids:
        try:
            found = await get_file(parts, actor, id)
        except NotFound:
            raise Invalid("files", "an attachment is gone; attach it again") from None
        if found.owner != f"agent:{actor.id}":
            raise Invalid("files", "an attachment is gone; attach it again")


async def _require_here(parts: ApiParts, conversation: Conversation, id: str) -> None:
    message = await parts.queries.message(MessageId(id)) if id else None
    if id and (message is None or message.conversation != conversation.id):
        raise Invalid("message", "is not in this conversation")


def _mode(text: str) -> str:
    if text not in MODES:
        raise NotFound
    return text


def _plain(given: tuple[s.AddressInput, ...]) -> tuple[dict[str, str], ...]:
    return tuple({"kind": a.kind, "value": a.value, "name": a.name} for a in given)
