"""Conversations: listed, opened, started, answered, changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UnsetType

from inbox.api import show, timeline
from inbox.api import structs as s
from inbox.api import writing_structs as w
from inbox.api.access import get_conversation
from inbox.api.audit import note
from inbox.api.bodies import DEFAULT_LIMIT, limit_of
from inbox.api.parts import ApiParts, Signed
from inbox.core import commands as c
from inbox.core.conversation import Category
from inbox.core.errors import Conflict, Invalid, NotFound
from inbox.core.events import facets
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, FileId, MessageId, QueueId, TeamId
from inbox.core.permissions import Action, Actor, require, scope
from inbox.core.undoing import CHANGED
from inbox.core.views import View
from inbox.flow.conversations import Outcome
from inbox.flow.marks import marks
from inbox.flow.rows import ConversationRow
from inbox.flow.views import Views
from inbox.records import Draft

COUNTED = 10_000
"""Conversations counted for somebody who is about to change them all."""


async def list_conversations(asked: Signed[None]) -> s.ConversationPage:
    """A page of a view, or of all of one customer's conversations that the reader may see."""
    view = await view_asked(asked)
    parts, me = asked.parts, asked.actor.id
    found, after = await parts.queries.page(view, scope(asked.actor), me, asked.query.get("after"), limit_of(asked.query))
    ids = [x.id for x in found]
    seen = await marks(parts.own, me, found)
    drafts: dict[str, tuple[str, ...]] = {}
    for draft in await parts.own.drafts(me, ids):
        drafts[draft.conversation] = (*drafts.get(draft.conversation, ()), draft.mode)
    rows = await show.conversations(parts, found)
    return s.ConversationPage(tuple(rows), seen, drafts, after)


async def count_conversations(asked: Signed[None]) -> s.CountRow:
    """How many the list of the same query holds, for whoever is about to change all of them."""
    count = await asked.parts.queries.count(await view_asked(asked), scope(asked.actor), asked.actor.id, COUNTED + 1)
    return s.CountRow(min(count, COUNTED), count > COUNTED)


async def view_asked(asked: Signed[None]) -> View:
    """The view, or the customer, that the query names. Raises ``Invalid``."""
    query, actor = asked.query, asked.actor
    customer = query.get("customer")
    if customer is not None:
        if "view" in query or "filter" in query:
            raise Invalid("view", "does not go with customer")
        if not 1 <= len(customer) <= 64:
            raise Invalid("customer", "must be an id")
        require(actor, Action.CUSTOMER_READ)
        whole = await asked.parts.directory.whole(CustomerId(customer))
        return View("customer", tuple(Category), customer=CustomerId(customer), absorbed=whole)
    view = await Views(asked.parts.directory).find(actor, query.get("view", "mine"), query.get("filter", ""))
    if view is None:
        raise Invalid("view", "there is no such view")
    return view


async def get_conversation_detail(asked: Signed[None]) -> s.ConversationDetail:
    """The head, the newest page of the thread, and what is the reader's own."""
    parts, me = asked.parts, asked.actor.id
    found = await get_conversation(parts, asked.actor, asked.path["id"])
    drafts: Sequence[Draft] = await parts.own.drafts(me, [found.id])
    seen = await marks(parts.own, me, [found])
    return s.ConversationDetail(
        row=await show.conversation(parts, found),
        timeline=await timeline.page(parts, asked.actor, found.id, None, DEFAULT_LIMIT),
        drafts=tuple([await show.draft(parts, draft) for draft in drafts]),
        read=seen.get(found.id, 0),
    )


async def get_timeline(asked: Signed[None]) -> s.TimelinePage:
    """What is older than the cursor, what is newer, or what stands around a message."""
    query = asked.query
    if len({"before", "later", "around"} & query.keys()) > 1:
        raise Invalid("before", "goes neither with later nor with around")
    found = await get_conversation(asked.parts, asked.actor, asked.path["id"])
    if "around" in query:
        return await timeline.around(asked.parts, asked.actor, found, query["around"], limit_of(query))
    if "later" in query:
        return await timeline.later(asked.parts, asked.actor, found.id, query["later"], limit_of(query))
    return await timeline.page(asked.parts, asked.actor, found.id, query.get("before"), limit_of(query))


async def get_transcript(asked: Signed[None]) -> s.TimelinePage:
    """A page of what was said. Who takes it along, and whether with notes, is written down with the first page."""
    query = asked.query
    if query.get("notes", "0") not in ("0", "1"):
        raise Invalid("notes", "is 0 or 1")
    found, notes = await get_conversation(asked.parts, asked.actor, asked.path["id"]), query.get("notes") == "1"
    if "later" not in query:
        await note(asked, "transcript_taken", found.id, number=str(found.number), notes="yes" if notes else "no")
    return await timeline.transcript(asked.parts, asked.actor, found.id, query.get("later"), limit_of(query), notes=notes)


async def start_conversation(asked: Signed[w.StartConversation]) -> s.Created:
    """Write first, to anybody."""
    body = asked.body
    command = c.StartConversation(
        client_id=body.client_id,
        channel=ChannelId(body.channel),
        to=_addressees(body.to),
        text=body.text,
        cc=_addressees(body.cc),
        bcc=_addressees(body.bcc),
        files=_files(body.files),
        subject=body.subject,
        customer=CustomerId(body.customer) if body.customer else None,
        template=_template(body),
        hold=body.hold,
        send_at=body.send_at,
    )
    return await created(asked.parts, asked.actor, await asked.parts.conversations.execute(asked.actor, command, asked.key))


