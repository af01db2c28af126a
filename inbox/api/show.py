"""From stored values to the rows of an answer: names are filled in, connectors and presence are made visible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inbox.admission import Session
from inbox.api import structs as s
from inbox.api.parts import ApiParts
from inbox.connector import Capabilities
from inbox.core.agent import Agent
from inbox.core.conversation import Conversation
from inbox.core.customer import Customer
from inbox.core.ids import AgentId
from inbox.core.message import Address, Message
from inbox.flow.channels import Removed, Running
from inbox.flow.lights import Standing
from inbox.flow.rows import ConversationRow, MessageRow, PersonRow, conversation_row, message_row
from inbox.records import ChannelRecord, Draft

OFFLINE = "offline"
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


async def customer(parts: ApiParts, found: Customer) -> s.CustomerRow:
    """A person with his addresses."""
    return s.CustomerRow(
        id=found.id,
        name=found.name,
        version=found.version,
        company=found.company,
        language=found.language,
        notes=found.notes,
        attributes=found.attributes,
        identities=tuple(await parts.queries.identities_of(found.id)),
        created_at=found.created_at,
    )


def person(found: Customer) -> PersonRow:
    """A person in a list."""
    return PersonRow(found.id, found.name)


def me(agent: Agent, session: Session) -> s.Me:
    """The logged-in account."""
    return s.Me(
        id=agent.id,
        name=agent.name,
        email=agent.email,
        role=agent.role.value,
        teams=agent.teams,
        availability=agent.availability.value,
        signature=agent.signature,
        csrf=session.csrf,
    )


async def agents(parts: ApiParts) -> tuple[s.AgentRow, ...]:
    """Active colleagues and bots, by name."""
    states: Mapping[AgentId, str] = parts.live.states()
    rows = [
        s.AgentRow(a.id, a.name, a.role.value, a.teams, states.get(a.id, OFFLINE), a.load, a.capacity)
        for a in await parts.queries.agents()
        if a.active
    ]
    return tuple(sorted(rows, key=lambda row: (row.name.casefold(), row.id)))


def channel(found: Running, standing: Standing) -> s.ChannelRow:
    """A channel as agents see it."""
    address = str(getattr(found.connector.settings, "address", ""))
    return _channel(found.record, found.connector.capabilities, address, standing)


def removed_channel(found: Removed) -> s.ChannelRow:
    """One that runs no more, so that its conversations still say where they came from."""
    address = str(found.record.settings.get("address", ""))
    able = found.kind.capabilities if found.kind else Capabilities(address_kind="")
    gone = Standing(False, "This channel was removed.", "Nothing is received or sent by it. An operator can put it back into the settings.")
    return _channel(found.record, able, address, gone, removed=True)


def _channel(record: ChannelRecord, can: Capabilities, address: str, standing: Standing, *, removed: bool = False) -> s.ChannelRow:
    return s.ChannelRow(
        id=record.id,
        name=record.name,
        connector=record.connector,
        kind=can.address_kind,
        team=record.team,
        subject=can.subject,
        recipients=can.recipients,
        html=can.html,
        typing=can.typing,
        conversational=can.conversational,
        text_limit=can.text_limit,
        window=can.window,
        address=address,
        healthy=standing.ok,
        problem=standing.problem,
        remedy=standing.remedy,
        since=standing.since,
        last_ok_at=standing.last_ok_at,
        removed=removed,
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
        files=tuple(s.FileRow(f.id, f.name, f.type, f.size) for f in files if f is not None and f.owner == f"agent:{found.agent}"),
        subject=found.subject,
        message=await _forwarded(parts, found),
        revision=found.revision,
        updated_at=found.updated_at,
    )


async def _forwarded(parts: ApiParts, found: Draft) -> s.ForwardedRow | None:
    """The message a draft passes on; None when it was moved away since."""
    message = await parts.queries.message(found.message) if found.message else None
    if message is None or message.conversation != found.conversation:
        return None
    name = await parts.directory.author_name(message.author, message)
    return s.ForwardedRow(message.id, name, (message.subject or message.text)[:FORWARDED_SHOWN])


def _addresses(stored: Sequence[Mapping[str, str]]) -> tuple[Address, ...]:
    return tuple(Address(a.get("kind", ""), a.get("value", ""), a.get("name", "")) for a in stored)
