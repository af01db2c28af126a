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
from inbox.core.items import Contact as Contact
from inbox.core.items import Deletion as Deletion
from inbox.core.items import Edit as Edit
from inbox.core.items import IdentityProof as IdentityProof
from inbox.core.items import InboundFile as InboundFile
from inbox.core.items import InboundMessage as InboundMessage
from inbox.core.items import Item as Item
from inbox.core.items import Part as Part
from inbox.core.items import RawDelivery as RawDelivery
from inbox.core.items import Reaction as Reaction
from inbox.core.items import Receipt as Receipt
from inbox.core.items import Watermark as Watermark
from inbox.core.message import Address, DeliveryState
from inbox.core.message import AmendKind as AmendKind
from inbox.core.message import Sticker as Sticker
from inbox.core.oauth import OAuthClient
from inbox.core.templates import FilledTemplate, Template
from inbox.provider import NO_ACCESS, NO_HTTP, Access, Http

SEND_SECONDS = 100.0


class ConnectorRole(StrEnum):
    """Whom a connector speaks to: customers (CHANNEL) or an automatic colleague (BOT)."""

    CHANNEL = "channel"
    BOT = "bot"


class SignalKind(StrEnum):
    """What a customer can be shown beside messages."""

    TYPING = "typing"
    READ = "read"


class Signal(Struct, frozen=True):
    """Something passing to show to the customer with this address. ``message``: the provider's id of his latest message."""

    kind: SignalKind
    to: str
    message: str = ""


class Capabilities(Struct, frozen=True):
    """What the core may ask of a channel; the core sees these and never the channel's name.

    ``conversational``: messages of one identity belong to its open conversation (chat, SMS), else each needs a reference.
    ``reply_keys``: outgoing messages carry a token by which answers come home. ``address_kind`` names the identity kind;
    ``scoped``: such an address means nothing outside this channel. ``parse_outside``: ``parse`` is costly or risky and
    runs in a limited process of its own. ``weight``: how much of an agent's capacity one conversation takes.
    ``repeat_after``: an uncertain message that cannot be looked up is sent once more after so many milliseconds, because a
    repetition bears the same id and receivers recognise it; None: a human decides. ``window``: for how many milliseconds after
    the customer's last message he may be written to; ``rate``: how many messages a second the provider takes. ``templates``: it has texts
    approved beforehand, which ``window`` does not hold up.
    ``signals``: what ``signal`` can show. ``typing``: customers' own typing is shown to agents.
    ``choices``: how many answers it offers by one tap; more are numbered in the text.
    ``stickers``: those it sends by their ids.
    ``amends``: what ``amend`` can change about messages that are out.
    ``public``: what is written there anybody reads, so nothing is that concerns the customer alone.
    ``profiles``: messages bring no names, but ``profile`` tells them.
    ``opt_out``: who has asked for no more messages (STOP) is not written to.
    ``sends`` False: it keeps what people enter, such as calls, and nothing goes out by it.
    ``sign``: the name of the icon that stands for it, such as ``whatsapp``; '' for that of its kind of address.
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
    opt_out: bool = False
    sends: bool = True
    rate: float | None = None
    templates: bool = False
    choices: int = 0
    stickers: tuple[Sticker, ...] = ()
    profiles: bool = False
    signals: tuple[SignalKind, ...] = ()
    public: bool = False
    amends: tuple[AmendKind, ...] = ()
    sign: str = ""


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
    ``template``: to be sent as this template, of which ``text`` is the preview.
    ``choices``: answers offered by one tap, as many as the channel shows. ``sticker``: all it is, one of the channel's own.
    ``answer_token``: that of the customer's latest message, if nothing was answered to it yet, which arrived at ``answered_at``.
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
    template: FilledTemplate | None = None
    choices: tuple[str, ...] = ()
    sticker: str = ""
    answer_token: str = ""
    answered_at: Instant = 0


class Amendment(Struct, frozen=True, omit_defaults=True):
    """A message that is out shall be another. ``ids``: the provider's ids of it, of all the messages an answer became; ``to``: whose
    conversation it stands in. ``text``: an answer's new words as markdown, or the emoji of a reaction, '' to take it back. ``files`` went
    out with the answer, ``choices`` are offered below it."""

    kind: AmendKind
    to: str
    ids: tuple[str, ...]
    text: str = ""
    files: int = 0
    choices: tuple[str, ...] = ()


class Sent(Struct, frozen=True, omit_defaults=True):
    """The provider accepted, for at least one recipient. ``external_id`` is what answers will refer to.

    ``provider_ids``: of an answer to one recipient that became several messages, the ids of all of them, in order.

    ``refused`` and ``later`` map the addresses it did not take to reasons: for good, and for now.
    """

    provider_id: str
    external_id: str = ""
    refused: dict[str, str] = {}
    later: dict[str, str] = {}
    state: DeliveryState = DeliveryState.SENT
    provider_ids: tuple[str, ...] = ()


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
    """What a bot wants done: ``reply`` or ``note`` with text, ``tag`` with a tag, ``hand_over`` with a reason.

    A reply may offer ``choices``, at most ten of 20 characters; the chosen one comes back as the customer's next message.
    """

    kind: str
    text: str = ""
    choices: tuple[str, ...] = ()


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
    deliveries; the address of one channel is ``{hooks}{connector name}/{channel id}``. ``access``: tokens that a person consented to.
    """

    now: Callable[[], Instant]
    open_file: Callable[[str], AsyncIterator[bytes]]
    cursor: Cursor
    report: Callable[[Health], None]
    http: Http = NO_HTTP
    link: Callable[[str, str], str] = lambda file, name: ""
    hooks: str = ""
    access: Access = NO_ACCESS


