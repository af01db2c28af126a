"""What a system of the operator may tell us, strictly: unknown fields and other types are refused, and it hears where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from inbox import connector as c
from inbox.core.errors import Malformed
from inbox.core.message import Address, Card, DeliveryState

KIND: Final = "api"
AT_ONCE: Final = 100

Id = Annotated[str, Meta(min_length=1, max_length=200, description="an id of yours, the same for the same thing for ever")]
Line = Annotated[str, Meta(max_length=500)]
Text = Annotated[str, Meta(max_length=200_000)]
At = Annotated[int, Meta(ge=0, le=253_402_300_799_999, description="milliseconds since 1970-01-01T00:00Z")]
Web = Annotated[str, Meta(pattern=r"^https?://\S+$", max_length=2000)]


CustomerId = Annotated[str, Meta(pattern=r"^[^#]+$", max_length=200, description="an id of yours without a #")]


class Customer(Struct, frozen=True, forbid_unknown_fields=True):
    """Who it is. ``proved``: you made sure that mail address and number are his, so that he is one person with whoever has them here."""

    id: CustomerId
    name: Line = ""
    email: Annotated[str, Meta(pattern=r"^([^\s@<>\",;:()\[\]]+@[^\s@<>\",;:()\[\]]+)?$", max_length=254)] = ""
    phone: Annotated[str, Meta(pattern=r"^(\+[1-9][0-9]{6,14})?$", description="E.164, such as +15550100")] = ""
    proved: bool = False
    language: Annotated[str, Meta(max_length=35)] = ""
    attributes: Annotated[dict[Annotated[str, Meta(min_length=1, max_length=100)], Line], Meta(max_length=50)] = {}


class File(Struct, frozen=True, forbid_unknown_fields=True):
    """A file: its bytes in base64 as ``content``, or a public address to fetch it from as ``url``."""

    name: Annotated[str, Meta(min_length=1, max_length=250)]
    type: Annotated[str, Meta(pattern=r"^[\w.+-]+/[\w.+-]+$", max_length=100)] = "application/octet-stream"
    content: bytes = b""
    url: Web | None = None


class Shown(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is neither text nor file. ``url`` leads to it and is shown, never fetched."""

    kind: Literal["location", "contact", "sticker", "story", "referral", "product", "choice", "unsupported"]
    title: Line = ""
    text: Annotated[str, Meta(max_length=2000)] = ""
    url: Web | None = None


class Message(Struct, frozen=True, forbid_unknown_fields=True, tag="message"):
    """A customer wrote. Without any of these three he goes on with the conversation that he has open.

    ``thread``: where he wrote, your id of the room or matter; ``conversation``: ours, as a reply had it; ``answers``: ids of earlier
    messages, nearest first.
    """

    id: Id
    customer: Customer
    text: Text = ""
    subject: Line = ""
    at: At | None = None
    thread: Annotated[str, Meta(max_length=200)] = ""
    conversation: Annotated[str, Meta(max_length=200)] = ""
    answers: Annotated[tuple[Id, ...], Meta(max_length=50)] = ()
    files: Annotated[tuple[File, ...], Meta(max_length=20)] = ()
    cards: Annotated[tuple[Shown, ...], Meta(max_length=20)] = ()


class Edit(Struct, frozen=True, forbid_unknown_fields=True, tag="edit"):
    """He changed what he had written."""

    message: Id
    text: Text
    at: At | None = None


class Deletion(Struct, frozen=True, forbid_unknown_fields=True, tag="deletion"):
    """He took a message back."""

    message: Id
    at: At | None = None


class Reaction(Struct, frozen=True, forbid_unknown_fields=True, tag="reaction"):
    """He reacted to a message, his own or ours; an empty ``emoji`` takes it back."""

    message: Id
    customer: Customer
    emoji: Annotated[str, Meta(max_length=50)]
    at: At | None = None


