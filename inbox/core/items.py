"""What comes in: a delivery exactly as it was handed over, and the items a connector's parser finds in it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from inbox.core.ids import ChannelId, Instant
from inbox.core.message import Address, Card, DeliveryState


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


class Part(Struct, frozen=True, omit_defaults=True):
    """One of ``total`` parts of a message, counted from 1. ``of`` is the same for all parts of one sender's message."""

    of: str
    number: int
    total: int


class InboundMessage(Struct, frozen=True, omit_defaults=True, tag="message"):
    """One customer message, normalised.

    ``key`` identifies it within the channel for ever. ``tokens`` are strings that may be our reply tokens or signed ids
    (checked by the core); ``references`` the provider's ids of earlier messages, nearest first; ``thread`` the provider's
    thread id. ``authenticated``: the transport proved ``sender``. ``automatic``: '' or why no human wrote it
    (``auto-reply``, ``out-of-office``, ``auto-generated``, ``bounce``, ``complaint``, ``list``). ``fresh``: see ``core.message.Message``.
    ``echo``: a signed id of ours that the message bears as its own, beside ``external_id``: it may be our message come back.
    ``consent``: ``out`` or ``in`` when the sender asks by a word for no more messages, or for them again.
    ``unreadable`` says why the content could not be read; the raw delivery is kept. ``received_at``: when the provider took it
    in, where it says so; ``backlog``: it was there before this channel was first read. ``part``: it is a part of a message, which
    is shown as one. ``answer_token``: the provider takes one answer by it, for a short time.
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
    consent: Literal["", "out", "in"] = ""
    unreadable: str = ""
    language: str = ""
    attributes: dict[str, str] = {}
    echo: str = ""
    cards: tuple[Card, ...] = ()
    answer_token: str = ""
    part: Part | None = None


class Receipt(Struct, frozen=True, omit_defaults=True, tag="receipt"):
    """News about a message we sent, found by ``provider_id`` (the id ``send`` returned) or by a signed ``token``."""

    state: DeliveryState
    provider_id: str = ""
    token: str = ""
    recipient: str = ""
    error: str = ""
    at: Instant | None = None


class Watermark(Struct, frozen=True, omit_defaults=True, tag="watermark"):
    """News about all that we sent to an address up to an instant of the provider's clock: it was delivered, or read."""

    state: DeliveryState
    recipient: Address
    until: Instant


class IdentityProof(Struct, frozen=True, omit_defaults=True, tag="proof"):
    """The transport proved that ``address`` also owns ``also`` (a host site's signed token, an answered code)."""

    address: Address
    also: Address
    how: str
    name: str = ""
    attributes: dict[str, str] = {}


class Contact(Struct, frozen=True, omit_defaults=True, tag="contact"):
    """What the transport vouches for of somebody, whether or not he has written: ``address`` with his name, what is known of him."""

    address: Address
    language: str = ""
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


Item = InboundMessage | Receipt | Watermark | Contact | IdentityProof | Edit | Deletion | Reaction
