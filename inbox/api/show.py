"""From stored values to the rows of an answer: names are filled in, connectors and presence are made visible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inbox.admission import Session
from inbox.api import blocking_structs as b
from inbox.api import customer_structs as p
from inbox.api import structs as s
from inbox.api.parts import ApiParts
from inbox.connector import Capabilities
from inbox.core import blocking
from inbox.core.agent import Agent, Availability
from inbox.core.blocking import Block
from inbox.core.conversation import Conversation
from inbox.core.customer import Customer
from inbox.core.ids import ConversationId, MessageId
from inbox.core.message import Address, Message
from inbox.core.permissions import Action, granted
from inbox.core.persons import CustomerMerge
from inbox.core.roles import role_of
from inbox.core.segments import among
from inbox.flow.channels import Broken, Removed, Running
from inbox.flow.lights import Standing
from inbox.flow.rows import ConversationRow, MessageRow, PersonRow, conversation_row, message_row
from inbox.flow.scheduling import was_taken_back
from inbox.records import SEGMENTS, ChannelRecord, Draft, StoredFile

BREAK = Availability.BREAK.value
FORWARDED_SHOWN = 100


async def conversations(parts: ApiParts, found: Sequence[Conversation]) -> list[ConversationRow]:
    """Rows in the same order."""
    names = await parts.directory.customer_names({c.customer for c in found})
    return [conversation_row(c, names.get(c.customer, "")) for c in found]


async def conversation(parts: ApiParts, found: Conversation) -> ConversationRow:
    """One row."""
    return (await conversations(parts, [found]))[0]


async def messages(parts: ApiParts, found: Sequence[Message]) -> list[MessageRow]:
    """Rows in the same order."""
    return [message_row(m, await parts.directory.author_name(m.author, m)) for m in found]


async def message(parts: ApiParts, found: Message) -> MessageRow:
    """One row."""
    return (await messages(parts, [found]))[0]


async def customer(parts: ApiParts, found: Customer) -> p.CustomerRow:
    """A person with his addresses, and which of them are blocked."""
    identities = await parts.queries.identities_of(*found.whole)
    merges = await parts.queries.customer_merges(found.merges)
    blocked = await parts.queries.blocks_among([id for i in identities for id in blocking.ids(i.kind, i.scope, i.value)])
    return p.CustomerRow(
        id=found.id,
        name=found.name,
        version=found.version,
        company=found.company,
        language=found.language,
        notes=found.notes,
        attributes=found.attributes,
        identities=tuple(identities),
        blocks=await blocks(parts, blocked),
        created_at=found.created_at,
        segments=tuple(sorted(among(found, (await parts.directory.entries(SEGMENTS)).values()))),
        absorbed=found.absorbed,
        merges=tuple(customer_merge(one) for id in found.merges if (one := merges.get(id)) is not None),
    )


def customer_merge(found: CustomerMerge) -> p.CustomerMergeRow:
    """A merge of two customers."""
    return p.CustomerMergeRow(found.id, found.customer, found.other.name, found.by, found.at, found.undone_at)


async def blocks(parts: ApiParts, found: Sequence[Block]) -> tuple[b.BlockRow, ...]:
    """Entries of the list of blocked senders, in the same order."""
    agents = await parts.directory.agents()
    return tuple(
        b.BlockRow(
            id=x.id,
            kind=x.kind,
            value=x.value,
            domain=x.value.startswith("@"),
            name=x.name,
            why=x.why,
            by=x.by,
            by_name=agents[x.by].name if x.by in agents else "",
            at=x.at,
            stopped=x.stopped,
            last_at=x.last_at,
        )
        for x in found
    )


def person(found: Customer) -> PersonRow:
    """A person in a list."""
    return PersonRow(found.id, found.name)


async def me(parts: ApiParts, agent: Agent, session: Session) -> s.Me:
    """The logged-in account."""
    grant = granted(await parts.directory.actor_of(agent))
    return s.Me(
        id=agent.id,
        name=agent.name,
        email=agent.email,
        role=role_of(agent),
        permissions=tuple(action.value for action in Action if action in grant.actions),
        sight=grant.sight.value,
        teams=agent.teams,
        availability=agent.availability.value,
        break_reason=agent.break_reason,
        signature=agent.signature,
        csrf=session.csrf,
        keys=agent.keys,
        screen=agent.screen,
        language=agent.language,
    )


async def agents(parts: ApiParts) -> tuple[s.AgentRow, ...]:
    """Active colleagues and bots, by name."""
    rows = [agent(parts, a) for a in await parts.queries.agents() if a.active]
    return tuple(sorted(rows, key=lambda row: (row.name.casefold(), row.id)))


def agent(parts: ApiParts, a: Agent) -> s.AgentRow:
    """One of them, as he is with this account."""
    state = parts.live.state_of(a)
    return s.AgentRow(a.id, a.name, a.role.value, a.teams, state, a.load, a.capacity, a.break_reason if state == BREAK else "", a.face)


def channel(found: Running, standing: Standing) -> s.ChannelRow:
    """A channel as agents see it."""
    address = str(getattr(found.connector.settings, "address", ""))
    return _channel(found.record, found.connector.capabilities, address, standing)


def broken_channel(found: Broken, standing: Standing) -> s.ChannelRow:
    """One that should run and does not."""
    able = found.kind.capabilities if found.kind else Capabilities(address_kind="")
    return _channel(found.record, able, str(found.record.settings.get("address", "")), standing)


def removed_channel(found: Removed) -> s.ChannelRow:
    """One that runs no more, so that its conversations still say where they came from."""
    address = str(found.record.settings.get("address", ""))
    able = found.kind.capabilities if found.kind else Capabilities(address_kind="")
    gone = Standing(False, "This channel was removed.", "Nothing is received or sent by it. An administrator can bring it back.")
    return _channel(found.record, able, address, gone, removed=True)


def _channel(record: ChannelRecord, can: Capabilities, address: str, standing: Standing, *, removed: bool = False) -> s.ChannelRow:
    return s.ChannelRow(
        id=record.id,
        name=record.name,
        connector=record.connector,
        kind=can.address_kind,
        sign=can.sign,
        team=record.team,
        subject=can.subject,
        recipients=can.recipients,
        html=can.html,
        typing=can.typing,
        conversational=can.conversational,
        text_limit=can.text_limit,
        window=can.window,
        opt_out=can.opt_out,
        sends=can.sends,
        templates=can.templates,
        choices=can.choices,
        stickers=can.stickers,
        amends=can.amends,
        address=address,
        healthy=standing.ok,
        problem=standing.problem,
        remedy=standing.remedy,
        since=standing.since,
        last_ok_at=standing.last_ok_at,
        removed=removed,
        paused=record.paused,
    )


async def draft(parts: ApiParts, found: Draft) -> s.DraftRow:
    """An own draft with what it refers to, as far as that is still there and still its author's to use."""
    files = [await parts.files.find(id) for id in found.files]
    return s.DraftRow(
        conversation=found.conversation,
        mode=found.mode,
        text=found.text,
        to=None if found.to is None else _addresses(found.to),
        cc=_addresses(found.cc),
        bcc=_addresses(found.bcc),
        files=tuple([s.FileRow(f.id, f.name, f.type, f.size) for f in files if f is not None and await _is_usable(parts, f, found)]),
        subject=found.subject,
        message=await _forwarded(parts, found),
        revision=found.revision,
        updated_at=found.updated_at,
    )


async def _is_usable(parts: ApiParts, file: StoredFile, draft: Draft) -> bool:
    """An own upload, or of an answer of this conversation that was taken back."""
    kind, _, id = file.owner.partition(":")
    if kind != "message":
        return file.owner == f"agent:{draft.agent}"
    return was_taken_back(await parts.queries.message(MessageId(id)), ConversationId(draft.conversation))


async def _forwarded(parts: ApiParts, found: Draft) -> s.ForwardedRow | None:
    """The message a draft passes on; None when it was moved away since."""
    message = await parts.queries.message(found.message) if found.message else None
    shown_in = await parts.queries.conversation(message.conversation) if message is not None else None
    if message is None or message.whisper is not None or shown_in is None or shown_in.id != found.conversation:
        return None
    name = await parts.directory.author_name(message.author, message)
    return s.ForwardedRow(message.id, name, (message.subject or message.text)[:FORWARDED_SHOWN])


def _addresses(stored: Sequence[Mapping[str, str]]) -> tuple[Address, ...]:
    return tuple(Address(a.get("kind", ""), a.get("value", ""), a.get("name", "")) for a in stored)