class Receipt(Struct, frozen=True, forbid_unknown_fields=True, tag="receipt"):
    """What became of a message of ours, by the id it came with or the one you answered. ``error``: a sentence for the agent."""

    message: Id
    state: Literal["sent", "delivered", "read", "failed"]
    customer: Annotated[str, Meta(max_length=200)] = ""
    error: Line = ""
    at: At | None = None


class Known(Struct, frozen=True, forbid_unknown_fields=True, tag="customer"):
    """Somebody is your customer, whether or not he has written; the same id again changes what is known of him."""

    customer: Customer


Incoming = Known | Message | Edit | Deletion | Reaction | Receipt
Body = Incoming | Annotated[tuple[Incoming, ...], Meta(max_length=AT_ONCE)]

_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Body)


def items_of(body: bytes) -> Sequence[c.Item]:
    """The items of one object or of a list. Raises ``Malformed``, which says where it is wrong."""
    try:
        told = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as bad:
        raise Malformed(str(bad)[:300] or "no JSON") from None
    return [item for one in (told if isinstance(told, tuple) else (told,)) for item in _items(one)]


def schema() -> dict[str, Any]:
    """The body as JSON Schema (2020-12)."""
    return msgspec.json.schema(Body)


def _items(told: Incoming) -> list[c.Item]:
    match told:
        case Known(customer):
            return [*_proofs(customer, ""), c.Contact(_address(customer), customer.language, {**customer.attributes, **_claims(customer)})]
        case Message():
            return [*_proofs(told.customer, told.thread), _message(told)]
        case Edit(message, text, at):
            return [c.Edit(message, text, at)]
        case Deletion(message, at):
            return [c.Deletion(message, at)]
        case Reaction(message, customer, emoji, at):
            return [c.Reaction(message, _address(customer), emoji, at)]
        case Receipt(message, state, customer, error, at):
            return [c.Receipt(DeliveryState(state), provider_id=message, recipient=customer, error=error, at=at)]


def _address(customer: Customer, thread: str = "") -> Address:
    """In every thread a customer has an address of his own, so that an answer to it goes there."""
    return Address(KIND, f"{customer.id}#{thread}" if thread else customer.id, customer.name)


def placed(address: str) -> tuple[str, str]:
    """The customer's id and the thread of an address."""
    id, _, thread = address.partition("#")
    return id, thread


def _proofs(customer: Customer, thread: str) -> list[c.Item]:
    """He is the same person in every thread, and whom his proved addresses belong to."""
    stated = [Address(kind, value) for kind, value in (("email", customer.email.lower()), ("phone", customer.phone)) if value]
    owned = [c.IdentityProof(_address(customer), also, "signed", customer.name) for also in stated if customer.proved]
    same = [c.IdentityProof(_address(customer, thread), _address(customer), "same_account", customer.name)] if thread else []
    return [*owned, *same]


def _claims(customer: Customer) -> dict[str, str]:
    return {name: value for name, value in (("email", customer.email), ("phone", customer.phone)) if value}


def _message(told: Message) -> c.InboundMessage:
    if not (told.text.strip() or told.files or told.cards):
        raise Malformed(f"message {told.id}: neither text nor files nor cards")
    return c.InboundMessage(
        key=told.id,
        sender=_address(told.customer, told.thread),
        at=told.at,
        received_at=told.at,
        external_id=told.id,
        subject=told.subject,
        text=told.text,
        files=tuple(_file(file) for file in told.files),
        thread=told.thread,
        tokens=(told.conversation,) if told.conversation else (),
        references=told.answers,
        authenticated=True,
        language=told.customer.language,
        attributes={**told.customer.attributes, **_claims(told.customer)},
        cards=tuple(Card(card.kind, card.title, card.text, card.url or "") for card in told.cards),
    )


def _file(file: File) -> c.InboundFile:
    if bool(file.content) == bool(file.url):
        raise Malformed(f"file {file.name}: give either content or url")
    return c.InboundFile(file.name, file.type, content=file.content, ref=file.url or "")
