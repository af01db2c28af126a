"""What a Messenger or Instagram message says: its words, its files, and cards for everything that is neither."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from connectors.meta_graph import page_structs as page
from connectors.meta_graph.webhook import reading
from inbox.connector import InboundFile
from inbox.core.message import Card

_MAP: Final = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=17/{0}/{1}"
_MOST: Final = 30
_FILES: Final = {
    "image": ("image/jpeg", "image.jpg", "Picture"),
    "video": ("video/mp4", "video.mp4", "Video"),
    "audio": ("audio/mp4", "audio.m4a", "Audio"),
    "file": ("application/octet-stream", "file", "File"),
}
"""Type, name and title of what comes without them."""
_TYPES: Final = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp4": "",
    "mov": "video/quicktime",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "pdf": "application/pdf",
    "txt": "text/plain",
}
"""Types by the ending of the address; '' where the kind of the attachment says more."""
_SHARED: Final = {
    "story_mention": "Mentioned you in a story",
    "ig_story": "Shared a story",
    "ig_reel": "Shared a reel",
    "reel": "Shared a reel",
    "ig_post": "Shared a post",
    "post": "Shared a post",
    "share": "Shared a post",
}


class Content(Struct, frozen=True):
    """What is shown of a message."""

    text: str = ""
    files: tuple[InboundFile, ...] = ()
    cards: tuple[Card, ...] = ()

    @classmethod
    def not_shown(cls, kind: str) -> Content:
        """What Meta does not show to businesses, or we do not know."""
        return cls(cards=(Card("unsupported", f"Message that cannot be shown here ({kind[:60]})"),))


def content_of(message: page.Message, links: bool) -> Content:
    """The content; ``links``: files are shown as links and not stored. What is not known becomes a card that says so."""
    files: list[InboundFile] = []
    cards = list(_around(message))
    for one in message.attachments[:_MOST]:
        attachment: page.Attachment = reading(one, page.Attachment) or page.Attachment()
        url = attachment.payload.url if attachment.payload is not None else ""
        if attachment.type in _FILES and url and not links:
            files.append(_file(attachment.type, url))
        if attachment.type not in _FILES or links or not url or (attachment.payload is not None and attachment.payload.sticker_id):
            cards.append(_card(attachment))
    if message.is_unsupported or not (message.text or files or cards):
        cards += Content.not_shown("a kind that Meta does not show to businesses").cards
    return Content(message.text, tuple(files), tuple(cards))


def chosen(pressed: page.Postback) -> Content:
    """A button that was pressed."""
    led = () if pressed.referral is None else (referral(pressed.referral),)
    return Content(pressed.title or pressed.payload, cards=(_choice(pressed.title or pressed.payload, pressed.payload), *led))


def referral(led: page.Referral) -> Card:
    """What led here."""
    if led.product is not None:
        return Card("product", "Asks about a product", led.product.id)
    advertised = led.ads_context_data.ad_title if led.ads_context_data is not None else ""
    title = advertised or ("Came by an advertisement" if led.source == "ADS" else "Came by a link")
    return Card("referral", title, led.ref, led.referer_uri)


def _around(message: page.Message) -> list[Card]:
    """What led to the message."""
    story = message.reply_to.story
    found = [Card("story", "Answers your story", url=story.url)] if story is not None else []
    found += [_choice(message.text, message.quick_reply.payload)] if message.quick_reply is not None else []
    return [*found, referral(message.referral)] if message.referral is not None else found


def _choice(words: str, payload: str) -> Card:
    return Card("choice", words, payload if payload != words else "")


def _file(kind: str, url: str) -> InboundFile:
    """A name and a type from the last part of the address, where it has an ending that is known."""
    mime, name, _ = _FILES[kind]
    try:
        last = unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        return InboundFile(name, mime, ref=url)
    ending = last.rpartition(".")[2].lower()
    return InboundFile(last[-100:], _TYPES[ending] or mime, ref=url) if ending in _TYPES else InboundFile(name, mime, ref=url)


def _card(attachment: page.Attachment) -> Card:
    payload = attachment.payload or page.Payload()
    url = payload.url or attachment.url
    match attachment.type:
        case "location" if payload.coordinates is not None:
            position = f"{payload.coordinates.lat:.6f}", f"{payload.coordinates.long:.6f}"
            return Card("location", attachment.title or "Location", ", ".join(position), _MAP.format(*position))
        case "template" if payload.product is not None and payload.product.elements:
            element = payload.product.elements[0]
            return Card("product", element.title, element.subtitle, element.url)
        case "fallback" if url:
            return Card("referral", attachment.title or payload.title or "Shared a link", url=url)
        case kind if kind in _SHARED:
            return Card("story", _SHARED[kind], payload.title or attachment.title, url)
        case kind if kind in _FILES and payload.sticker_id:
            return Card("sticker", "Sticker", url=url)
        case kind if kind in _FILES and url:
            return Card("story", _FILES[kind][2], url=url)
        case kind:
            return Content.not_shown(kind or "unknown").cards[0]
