"""Messenger and Instagram deliveries as messages, receipts and changes: every event of every entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Raw

from connectors.meta_graph import page_structs as page
from connectors.meta_graph.page_content import Content, chosen, content_of, referral
from connectors.meta_graph.webhook import ACCOUNT, entries, instant, reading, what_is_left
from inbox.connector import Deletion, Edit, InboundMessage, Item, RawDelivery, Reaction, Receipt, Watermark
from inbox.core.ids import digest
from inbox.core.message import Address, DeliveryState

NOBODY: Final = "unknown"
LINKS: Final = "media_links"
"""In a delivery's context: files are shown as links and not stored."""

_EMOJI: Final = {"love": "❤️", "like": "👍", "dislike": "👎", "smile": "😆", "laugh": "😆", "wow": "😮", "sad": "😢", "angry": "😠"}


def parse(raw: RawDelivery, kind: str, about: str) -> Sequence[Item]:
    """Every item for this channel's account. ``kind``: of the addresses; ``about``: the kind of account in the envelope.

    Raises ``Malformed``, or ``Unsupported`` when there is nothing and why.
    """
    ours, unreadable = raw.context.get(ACCOUNT, ""), False
    items: list[Item] = []
    left: set[str] = set()
    for entry in entries(raw, about):
        if entry is None:
            unreadable = True
        elif ours and entry.id != ours:
            left.add(f"another account ({entry.id[:40]})")
        else:
            left |= {"changes of the account"} if entry.changes else set()
            for one in (*entry.messaging, *entry.standby):
                found = list(_of_event(one, kind, LINKS in raw.context, entry.id))
                items += found
                left |= set() if found else {_not_handled(one)}
    return what_is_left(items, left, unreadable)


def _not_handled(one: Raw) -> str:
    """The name of what an event is about."""
    event: dict[str, Raw] = reading(one, dict[str, Raw]) or {}
    if "message" in event:
        return "a message sent with another tool"
    return next((name for name in event if name not in ("sender", "recipient", "timestamp")), "nothing")[:40]


def _of_event(one: Raw, kind: str, links: bool, ours: str) -> Iterator[Item]:
    event: page.Event | None = reading(one, page.Event)
    if event is None:
        yield from _unreadable(one, kind)
        return
    sender, at = Address(kind, event.sender.id), instant(event.timestamp, 1)
    if event.message is not None:
        yield from _of_message(event.message, sender, event, at, links)
    elif event.sender.id != ours:
        yield from _of_customer(event, sender, at)


def _of_customer(event: page.Event, sender: Address, at: int | None) -> Iterator[Item]:
    match event:
        case page.Event(message_edit=page.MessageEdit(mid=mid, text=text)):
            yield Edit(mid, text, at)
        case page.Event(reaction=page.Reaction() as given):
            yield Reaction(given.mid, sender, _emoji(given), at)
        case page.Event(postback=page.Postback() as pressed):
            key = pressed.mid or f"postback:{sender.value}:{event.timestamp}:{digest(pressed.payload, pressed.title)}"
            yield _message(key, pressed.mid, sender, at, chosen(pressed))
        case page.Event(referral=page.Referral() as led):
            key = f"referral:{sender.value}:{event.timestamp}"
            yield _message(key, "", sender, at, Content(cards=(referral(led),)), automatic="auto-generated")
        case page.Event(delivery=page.Delivered() as told):
            yield from _seen(DeliveryState.DELIVERED, told.mids, told.watermark, sender, instant(told.watermark, 1))
        case page.Event(read=page.Read() as told):
            yield from _seen(DeliveryState.READ, (told.mid,) if told.mid else (), told.watermark, sender, at)


def _seen(state: DeliveryState, mids: Sequence[str], watermark: int, sender: Address, at: int | None) -> Iterator[Item]:
    """Which messages, where they are named; Messenger names those that were read by a time only."""
    until = instant(watermark, 1)
    for mid in mids:
        yield Receipt(state, mid, recipient=sender.value, at=at)
    if not mids and until is not None:
        yield Watermark(state, sender, until)


def _of_message(message: page.Message, sender: Address, event: page.Event, at: int | None, links: bool) -> Iterator[Item]:
    if message.is_echo:
        # Our own come back with the signed id they were sent with; what another tool sent bears none.
        if message.metadata and not message.is_deleted:
            yield Receipt(DeliveryState.SENT, message.mid, message.metadata, event.recipient.id, at=at)
    elif message.is_deleted:
        yield Deletion(message.mid, at)
    else:
        key = message.mid or f"message:{sender.value}:{event.timestamp}:{digest(message.text)}"
        yield _message(key, message.mid, sender, at, content_of(message, links), answers=message.reply_to.mid)


def _message(
    key: str, mid: str, sender: Address, at: int | None, content: Content, *, answers: str = "", automatic: str = ""
) -> InboundMessage:
    return InboundMessage(
        key=key,
        sender=sender if sender.value else Address(sender.kind, NOBODY),
        at=at,
        received_at=at,
        external_id=mid,
        text=content.text,
        files=content.files,
        references=(answers,) if answers else (),
        authenticated=bool(sender.value),
        unreadable="" if sender.value else "a message that does not say who sent it",
        automatic=automatic,
        cards=content.cards,
    )


def _unreadable(one: Raw, kind: str) -> Iterator[Item]:
    """An event of a shape we do not know stands in the thread, so that somebody looks at it; anything but a message is left."""
    bare: page.Bare | None = reading(one, page.Bare)
    if bare is None or bare.message is None:
        return
    at = instant(bare.timestamp, 1)
    key = bare.message.mid or f"unreadable:{digest(bytes(one))}"
    yield _message(key, bare.message.mid, Address(kind, bare.sender.id), at, Content.not_shown("unknown"))


def _emoji(given: page.Reaction) -> str:
    return "" if given.action == "unreact" else given.emoji or _EMOJI.get(given.reaction, "❤️")