class Connector(ABC):
    """Base of every channel and bot. Subclasses set the class attributes and are constructed once per configured channel.

    A channel whose settings decide what it can do gives itself ``capabilities`` of its own. ``title`` and ``purpose`` are for whoever
    chooses among the connectors: what it is called, and one sentence what it connects.
    """

    name: ClassVar[str]
    title: ClassVar[str] = ""
    purpose: ClassVar[str] = ""
    role: ClassVar[ConnectorRole] = ConnectorRole.CHANNEL
    capabilities: Capabilities
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

    def consent(self) -> OAuthClient | None:
        """Whose consent this channel works by, given on a page of the provider; None: by what its settings hold."""
        return None

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

    async def written(self, message: OutboundMessage) -> bytes:
        """What ``send`` hands over, where that is a document that people may want to read, as a mail is; ``Unsupported`` elsewhere."""
        raise Unsupported("nothing but its text")

    @abstractmethod
    async def send(self, message: OutboundMessage) -> Sent:
        """Do it. Raises ``TryLater``, ``Rejected``, ``NeedsLogin`` or ``Unknown`` (nobody knows whether it was accepted)."""

    def send_seconds(self, message: OutboundMessage) -> float:
        """How long one ``send`` of this message may take; when it takes longer its outcome is unknown."""
        return SEND_SECONDS

    async def amend(self, amendment: Amendment) -> None:
        """Carry out a change that ``capabilities.amends`` names; once more changes nothing. Raises as ``send``; what is ``Unknown`` is
        done again."""
        raise Unsupported("what was sent stays as it is")

    async def lookup(self, message: OutboundMessage) -> Sent | None:
        """Whether an ``Unknown`` send was accepted after all; ``Unsupported`` when the provider cannot tell."""
        raise Unsupported("this provider cannot tell")

    async def receive(self, deliver: Deliver) -> None:
        """For channels with a connection or listener of their own: runs until cancelled; restarted with back-off."""
        raise Unsupported("nothing to receive by connection")

    async def probe(self) -> Health:
        """Whether credentials and reachability are fine."""
        return Health(True)

    async def templates(self) -> Sequence[Template]:
        """All templates that the provider has approved and not withdrawn; ``Unsupported`` where there is no such thing."""
        raise Unsupported("no templates on this channel")

    async def profile(self, address: str) -> str:
        """What the provider calls the owner of an address that wrote to us; ``Rejected`` where it will not tell, ever."""
        raise Unsupported("no names to be had")

    async def signal(self, signal: Signal) -> None:
        """Show it, of those that ``capabilities.signals`` names. Nothing depends on it: whatever it raises is left at that."""
        raise Unsupported("nothing to show")

    async def respond(self, turn: BotTurn) -> Sequence[BotAction]:
        """BOT only: what the bot does about the customer's latest message."""
        raise Unsupported("not a bot")

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """A medium's bytes, called right after the commit because such addresses expire."""
        raise Unsupported("nothing to fetch")

    async def close(self) -> None:
        """Release what was opened; the default has opened nothing."""
        return
