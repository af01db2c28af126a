"""What the events of a delivery become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from connectors.line.events import Event, Said, Source, Webhook
from connectors.line.places import KIND, Place
from inbox.connector import Deletion, IdentityProof, InboundFile, InboundMessage, Item, RawDelivery
from inbox.core.errors import Malformed, Unsupported
from inbox.core.message import Address, Card

NOTICE: Final = "notice"
"""``InboundMessage.automatic`` of what LINE says of a customer and nobody wrote."""

_FILES: Final = {
    "image": ("image.jpg", "image/jpeg"),
    "video": ("video.mp4", "video/mp4"),
    "audio": ("audio.m4a", "audio/mp4"),
    "file": ("file", "application/octet-stream"),
}
_BROKEN: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)


def parse_webhook(raw: RawDelivery) -> Sequence[Item]:
    """The items of all events. Raises ``Malformed``, and ``Unsupported`` when no event is of a kind that is shown."""
    try:
        webhook = msgspec.json.decode(raw.body, type=Webhook)
    except _BROKEN as bad:
        raise Malformed(str(bad)[:200]) from None
    found: list[Item] = []
    passed: list[str] = []
    for number, event in enumerate(webhook.events):
        try:
            found += _items(msgspec.json.decode(event, type=Event))
        except Unsupported as known:
            passed.append(str(known))
        except (Malformed, *_BROKEN) as bad:
            found.append(_unreadable(raw, number, str(bad)))
    if passed and not found:
        raise Unsupported(", ".join(dict.fromkeys(passed))[:200])
    return found


def _items(event: Event) -> list[Item]:
    if event.type == "unsend" and event.unsend is not None:
        return [Deletion(event.unsend.message_id, event.timestamp)]
    if event.type == "message" and event.message is not None:
        return _said(event, event.message)
    if event.type == "postback" and event.postback is not None:
        chosen = "; ".join(f"{name}: {value}" for name, value in event.postback.params.items())
        return _shown(event, InboundMessage("", _nobody, cards=(Card("choice", chosen, event.postback.data),)))
    if event.type == "unfollow":
        return _notice(event, "Blocked this account", "Answers do not reach this customer any more.")
    if event.type == "follow" and event.follow.is_unblocked:
        return _notice(event, "Unblocked this account", "Answers reach this customer again.")
    raise Unsupported(event.type[:40])


_nobody = Address(KIND, "")


def _notice(event: Event, title: str, text: str) -> list[Item]:
    return _shown(event, InboundMessage("", _nobody, automatic=NOTICE, cards=(Card("referral", title, text),)))


def _said(event: Event, said: Said) -> list[Item]:
    message = InboundMessage(
        key="",
        sender=_nobody,
        external_id=said.id,
        text=said.text,
        files=_files(said),
        cards=_cards(said),
        references=(said.quoted_message_id,) if said.quoted_message_id else (),
    )
    return _shown(event, message)


def _shown(event: Event, message: InboundMessage) -> list[Item]:
    """The message as said by whoever caused the event. In a group that is the person of the private chat, too."""
    where = _place(event.source)
    sender = Address(KIND, where.address)
    whole = msgspec.structs.replace(
        message,
        key=event.webhook_event_id,
        sender=sender,
        at=event.timestamp,
        received_at=event.timestamp,
        thread=where.chat,
        authenticated=True,
        answer_token=event.reply_token if message.automatic == "" else "",
    )
    if not (where.chat and where.user):
        return [whole]
    return [IdentityProof(sender, Address(KIND, where.user), "same_account"), whole]


def _place(source: Source | None) -> Place:
    """Raises ``Malformed`` when nobody is named."""
    if source is None or not (source.group_id or source.room_id or source.user_id):
        raise Malformed("no source")
    return Place(source.group_id or source.room_id, source.user_id)


def _files(said: Said) -> tuple[InboundFile, ...]:
    """A medium at LINE is named by its kind and the message's id, one elsewhere by its address."""
    if said.type not in _FILES:
        return ()
    name, kind = _FILES[said.type]
    elsewhere = said.content_provider.original_content_url if said.content_provider.type == "external" else ""
    return (InboundFile(said.file_name[:250] or name, kind, ref=elsewhere or f"{said.type}:{said.id}"),)


def _cards(said: Said) -> tuple[Card, ...]:
    if said.type == "location" and said.latitude is not None and said.longitude is not None:
        point = f"{said.latitude:.6f}, {said.longitude:.6f}"
        url = f"https://www.openstreetmap.org/?mlat={said.latitude:.6f}&mlon={said.longitude:.6f}#map=17"
        return (Card("location", said.title, ", ".join(filter(None, (said.address, point))), url),)
    if said.type == "sticker":
        return (Card("sticker", ", ".join(said.keywords[:3])),)
    if said.type in _FILES or (said.type == "text" and said.text):
        return ()
    return (Card("unsupported", said.type.replace("_", " ")[:40]),)


def _unreadable(raw: RawDelivery, number: int, why: str) -> InboundMessage:
    """Stands in the inbox for an event that could not be read, so that nothing is lost silently."""
    sender = Address(KIND, f"unreadable:{raw.channel}")
    return InboundMessage(key=f"unreadable:{raw.key}:{number}", sender=sender, unreadable=why[:100] or "malformed")
