"""What is stored beside the core's own values, and what one transaction stores: plain data between the flow and the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from msgspec import Struct

from inbox.connector import RawDelivery
from inbox.core.acknowledgement import Acknowledgement
from inbox.core.agent import Agent, BreakReason, Team
from inbox.core.alerts import Alert, AlertState
from inbox.core.attributes import Attribute
from inbox.core.blocking import Block
from inbox.core.bulk import Job, JobItem, JobPart
from inbox.core.business_hours import Calendar
from inbox.core.conversation import Conversation
from inbox.core.customer import Customer, Identity
from inbox.core.dispatching import Dispatch, Webhook
from inbox.core.events import Event
from inbox.core.faces import Face
from inbox.core.filters import SavedView
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, DeliveryId, Instant, MessageId, TeamId
from inbox.core.merging import Repair
from inbox.core.message import Message
from inbox.core.notifications import Notification
from inbox.core.parts import Parted
from inbox.core.persons import CustomerMerge
from inbox.core.policies import Policy
from inbox.core.pushing import Devices, Pushed, SealedKey
from inbox.core.queues import Queue
from inbox.core.removed import Removed
from inbox.core.roles import CustomRole
from inbox.core.saved_replies import ReplyUse, SavedReply
from inbox.core.security import Security
from inbox.core.segments import Segment
from inbox.core.spells import Spell
from inbox.core.sso import SignIn
from inbox.core.surveys import Survey
from inbox.core.tags import Tag, Tagging
from inbox.core.templates import Template

S = TypeVar("S", bound=Struct)


class ThreadKey(Struct, frozen=True, omit_defaults=True):
    """What leads a message to a conversation. ``id`` is a digest of (channel, kind, value).

    Kinds: ``token`` (reply token), ``message`` (a message's external id), ``awaited`` (a reference to a message not seen
    yet), ``thread`` (the provider's thread), ``open`` (the open conversation of an identity), ``blocked`` (where a
    blocked sender's messages gather).
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
    """A stored file. ``owner``: ``message:ID`` once a message names it, ``reply:ID`` for one of a saved reply, ``agent:ID`` or
    ``visitor:ID`` while it is an upload."""

    id: str
    name: str
    type: str
    size: int
    owner: str
    at: Instant
    conversation: ConversationId | None = None


FILE, WORKSPACE = "file", "workspace"
"""Who manages a channel: the settings file of the service, or the people who work with it, by the screen or ``inbox apply``."""


class ChannelRecord(Struct, frozen=True, omit_defaults=True):
    """A configured channel. ``settings`` without secrets; ``secrets`` maps setting names to sealed values. ``enabled`` false: removed,
    its conversations stay. ``paused``: it neither receives nor sends for now. ``managed``: ``FILE`` or ``WORKSPACE``.
    ``acknowledgement``: what somebody who begins a conversation hears at once. ``readers``: the teams whose people see its
    conversations, empty for everybody's; see ``core/permissions.barred``."""

    id: ChannelId
    connector: str
    name: str
    team: str | None = None
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    version: int = 1
    enabled: bool = True
    bot: str | None = None
    paused: bool = False
    managed: str = FILE
    acknowledgement: Acknowledgement | None = None
    readers: tuple[TeamId, ...] = ()


class ChannelTemplate(Struct, frozen=True, omit_defaults=True):
    """A template as a channel's provider listed it last. ``id`` is a digest of (channel, name, language)."""

    id: str
    channel: ChannelId
    template: Template
    version: int = 1


class Consent(Struct, frozen=True, omit_defaults=True):
    """That somebody let a channel into his account at a provider. ``tokens`` is sealed; ``client`` is the registration it was given to.

    ``refused`` says why it is over. Who renews holds it until ``lease_until``; ``fence`` rises with every claim and every consent.
    """

    id: ChannelId
    client: str
    tokens: str
    by: AgentId
    at: Instant
    refused: str = ""
    fence: int = 0
    lease_until: Instant | None = None
    version: int = 1


class LedgerRow(Struct, frozen=True, omit_defaults=True):
    """The ledger's view of one delivery. States: received, done, unsupported, unreadable."""

    id: DeliveryId
    raw: RawDelivery
    state: str
    attempts: int = 0
    error: str = ""


class Recount(Struct, frozen=True, omit_defaults=True):
    """How far open conversations were brought under changed promises. ``wanted`` rises with every change; ``after`` is where the next
    page begins. ``done_at`` None: it goes on, by the server ``held_by``, until whose lease ends others leave it alone.
    ``customer``: only over his conversations, because he changed; it is removed when it is done."""

    id: str
    version: int = 1
    wanted: int = 0
    begun_at: Instant | None = None
    done_at: Instant | None = None
    after: str | None = None
    seen: int = 0
    changed: int = 0
    total: int = 0
    held_by: str = ""
    held_until: Instant = 0
    defaults: str = ""
    customer: CustomerId | None = None

    @property
    def is_running(self) -> bool:
        """Whether there is something left to do."""
        return self.begun_at is not None and self.done_at is None


@dataclass(frozen=True, eq=False)
class Noun(Generic[S]):
    """A kind of stored value with a string ``id`` and an integer ``version``. Each is made once, below, and equal to itself alone: it is
    half of every key of a working set."""

    name: str
    type: type[S]

    def id_of(self, value: S) -> str:
        """The value's id."""
        return str(value.id)  # type: ignore[attr-defined]  # see above

    def version_of(self, value: S) -> int:
        """The value's version."""
        return int(value.version)  # type: ignore[attr-defined]  # see above


MESSAGES = Noun("messages", Message)
CONVERSATIONS = Noun("conversations", Conversation)
CUSTOMERS = Noun("customers", Customer)
IDENTITIES = Noun("identities", Identity)
BLOCKS = Noun("blocks", Block)
PARTED = Noun("parted", Parted)
THREAD_KEYS = Noun("thread_keys", ThreadKey)
TIMERS = Noun("timers", Timer)
AGENTS = Noun("agents", Agent)
TEAMS = Noun("teams", Team)
FACES = Noun("faces", Face)
CHANNELS = Noun("channels", ChannelRecord)
IDEMPOTENCY = Noun("idempotency", Remembered)
TEMPLATES = Noun("templates", ChannelTemplate)
QUEUES = Noun("queues", Queue)
CONSENTS = Noun("consents", Consent)
SECURITY = Noun("security", Security)
CALENDARS = Noun("calendars", Calendar)
POLICIES = Noun("sla_policies", Policy)
VIEWS = Noun("views", SavedView)
SAVED_REPLIES = Noun("saved_replies", SavedReply)
SURVEYS = Noun("surveys", Survey)
BREAK_REASONS = Noun("break_reasons", BreakReason)
ALERTS = Noun("alerts", Alert)
WEBHOOKS = Noun("webhooks", Webhook)
ROLES = Noun("roles", CustomRole)
SIGN_INS = Noun("sign_ins", SignIn)
PUSH_DEVICES = Noun("push_devices", Devices)
SEALED_KEYS = Noun("sealed_keys", SealedKey)
TAGS = Noun("tag_entries", Tag)
TAGGING = Noun("tagging", Tagging)
ATTRIBUTES = Noun("attributes", Attribute)
SEGMENTS = Noun("segments", Segment)
REMOVED = Noun("removed", Removed)
CATALOG: tuple[Noun[Any], ...] = (
    QUEUES,
    SECURITY,
    CALENDARS,
    POLICIES,
    VIEWS,
    SAVED_REPLIES,
    SURVEYS,
    BREAK_REASONS,
    ALERTS,
    WEBHOOKS,
    ROLES,
    SIGN_INS,
    PUSH_DEVICES,
    SEALED_KEYS,
    TAGS,
    TAGGING,
    ATTRIBUTES,
    SEGMENTS,
    REMOVED,
)
"""Small lists that people make by hand, read whole and kept in memory: each value has an ``id``, a ``name`` and a ``version``.
``flow/catalog.py`` saves and deletes them, ``flow/directory.py`` keeps them at hand."""
REPLY_USES = Noun("reply_uses", ReplyUse)
RECOUNTS = Noun("recounts", Recount)
ALERT_STATES = Noun("alert_states", AlertState)
SPELLS = Noun("spells", Spell)
REPAIRS = Noun("repairs", Repair)
CUSTOMER_MERGES = Noun("customer_merges", CustomerMerge)
NOTIFICATIONS = Noun("notifications", Notification)
PUSHED = Noun("pushed", Pushed)
DISPATCHES = Noun("dispatches", Dispatch)
JOBS = Noun("jobs", Job)
JOB_PARTS = Noun("job_parts", JobPart)
JOB_ITEMS = Noun("job_items", JobItem)
NOUNS: tuple[Noun[Any], ...] = (
    MESSAGES,
    CONVERSATIONS,
    CUSTOMERS,
    IDENTITIES,
    BLOCKS,
    PARTED,
    THREAD_KEYS,
    TIMERS,
    AGENTS,
    TEAMS,
    FACES,
    CHANNELS,
    IDEMPOTENCY,
    RECOUNTS,
    ALERT_STATES,
    SPELLS,
    TEMPLATES,
    CONSENTS,
    *CATALOG,
    REPLY_USES,
    REPAIRS,
    CUSTOMER_MERGES,
    JOBS,
    JOB_PARTS,
    JOB_ITEMS,
    NOTIFICATIONS,
    PUSHED,
    DISPATCHES,
)

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
    """Add ``delta`` to an agent's load; with ``at_most`` only if the result is not above it (the atomic claim).

    With a ``kind`` of channel, how many he holds of it goes up or down by one, with ``kind_at_most`` not above that.
    """

    agent: AgentId
    delta: int
    at_most: int | None = None
    assigned_at: Instant | None = None
    freed_at: Instant | None = None
    kind: str = ""
    kind_at_most: int | None = None


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
