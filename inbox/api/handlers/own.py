"""What is one agent's own: read marks and drafts."""

from __future__ import annotations

from inbox.api import show
from inbox.api import structs as s
from inbox.api.access import get_conversation, get_file
from inbox.api.parts import ApiParts, Signed
from inbox.core.commands import MarkSeen
from inbox.core.conversation import Conversation
from inbox.core.errors import Invalid, NotFound
from inbox.core.ids import MessageId
from inbox.core.message import Kind, Message
from inbox.core.permissions import Action, Actor
from inbox.flow.marks import mark_up_to
from inbox.records import Draft

MODES = ("reply", "note", "forward")
LOOK_BACK = 20


async def mark_read(asked: Signed[s.MarkRead]) -> s.ReadMark:
    """The mark goes to that message, forwards or backwards. Whoever reads a conversation has seen what he was told of it."""
    parts, me = asked.parts, asked.actor.id
    found = await get_conversation(parts, asked.actor, asked.path["id"])
    message = await parts.queries.message(MessageId(asked.body.message)) if asked.body.message else None
    if asked.body.message and (message is None or message.conversation not in found.whole):
        raise Invalid("message", "is not in this conversation")
    inbound = await mark_up_to(parts.own, parts.queries, me, found, message)
    parts.live.read_moved(me, found.id, inbound)
    now = parts.clock.now()
    if message is not None and await parts.notices.mark_of(me, found.whole, now, now):
        parts.live.notices_read(me)
    await _tell_customer(parts, asked.actor, found, message)
    return s.ReadMark(found.id, inbound)


async def _tell_customer(parts: ApiParts, actor: Actor, found: Conversation, seen: Message | None) -> None:
    """Whoever wrote on a live channel hears that his newest line up to the mark was seen."""
    facts = parts.channels.facts()
    if seen is None or not any(channel in facts and facts[channel].live for channel in found.channels or (found.channel,)):
        return
    page = await parts.queries.timeline(found.id, (seen.arrived_at + 1, ""), LOOK_BACK)
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
    if id and (message is None or message.conversation not in conversation.whole):
        raise Invalid("message", "is not in this conversation")


def _mode(text: str) -> str:
    if text not in MODES:
        raise NotFound
    return text


def _plain(given: tuple[s.AddressInput, ...]) -> tuple[dict[str, str], ...]:
    return tuple({"kind": a.kind, "value": a.value, "name": a.name} for a in given)
