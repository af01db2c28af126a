"""Messages as stored: who said what, when, on which channel, and how its delivery stands."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, DeliveryId, FileId, Instant, MessageId


class Kind(StrEnum):
    """What a message is; only ``REPLY`` ever leaves the house."""

    CUSTOMER = "customer"
    REPLY = "reply"
    NOTE = "note"


class DeliveryState(StrEnum):
    """Where an outbound message stands; see ``core/delivery.py`` for the lattice."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Reason(Struct, frozen=True, omit_defaults=True):
    """Why a decision came out so: a code and ids, never a sentence; the reader's language makes the words."""

    code: str
    ids: tuple[str, ...] = ()
    numbers: dict[str, int] = {}


class Address(Struct, frozen=True, omit_defaults=True):
    """One address on one kind of channel, as written by the sender; ``value`` is normalised by the connector."""

    kind: str
    value: str
    name: str = ""


class Attachment(Struct, frozen=True, omit_defaults=True):
    """A stored file that belongs to a message; ``name`` is for display only."""

    file: FileId
    name: str
    type: str
    size: int
    content_id: str = ""
    inline: bool = False


class Recipient(Struct, frozen=True, omit_defaults=True):
    """How the delivery to one recipient stands. ``noted``: a receipt named him, but we did not write to him (a forwarder's address)."""

    address: str
    state: DeliveryState
    error: str = ""
    noted: bool = False


class Delivery(Struct, frozen=True, omit_defaults=True):
    """The outbox entry of an outbound message.

    ``repeat_at``: when one whose outcome is unknown is sent once more; ``repeated``: that was done, or a human did it.
    """

    state: DeliveryState
    due_at: Instant | None = None
    attempts: int = 0
    lease_until: Instant | None = None
    fence: int = 0
    provider_id: str = ""
    provider_ids: tuple[str, ...] = ()
    error: str = ""
    recipients: tuple[Recipient, ...] = ()
    repeat_at: Instant | None = None
    repeated: bool = False


class Author(Struct, frozen=True, omit_defaults=True):
    """Who wrote: ``kind`` is customer, agent, bot or system; ``id`` a customer's or an agent's id."""

    kind: str
    id: str = ""


class Card(Struct, frozen=True, omit_defaults=True):
    """Content that is no text and no file. ``kind``: location, contact, sticker, story, referral, product, choice or unsupported.

    ``title`` and ``text`` say it in words; ``url`` leads to it and is shown, never fetched.
    """

    kind: str
    title: str = ""
    text: str = ""
    url: str = ""


class Wording(Struct, frozen=True, omit_defaults=True):
    """What a message said before it was changed, and since when it had said so."""

    text: str
    at: Instant


class Reacted(Struct, frozen=True, omit_defaults=True):
    """One person's reaction to a message; ``emoji`` '': he took it back."""

    author: Author
    emoji: str
    at: Instant


class Message(Struct, frozen=True, omit_defaults=True):
    """One customer message, reply or private note.

    ``at`` is when the sender's provider says it was written, kept within 15 minutes of ``arrived_at``; a thread is
    shown by (``arrived_at``, ``id``). ``late``: it had lain at its provider for so long that it is history: shown in its place,
    and nothing else. ``text`` is the whole plain text; ``fresh`` the number of its leading characters that are not quoted history or
    signature (None: all of it); an answer that stood below a quotation is put in front of it. ``html`` is as received, unsafe until
    sanitised.
    ``forwards`` names the message that this one passes on to somebody outside.
    """

    id: MessageId
    conversation: ConversationId
    kind: Kind
    author: Author
    at: Instant
    arrived_at: Instant
    channel: ChannelId | None = None
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    fresh: int | None = None
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    version: int = 1
    reason: Reason | None = None
    client_id: str = ""
    external_id: str = ""
    references: tuple[str, ...] = ()
    automatic: str = ""
    late: bool = False
    unreadable: str = ""
    new_participant: bool = False
    seen_at: Instant | None = None
    raw: DeliveryId | None = None
    delivery: Delivery | None = None
    mentions: tuple[AgentId, ...] = ()
    customer: CustomerId | None = None
    forwards: MessageId | None = None
    cards: tuple[Card, ...] = ()
    reactions: tuple[Reacted, ...] = ()
    edited_at: Instant | None = None
    deleted_at: Instant | None = None
    earlier: tuple[Wording, ...] = ()
