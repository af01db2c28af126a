"""THE interface: what a channel or a bot implements, and the values that cross it.

A connector never sees aiohttp, MongoDB or a stored conversation. What it needs from outside is handed in as ``Tools``.
``verify``, ``parse``, ``answer`` and ``render`` are pure; ``send``, ``receive``, ``probe`` and the rest talk to the provider.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from msgspec import Struct

from inbox.core.errors import NotAuthentic, Unsupported
from inbox.core.ids import ChannelId, Instant, MessageId
from inbox.core.message import Address, Card, DeliveryState
from inbox.provider import NO_HTTP, Http

SEND_SECONDS = 100.0


class ConnectorRole(StrEnum):
    """Whom a connector speaks to: customers (CHANNEL) or an automatic colleague (BOT)."""

    CHANNEL = "channel"
    BOT = "bot"


class Capabilities(Struct, frozen=True):
    """What the core may ask of a channel; the core sees these and never the channel's name.

    ``conversational``: messages of one identity belong to its open conversation (chat, SMS), else each needs a reference.
    ``reply_keys``: outgoing messages carry a token by which answers come home. ``address_kind`` names the identity kind;
    ``scoped``: such an address means nothing outside this channel. ``parse_outside``: ``parse`` is costly or risky and
    runs in a limited process of its own. ``weight``: how much of an agent's capacity one conversation takes.
    ``repeat_after``: an uncertain message that cannot be looked up is sent once more after so many milliseconds, because a
    repetition bears the same id and receivers recognise it; None: a human decides. ``window``: for how many milliseconds after
    the customer's last message he may be written to; ``rate``: how many messages a second the provider takes.
    """

    address_kind: str
    conversational: bool = False
    reply_keys: bool = False
    scoped: bool = False
    parse_outside: bool = False
    subject: bool = False
    recipients: bool = False
    html: bool = False
    typing: bool = False
    receipts: bool = False
    media: bool = True
    text_limit: int | None = None
    weight: int = 1
    repeat_after: int | None = None
    window: int | None = None
    rate: float | None = None


class RawDelivery(Struct, frozen=True, omit_defaults=True):
    """One delivery exactly as it came. ``key`` is the provider's id of it or a hash of the bytes: the same for the same delivery.

    ``context`` carries what the transport knew and the bytes do not say (envelope recipient, mailbox, peer).
    """

    channel: ChannelId
    key: str
    body: bytes
    arrived_at: Instant
    headers: dict[str, str] = {}
    context: dict[str, str] = {}


class InboundFile(Struct, frozen=True, omit_defaults=True):
    """A file inside a delivery: its bytes, or a ``ref`` that ``fetch`` resolves after the commit."""

    name: str
    type: str
    content: bytes = b""
    ref: str = ""
    content_id: str = ""
    inline: bool = False


class InboundMessage(Struct, frozen=True, omit_defaults=True, tag="message"):
    """One customer message, normalised.

    ``key`` identifies it within the channel for ever. ``tokens`` are strings that may be our reply tokens or signed ids
    (checked by the core); ``references`` the provider's ids of earlier messages, nearest first; ``thread`` the provider's
    thread id. ``authenticated``: the transport proved ``sender``. ``automatic``: '' or why no human wrote it
    (``auto-reply``, ``out-of-office``, ``auto-generated``, ``bounce``, ``complaint``, ``list``). ``fresh``: see ``core.message.Message``.
    ``echo``: a signed id of ours that the message bears as its own, beside ``external_id``: it may be our message come back.
    ``unreadable`` says why the content could not be read; the raw delivery is kept. ``received_at``: when the provider took it
    in, where it says so; ``backlog``: it was there before this channel was first read.
    """

    key: str
    sender: Address
    at: Instant | None = None
    received_at: Instant | None = None
    backlog: bool = False
    external_id: str = ""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    fresh: int | None = None
    html: str = ""
    files: tuple[InboundFile, ...] = ()
    thread: str = ""
    tokens: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    authenticated: bool = False
    automatic: str = ""
    unreadable: str = ""
    language: str = ""
    attributes: dict[str, str] = {}
    echo: str = ""
    cards: tuple[Card, ...] = ()


class Receipt(Struct, frozen=True, omit_defaults=True, tag="receipt"):
    """News about a message we sent, found by ``provider_id`` (the id ``send`` returned) or by a signed ``token``."""

    state: DeliveryState
    provider_id: str = ""
    token: str = ""
    recipient: str = ""
    error: str = ""
    at: Instant | None = None


class IdentityProof(Struct, frozen=True, omit_defaults=True, tag="proof"):
    """The transport proved that ``address`` also owns ``also`` (a host site's signed token, an answered code)."""

    address: Address
    also: Address
    how: str
    name: str = ""
    attributes: dict[str, str] = {}


class Edit(Struct, frozen=True, omit_defaults=True, tag="edit"):
    """The author changed a message. ``target`` is the provider's id of it, as ``external_id`` of the message or ``provider_id`` of ours."""

    target: str
    text: str
    at: Instant | None = None


class Deletion(Struct, frozen=True, omit_defaults=True, tag="deletion"):
    """The author took a message back; ``target`` as in ``Edit``."""

    target: str
    at: Instant | None = None


class Reaction(Struct, frozen=True, omit_defaults=True, tag="reaction"):
    """Somebody reacted to a message, his own or ours; ``emoji`` '': he took the reaction back. ``target`` as in ``Edit``."""

    target: str
    sender: Address
    emoji: str
    at: Instant | None = None


Item = InboundMessage | Receipt | IdentityProof | Edit | Deletion | Reaction


class OutboundFile(Struct, frozen=True, omit_defaults=True):
    """A file to send; its bytes come from ``Tools.open_file(file)``."""

    file: str
    name: str
    type: str
    size: int
    content_id: str = ""
    inline: bool = False


class Quoted(Struct, frozen=True, omit_defaults=True):
    """The message that is answered, for channels that quote it."""

    sender: str
    at: Instant
    text: str


class OutboundMessage(Struct, frozen=True, omit_defaults=True):
    """What shall be sent. ``text`` is markdown; a channel shows what it can of it.

    ``token`` is the conversation's reply token; ``message_token`` the signed id of this message; ``references`` the ids of
    the thread, oldest first, the last being the one answered. ``automatic``: nobody wrote this, so RFC 3834 headers are due.
    ``by_bot``: a bot wrote it, and no human.
    ``envelope``: when not empty, only these addresses are still to get it; what the message says of its recipients stays.
    """

    id: MessageId
    channel: ChannelId
    author: str
    text: str
    at: Instant
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    files: tuple[OutboundFile, ...] = ()
    references: tuple[str, ...] = ()
    token: str = ""
    message_token: str = ""
    signature: str = ""
    quoted: Quoted | None = None
    automatic: bool = False
    by_bot: bool = False
    attempt: int = 1
    envelope: tuple[str, ...] = ()


class Sent(Struct, frozen=True, omit_defaults=True):
    """The provider accepted, for at least one recipient. ``external_id`` is what answers will refer to.

    ``refused`` and ``later`` map the addresses it did not take to reasons: for good, and for now.
    """

    provider_id: str
    external_id: str = ""
    refused: dict[str, str] = {}
    later: dict[str, str] = {}
    state: DeliveryState = DeliveryState.SENT


class Answer(Struct, frozen=True, omit_defaults=True):
    """What the provider must hear back; only ``api/hooks`` knows statuses.

    ``kind``: accepted, challenge, refused, later; redirect: ``body`` is the address where a browser goes on; invalid: for a program
    of the operator's own, which hears what is wrong and sends it anew, so that it is not stored.
    """

    kind: str
    body: str = ""
    type: str = "text/plain"


class Health(Struct, frozen=True, omit_defaults=True):
    """Result of ``probe``: ``ok``, and otherwise what is wrong and what to do, as one sentence each."""

    ok: bool
    problem: str = ""
    remedy: str = ""


class BotTurn(Struct, frozen=True, omit_defaults=True):
    """What a bot is told: the conversation so far, newest last, as (author kind, text)."""

    conversation: str
    message: MessageId
    lines: tuple[tuple[str, str], ...]
    customer_name: str = ""
    language: str = ""
    attempt: int = 1


class BotAction(Struct, frozen=True, omit_defaults=True):
    """What a bot wants done: ``reply`` or ``note`` with text, ``tag`` with a tag, ``hand_over`` with a reason."""

    kind: str
    text: str = ""


class Deliver(Protocol):
    """Given to ``receive``: returns once the delivery is majority-committed, so that it may be acknowledged."""

    async def __call__(self, raw: RawDelivery) -> None:
        """Raises ``Unavailable`` when nothing was stored."""


class Cursor(Protocol):
    """A small durable value of one channel (an IMAP cursor, a long-poll offset)."""

    async def load(self, name: str) -> dict[str, Any]:
        """The stored value, or an empty dict."""

    async def save(self, name: str, value: Mapping[str, Any]) -> None:
        """Majority-committed when it returns."""


@dataclass(frozen=True)
class Tools:
    """What a connector gets from outside: time, files, a durable cursor, a health report, HTTP.

    ``link(file, name)`` makes an address under which a provider may fetch a file for an hour. ``hooks``: where this service takes
    deliveries; the address of one channel is ``{hooks}{connector name}/{channel id}``.
    """

    now: Callable[[], Instant]
    open_file: Callable[[str], AsyncIterator[bytes]]
    cursor: Cursor
    report: Callable[[Health], None]
    http: Http = NO_HTTP
    link: Callable[[str, str], str] = lambda file, name: ""
    hooks: str = ""


class Connector(ABC):
    """Base of every channel and bot. Subclasses set the class attributes and are constructed once per configured channel."""

    name: ClassVar[str]
    role: ClassVar[ConnectorRole] = ConnectorRole.CHANNEL
    capabilities: ClassVar[Capabilities]
    Settings: ClassVar[type[Struct]]

    def __init__(self, channel: ChannelId, settings: Any, tools: Tools) -> None:
        self.channel = channel
        self.settings = settings
        self.tools = tools

    def verify(self, raw: RawDelivery) -> None:
        """Raises ``NotAuthentic`` unless the delivery proves where it is from. Fails closed: the default refuses all."""
        raise NotAuthentic(f"{self.name} takes no deliveries from outside")

    def context(self) -> Mapping[str, str]:
        """What of the settings ``parse`` has to know, which account's channel it is: stored with every delivery by webhook. No secrets."""
        return {}

    def per_hour(self) -> int | None:
        """How many deliveries by webhook are taken from one address in an hour; None: any number, as a provider has few addresses."""
        return None

    @classmethod
    @abstractmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """Every item of the delivery; raises only ``Unsupported`` or ``Malformed``. Pure, no settings, no secrets."""

    def answer(self, raw: RawDelivery) -> Answer:
        """What this provider must hear once the delivery is stored."""
        return Answer("accepted")

    def render(self, message: OutboundMessage) -> str:
        """What would be sent, as text for a preview."""
        return message.text

    @abstractmethod
    async def send(self, message: OutboundMessage) -> Sent:
        """Do it. Raises ``TryLater``, ``Rejected``, ``NeedsLogin`` or ``Unknown`` (nobody knows whether it was accepted)."""

    def send_seconds(self, message: OutboundMessage) -> float:
        """How long one ``send`` of this message may take; when it takes longer its outcome is unknown."""
        return SEND_SECONDS

    async def lookup(self, message: OutboundMessage) -> Sent | None:
        """Whether an ``Unknown`` send was accepted after all; ``Unsupported`` when the provider cannot tell."""
        raise Unsupported("this provider cannot tell")

    async def receive(self, deliver: Deliver) -> None:
        """For channels with a connection or listener of their own: runs until cancelled; restarted with back-off."""
        raise Unsupported("nothing to receive by connection")

    async def probe(self) -> Health:
        """Whether credentials and reachability are fine."""
        return Health(True)

    async def respond(self, turn: BotTurn) -> Sequence[BotAction]:
        """BOT only: what the bot does about the customer's latest message."""
        raise Unsupported("not a bot")

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """A medium's bytes, called right after the commit because such addresses expire."""
        raise Unsupported("nothing to fetch")

    async def close(self) -> None:
        """Release what was opened; the default has opened nothing."""
        return