async def send_message(asked: Signed[w.SendMessage]) -> s.Created:
    """Reply, note or forward. Raises ``NewerReply`` when a colleague answered after what the author saw."""
    action = Action.NOTE if asked.body.kind == "note" else Action.REPLY
    found = await get_conversation(asked.parts, asked.actor, asked.path["id"], action)
    command = _message(found.id, asked.body)
    return await created(asked.parts, asked.actor, await asked.parts.conversations.execute(asked.actor, command, asked.key))


def _message(id: ConversationId, body: w.SendMessage) -> c.Command:
    foreign = {
        "reply": ("message", "mentions"),
        "note": ("to", "cc", "bcc", "subject", "message", "then", "seen", "anyway", "template", "choices", "sticker", "hold", "send_at"),
    }
    for name in foreign.get(body.kind, ("mentions", "then", "seen", "anyway", "template", "choices", "sticker", "send_at")):
        if getattr(body, name):
            raise Invalid(name, f"does not go with {body.kind}")
    files = _files(body.files)
    to, cc, bcc = _addressees(body.to), _addressees(body.cc), _addressees(body.bcc)
    match body.kind:
        case "note":
            return c.Note(id, body.client_id, body.text, files, tuple(AgentId(m) for m in body.mentions), body.whisper)
        case "forward":
            if not to or not body.message:
                raise Invalid("message" if to else "to", "is needed to forward")
            return c.Forward(id, body.client_id, MessageId(body.message), to, body.text, cc, bcc, files, body.subject, body.hold)
        case "reply":
            seen = MessageId(body.seen) if body.seen else None
            then = Category(body.then) if body.then else None
            return c.Reply(
                conversation=id,
                client_id=body.client_id,
                text=body.text,
                to=to,
                cc=cc,
                bcc=bcc,
                files=files,
                subject=body.subject,
                seen=seen,
                anyway=body.anyway,
                then=then,
                template=_template(body),
                choices=body.choices,
                sticker=body.sticker,
                hold=body.hold,
                send_at=body.send_at,
            )


async def created(parts: ApiParts, actor: Actor, outcome: Outcome) -> s.Created:
    """What was made; a repeated command may lead to a conversation that was taken from its author since."""
    if outcome.conversation is None or outcome.message is None:
        raise NotFound
    require(actor, Action.READ, facets(outcome.conversation))
    row, message = await show.conversation(parts, outcome.conversation), await show.message(parts, outcome.message)
    return s.Created(row, message, outcome.duplicate)


async def edit_conversation(asked: Signed[s.EditConversation]) -> ConversationRow:
    """All of it in one commit or nothing; giving it away comes last. Raises ``Conflict`` where it is not as it was ``left``."""
    found, left = await get_conversation(asked.parts, asked.actor, asked.path["id"]), asked.body.left
    if left is not None and asked.path["id"] not in (found.id, str(found.number)):
        raise Conflict(CHANGED)  # it was merged into another one
    commands = list(_changes(found.id, asked.body))
    if left is not None and not commands:
        raise Invalid("left", "goes with what it undoes")
    outcome = await asked.parts.conversations.change(asked.actor, commands, left) if commands else Outcome()
    return await show.conversation(asked.parts, outcome.conversation or found)


def _changes(id: ConversationId, body: s.EditConversation) -> Iterator[c.InConversation]:
    if not isinstance(body.until, UnsetType) and body.status is not Category.SNOOZED:
        raise Invalid("until", "goes with the status snoozed")
    if body.add_tags or body.remove_tags:
        yield c.SetTags(id, body.add_tags, body.remove_tags)
    if not isinstance(body.follow, UnsetType):
        yield c.Follow(id, body.follow)
    if not isinstance(body.subject, UnsetType):
        yield c.SetSubject(id, body.subject)
    if not isinstance(body.priority, UnsetType):
        yield c.SetPriority(id, body.priority)
    if not isinstance(body.status, UnsetType):
        yield c.SetStatus(id, body.status, until=None if isinstance(body.until, UnsetType) else body.until)
    yield from _hands(id, body)


def _hands(id: ConversationId, body: s.EditConversation) -> Iterator[c.InConversation]:
    if not isinstance(body.bot, UnsetType):
        yield c.GiveToBot(id, AgentId(body.bot) if body.bot is not None else None)
    if not isinstance(body.assignee, UnsetType) or not isinstance(body.team, UnsetType):
        agent = body.assignee if body.assignee is None or isinstance(body.assignee, UnsetType) else AgentId(body.assignee)
        team = body.team if body.team is None or isinstance(body.team, UnsetType) else TeamId(body.team)
        yield c.Assign(id, agent, team)
    if not isinstance(body.queue, UnsetType):
        yield c.MoveToQueue(id, QueueId(body.queue) if body.queue is not None else None)


async def about_participant(asked: Signed[s.AboutParticipant]) -> ConversationRow:
    """Accept a stranger who joined, or split him off."""
    found = await get_conversation(asked.parts, asked.actor, asked.path["id"], Action.ACCEPT_PARTICIPANT)
    kind = c.AcceptParticipant if asked.body.action == "accept" else c.SplitParticipant
    outcome = await asked.parts.conversations.execute(asked.actor, kind(found.id, asked.body.kind, asked.body.value))
    return await show.conversation(asked.parts, outcome.conversation or found)


def _template(body: w.SendMessage | w.StartConversation) -> c.UseTemplate | None:
    return c.UseTemplate(body.template.template, body.template.values) if body.template is not None else None


def _addressees(given: Sequence[s.AddressInput]) -> tuple[c.Addressee, ...]:
    return tuple(c.Addressee(a.kind, a.value, a.name) for a in given)


def _files(ids: Sequence[str]) -> tuple[FileId, ...]:
    return tuple(FileId(id) for id in ids)
