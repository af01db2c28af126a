"""What is stored beside the core's own values, and what one transaction stores: plain data between the flow and the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from msgspec import Struct

from inbox.connector import RawDelivery
from inbox.core.agent import Agent, Team
from inbox.core.conversation import Conversation
from inbox.core.customer import Customer, Identity
from inbox.core.events import Event
from inbox.core.ids import AgentId, ChannelId, ConversationId, DeliveryId, Instant, MessageId
from inbox.core.message import Message

S = TypeVar("S", bound=Struct)


class ThreadKey(Struct, frozen=True, omit_defaults=True):
    """What leads a message to a conversation. ``id`` is a digest of (channel, kind, value).

    Kinds: ``token`` (reply token), ``message`` (a message's external id), ``awaited`` (a reference to a message not seen
    yet), ``thread`` (the provider's thread), ``open`` (the open conversation of an identity).
    """

    id: str
    kind: str
    conversation: ConversationId
    version: int = 1
    message: MessageId | None = None
    at: Instant = 0


class Timer(Struct, frozen=True, omit_defaults=True):
    """Something due. ``id`` = (conversation, kind, epoch), so that arming twice is arming once."""

    id: str
    conversation: ConversationId
    kind: str
    epoch: int
    due_at: Instant
    version: int = 1
    armed_by: int = 0


class Remembered(Struct, frozen=True, omit_defaults=True):
    """An idempotent call: who, which key, a hash of the body, and the ids of what it made."""

    id: str
    body: str
    conversation: ConversationId
    message: MessageId
    at: Instant
    version: int = 1


class ReadState(Struct, frozen=True, omit_defaults=True):
    """An agent's mark in a conversation: the newest message seen and how many of the customer's messages lie up to it."""

    agent: AgentId
    conversation: ConversationId
    inbound: int
    message: MessageId | None = None
    arrived_at: Instant = 0


class Draft(Struct, frozen=True, omit_defaults=True):
    """What an agent has typed and not sent. ``to`` None: nobody chose recipients. ``message`` is the one a forward passes on."""

    agent: AgentId
    conversation: ConversationId
    mode: str
    text: str
    revision: int
    updated_at: Instant
    to: tuple[dict[str, str], ...] | None = None
    cc: tuple[dict[str, str], ...] = ()
    bcc: tuple[dict[str, str], ...] = ()
    files: tuple[str, ...] = ()
    subject: str = ""
    message: MessageId | None = None


class StoredFile(Struct, frozen=True, omit_defaults=True):
    """A stored file. ``owner``: ``message:ID`` once a message names it, ``agent:ID`` or ``visitor:ID`` while it is an upload."""

    id: str
    name: str
    type: str
    size: int
    owner: str
    at: Instant
    conversation: ConversationId | None = None


class ChannelRecord(Struct, frozen=True, omit_defaults=True):
    """A configured channel. ``settings`` without secrets; ``secrets`` maps setting names to sealed values."""

    id: ChannelId
    connector: str
    name: str
    team: str | None = None
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    version: int = 1
    enabled: bool = True
    bot: str | None = None


class LedgerRow(Struct, frozen=True, omit_defaults=True):
    """The ledger's view of one delivery. States: received, done, unsupported, unreadable."""

    id: DeliveryId
    raw: RawDelivery
    state: str
    attempts: int = 0
    error: str = ""


@dataclass(frozen=True)
class Noun(Generic[S]):
    """A kind of stored value with a string ``id`` and an integer ``version``."""

    name: str
    type: type[S]


MESSAGES = Noun("messages", Message)
CONVERSATIONS = Noun("conversations", Conversation)
CUSTOMERS = Noun("customers", Customer)
IDENTITIES = Noun("identities", Identity)
THREAD_KEYS = Noun("thread_keys", ThreadKey)
TIMERS = Noun("timers", Timer)
AGENTS = Noun("agents", Agent)
TEAMS = Noun("teams", Team)
IDEMPOTENCY = Noun("idempotency", Remembered)
NOUNS: tuple[Noun[Any], ...] = (MESSAGES, CONVERSATIONS, CUSTOMERS, IDENTITIES, THREAD_KEYS, TIMERS, AGENTS, TEAMS, IDEMPOTENCY)

Wanted = Mapping[Noun[Any], frozenset[str]]
Loaded = Mapping[Noun[Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Put:
    """Store ``value`` under its id. ``expect`` is the version that must be stored now; None: nothing may be stored yet."""

    noun: Noun[Any]
    value: Any
    expect: int | None


@dataclass(frozen=True)
class Removal:
    """Remove what is stored under ``id``; harmless when nothing is."""

    noun: Noun[Any]
    id: str


@dataclass(frozen=True)
class LoadChange:
    """Add ``delta`` to an agent's load; with ``at_most`` only if the result is not above it (the atomic claim)."""

    agent: AgentId
    delta: int
    at_most: int | None = None
    assigned_at: Instant | None = None


@dataclass(frozen=True)
class Settled:
    """A delivery of the ledger that is dealt with by this batch."""

    id: DeliveryId
    state: str
    error: str = ""


@dataclass
class Batch:
    """What one transaction stores: all of it or nothing."""

    puts: list[Put] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    loads: list[LoadChange] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Slot:
    """A leased writer number; ``n`` is the highest entry already written under it; ``fence`` rises with every lease."""

    o: int
    n: int
    fence: int
