"""Messages as stored: who said what, when, on which channel, and how its delivery stands."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, DeliveryId, FileId, Instant, MessageId
from inbox.core.rating import Asked
from inbox.core.templates import FilledTemplate


class Kind(StrEnum):
    """What a message is; only ``REPLY`` ever leaves the house."""

    CUSTOMER = "customer"
    REPLY = "reply"
    NOTE = "note"
    CALL = "call"


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
    """Why a decision came out so: a code and ids, never a sentence; the reader's language makes the words.

    ``spans`` are times that were reckoned with: by which name, from when, until when.
    """

    code: str
    ids: tuple[str, ...] = ()
    numbers: dict[str, int] = {}
    spans: tuple[tuple[str, int, int], ...] = ()


MAIL_ADDRESS = r"[^@\s,;<>]+@[^@\s,;<>]+"
"""What a mail address looks like at the least."""


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


class SentPart(Struct, frozen=True, omit_defaults=True):
    """One of several messages that an answer became at its provider, under the provider's id of it."""

    id: str
    state: DeliveryState = DeliveryState.SENT
    error: str = ""


class Stood(Struct, frozen=True, omit_defaults=True):
    """How a conversation stood before an answer that its author can take back, so that it stands so again; ``answer``: the one before."""

    updated_at: Instant
    category: str
    waiting_since: Instant | None = None
    answer: MessageId | None = None


class Delivery(Struct, frozen=True, omit_defaults=True):
    """The outbox entry of an outbound message.

    ``repeat_at``: when one whose outcome is unknown is sent once more; ``repeated``: that was done, or a human did it.
    ``parts``: what the answer became where that is more than one message, and how each of them stands.
    ``tried_at``: when the last attempt began, so that it cannot have been sent before.
    ``scheduled_for``: the instant its author chose for it, and ``then`` the category it brings with it; see ``core/scheduling.py``.
    ``stood``: how its conversation stood before it, for as long as it can be taken back.
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
    parts: tuple[SentPart, ...] = ()
    scheduled_for: Instant | None = None
    then: str = ""
    tried_at: Instant | None = None
    stood: Stood | None = None


class Author(Struct, frozen=True, omit_defaults=True):
    """Who wrote: ``kind`` is customer, agent, bot or system; ``id`` a customer's or an agent's id."""

    kind: str
    id: str = ""


class AmendKind(StrEnum):
    """What an agent can change about a message that is out: the words of an answer, the answer itself, his reaction to a customer's."""

    EDIT = "edit"
    DELETE = "delete"
    REACT = "react"


class Amending(Struct, frozen=True, omit_defaults=True):
    """A change that the provider is to carry out, see ``core/amending.py``. ``text``: the new words, or the emoji ('' takes it back).

    ``due_at`` None: it was refused, ``error`` says why.
    """

    kind: AmendKind
    by: Author
    at: Instant
    due_at: Instant | None
    text: str = ""
    lease_until: Instant | None = None
    fence: int = 0
    attempts: int = 0
    error: str = ""


class Card(Struct, frozen=True, omit_defaults=True):
    """Content that is no text and no file. ``kind``: location, contact, sticker, story, referral, product, choice, template or unsupported.

    ``title`` and ``text`` say it in words; ``url`` leads to it and is shown, never fetched.
    """

    kind: str
    title: str = ""
    text: str = ""
    url: str = ""


class Sticker(Struct, frozen=True, omit_defaults=True):
    """A picture of the provider's that a channel sends by its id. ``sign``: the emoji that says the same where it cannot be shown;
    ``name`` a code for what it says; ``pack`` the collection it is from, and ``words`` in what language something is written on it."""

    id: str
    sign: str
    name: str
    pack: str
    words: str = ""


class Call(Struct, frozen=True, omit_defaults=True):
    """A phone call as somebody logged it. ``number`` is the customer's (E.164); ``in``: he called. ``seconds`` were spoken.

    ``recording`` leads to what was recorded; it is shown, never fetched.
    """

    number: str
    direction: Literal["in", "out"]
    outcome: Literal["answered", "no_answer", "busy", "voicemail", "failed"]
    started_at: Instant
    seconds: int = 0
    recording: str = ""


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

    ``at`` is when the sender's provider says it was written, where that is within 15 minutes of ``arrived_at``; a thread is
    shown by (``arrived_at``, ``id``). ``late``: it had lain at its provider for so long that it is history: shown in its place,
    and nothing else. ``text`` is the whole plain text; ``fresh`` the number of its leading characters that are not quoted history or
    signature (None: all of it); an answer that stood below a quotation is put in front of it. ``html`` is as received, unsafe until
    sanitised.
    ``forwards`` names the message that this one passes on to somebody outside. ``template``: it goes out as this approved template,
    of which ``text`` is what the customer reads. ``choices``: answers offered to him by one tap. ``sticker``: it goes out as this one.
    ``survey``: it asks how satisfied he is, and holds what he answered. ``rates``: below its text goes the address at which the
    message of this id is answered; it is a secret of the customer's, so it is written where it leaves, and nobody here sees it.
    ``answer_token``: what its provider takes one answer to it by, for a short time.
    ``unproved``: it says that it is from an address known to be this customer's, and nothing proves it.
    ``whisper``: a note for this colleague alone, beside its author and supervisors; see ``permissions.hears``.
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
    unproved: bool = False
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
    call: Call | None = None
    template: FilledTemplate | None = None
    choices: tuple[str, ...] = ()
    sticker: str = ""
    survey: Asked | None = None
    rates: MessageId | None = None
    amending: Amending | None = None
    answer_token: str = ""
    whisper: AgentId | None = None
