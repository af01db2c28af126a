"""WhatsApp deliveries as messages, receipts and changes: every entry, change, message and status of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Raw

from connectors.meta_graph import whatsapp_structs as wa
from connectors.meta_graph.webhook import ACCOUNT, Change, entries, instant, reading, what_is_left
from connectors.meta_graph.whatsapp_content import Content, content_of
from connectors.meta_graph.whatsapp_errors import SENTENCES
from inbox.connector import Deletion, Edit, IdentityProof, InboundMessage, Item, RawDelivery, Reaction, Receipt
from inbox.core.ids import digest
from inbox.core.message import Address, DeliveryState
from inbox.core.phone import e164

KIND: Final = "phone"
OBJECT: Final = "whatsapp_business_account"
NOBODY: Final = "unknown"

_STATES: Final = {
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "played": DeliveryState.READ,
    "failed": DeliveryState.FAILED,
}
_SILENT: Final = frozenset({"request_welcome"})
"""Somebody opened the chat and has not said anything."""


def parse(raw: RawDelivery) -> Sequence[Item]:
    """Every item that is for this channel's number. Raises ``Malformed``, or ``Unsupported`` when there is none and why."""
    ours, unreadable = raw.context.get(ACCOUNT, ""), False
    items: list[Item] = []
    left: set[str] = set()
    for change in _changes(raw):
        value = reading(change.value, wa.Value) if change is not None and change.field == "messages" else None
        if change is not None and change.field != "messages":
            left.add(f"the field {change.field[:40]!r}")
        elif value is None:
            unreadable = True
        elif ours and value.metadata.phone_number_id != ours:
            left.add(f"the number with the id {value.metadata.phone_number_id[:40]!r}")
        else:
            items += _of_value(value)
    return what_is_left(items, left, unreadable)


def _changes(raw: RawDelivery) -> Iterator[Change | None]:
    for entry in entries(raw, OBJECT):
        yield from (None,) if entry is None else (reading(one, Change) for one in entry.changes)


def _of_value(value: wa.Value) -> Iterator[Item]:
    contacts = [contact for contact in (reading(one, wa.Contact) for one in value.contacts) if contact is not None]
    for one in value.messages:
        yield from _of_message(one, contacts)
    for status in (reading(one, wa.Status) for one in value.statuses):
        if status is not None and status.status in _STATES:
            yield _receipt(status)


def _receipt(status: wa.Status) -> Receipt:
    state = _STATES[status.status]
    return Receipt(
        state,
        provider_id=status.id,
        token=status.biz_opaque_callback_data,
        recipient=address_of(status.recipient_id, status.recipient_user_id),
        error=status.errors[0].sentence(SENTENCES) if state is DeliveryState.FAILED and status.errors else "",
        at=instant(status.timestamp),
    )


def _of_message(one: Raw, contacts: Sequence[wa.Contact]) -> Iterator[Item]:
    message: wa.Message | wa.Bare | None = reading(one, wa.Message)
    if message is None:
        message = reading(one, wa.Bare) or wa.Bare()
    contact = _contact(message, contacts)
    sender = Address(KIND, address_of(message.from_, message.from_user_id) or NOBODY, _name(contact))
    at = instant(message.timestamp)
    yield from _proofs(sender, message)
    match message:
        case wa.Message(type="reaction", reaction=wa.Reaction() as reaction):
            yield Reaction(reaction.message_id, sender, reaction.emoji, at)
        case wa.Message(type="edit", edit=wa.Edited(original_message_id=target, message=wa.Message() as new)):
            yield Edit(target, content_of(new).text, at)
        case wa.Message(type="revoke", revoke=wa.Revoked(original_message_id=target)):
            yield Deletion(target, at)
        case _ if message.type not in _SILENT:
            yield _message(message, sender, at, one)


def _message(message: wa.Message | wa.Bare, sender: Address, at: int | None, one: Raw) -> InboundMessage:
    content = content_of(message) if isinstance(message, wa.Message) else Content.not_shown(message.type or "unknown")
    answered = message.context.id if isinstance(message, wa.Message) else ""
    return InboundMessage(
        key=message.id or f"without id: {digest(bytes(one))}",
        sender=sender,
        at=at,
        received_at=at,
        external_id=message.id,
        text=content.text,
        files=content.files,
        references=(answered,) if answered else (),
        authenticated=sender.value != NOBODY,
        unreadable="" if sender.value != NOBODY else "a message that does not say who sent it",
        automatic="auto-generated" if message.type == "system" else "",
        cards=content.cards,
    )


def _proofs(sender: Address, message: wa.Message | wa.Bare) -> Iterator[IdentityProof]:
    """WhatsApp tells which number and which user id are one person, and when somebody took a new number."""
    if message.from_ and message.from_user_id:
        yield IdentityProof(sender, Address(KIND, message.from_user_id), "whatsapp", sender.name)
    system = message.system if isinstance(message, wa.Message) else None
    moved = address_of(system.wa_id, system.user_id) if system is not None else ""
    if moved and moved != sender.value:
        yield IdentityProof(sender, Address(KIND, moved), "whatsapp", sender.name)


def _contact(message: wa.Message | wa.Bare, contacts: Sequence[wa.Contact]) -> wa.Contact:
    ids = {message.from_, message.from_user_id} - {""}
    return next((c for c in contacts if ids & {c.wa_id, c.user_id}), wa.Contact())


def _name(contact: wa.Contact) -> str:
    username = contact.profile.username
    return contact.profile.name or (f"@{username}" if username else "")


def address_of(number: str, user: str) -> str:
    """A number in the form of E.164; the user id of somebody who hides his number."""
    digits = number.removeprefix("+")
    return e164(f"+{digits}") or f"+{digits}" if digits.isascii() and digits.isdigit() else user or number
