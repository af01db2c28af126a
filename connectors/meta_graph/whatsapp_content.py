"""What a WhatsApp message says: its words, its files, and cards for everything that is neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from connectors.meta_graph import whatsapp_structs as wa
from connectors.meta_graph.webhook import reading
from connectors.meta_graph.whatsapp_errors import SENTENCES
from inbox.connector import InboundFile
from inbox.core.message import Card

_MAP: Final = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=17/{0}/{1}"
_MOST_CARDS: Final = 20
_ENDINGS: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
}


class Content(Struct, frozen=True):
    """What is shown of a message."""

    text: str = ""
    files: tuple[InboundFile, ...] = ()
    cards: tuple[Card, ...] = ()

    @classmethod
    def not_shown(cls, kind: str, why: str = "") -> Content:
        """What WhatsApp does not show to businesses, or we do not know."""
        return cls(cards=(Card("unsupported", f"WhatsApp message that cannot be shown here ({kind[:60]})", why),))


def content_of(message: wa.Message) -> Content:
    """The content of any message; what is not known becomes a card that says so."""
    said = _said(message)
    cards = (*said.cards, *_around(message))[:_MOST_CARDS]
    return Content(said.text, said.files, cards)


def _said(message: wa.Message) -> Content:
    match message:
        case wa.Message(type="text", text=wa.Text(body=body)):
            return Content(body)
        case wa.Message(type="image" | "video" | "audio" | "document" | "sticker" as kind):
            return _medium(kind, getattr(message, kind), message)
        case wa.Message(type="location", location=wa.Location() as place):
            return Content(cards=(_place(place),))
        case wa.Message(type="contacts", contacts=contacts):
            return Content(cards=tuple(_visiting_card(card) for card in contacts[:_MOST_CARDS]))
        case wa.Message(type="interactive", interactive=wa.Interactive() as chosen):
            return _chosen(chosen)
        case wa.Message(type="button", button=wa.Button(text=text, payload=payload)):
            return Content(text, cards=(Card("choice", text, payload if payload != text else ""),))
        case _:
            return _rarely_said(message)


def _rarely_said(message: wa.Message) -> Content:
    match message:
        case wa.Message(type="order", order=wa.Order() as order):
            return Content(order.text, cards=(_order(order),))
        case wa.Message(type="system", system=wa.System(body=body)):
            return Content(body)
        case _:
            kind = message.unsupported.type if message.unsupported is not None and message.unsupported.type else message.type
            why = message.errors[0].sentence(SENTENCES) if message.errors else ""
            return Content.not_shown(kind or "unknown", why)


def _around(message: wa.Message) -> Iterable[Card]:
    """What led to the message."""
    if message.context.referred_product is not None:
        yield Card("product", "Asks about a product", message.context.referred_product.product_retailer_id)
    if message.referral is not None:
        yield Card("referral", message.referral.headline or "Came by an advertisement", message.referral.body, message.referral.source_url)
    if message.group_id:
        yield Card("unsupported", "Written in a group: an answer goes to this person alone")


def _medium(kind: str, medium: wa.Medium | None, message: wa.Message) -> Content:
    if medium is None or not medium.id:
        return Content.not_shown(kind, message.errors[0].sentence(SENTENCES) if message.errors else "")
    mime = medium.mime_type.partition(";")[0].strip().lower() or "application/octet-stream"
    called = "voice message" if medium.voice else kind
    name = medium.filename or called + _ENDINGS.get(mime, "")
    cards = (Card("sticker", "Animated sticker" if medium.animated else "Sticker"),) if kind == "sticker" else ()
    return Content(medium.caption, (InboundFile(name, mime, ref=medium.id),), cards)


def _place(place: wa.Location) -> Card:
    position = f"{place.latitude:.6f}, {place.longitude:.6f}"
    text = "\n".join(line for line in (place.address, position) if line)
    return Card("location", place.name or "Location", text, _MAP.format(f"{place.latitude:.6f}", f"{place.longitude:.6f}"))


def _visiting_card(card: wa.CardOf) -> Card:
    lines = [card.org.company, *(p.phone for p in card.phones), *(e.email for e in card.emails)]
    return Card("contact", card.name.formatted_name or "Contact", "\n".join(line for line in lines if line))


def _chosen(chosen: wa.Interactive) -> Content:
    match chosen:
        case (
            wa.Interactive(type="button_reply", button_reply=wa.Reply() as reply)
            | wa.Interactive(type="list_reply", list_reply=wa.Reply() as reply)
        ):
            return Content(reply.title, cards=(Card("choice", reply.title, reply.description or reply.id),))
        case wa.Interactive(type="nfm_reply", nfm_reply=wa.FormReply() as form):
            return Content(cards=(Card("choice", "Filled in a form", _answers(form.response_json) or form.body),))
        case _:
            return Content.not_shown(f"interactive {chosen.type}")


def _answers(told: str) -> str:
    """The answers of a form, a line each; the token that Meta adds is of no use to a reader."""
    answers: Mapping[str, Any] | None = reading(told.encode("utf-8", "replace"), dict[str, Any])
    lines = (f"{name}: {value}" for name, value in (answers or {}).items() if name != "flow_token")
    return "\n".join(lines)[:4000]


def _order(order: wa.Order) -> Card:
    lines = (f"{item.quantity:g} x {item.product_retailer_id} at {item.item_price:g} {item.currency}" for item in order.product_items[:100])
    count = sum(item.quantity for item in order.product_items)
    return Card("product", f"Order of {count:g} {'article' if count == 1 else 'articles'}", "\n".join(lines))
