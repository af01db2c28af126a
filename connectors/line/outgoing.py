"""An answer as LINE's message objects, in pushes of at most five, each under a retry key.

https://developers.line.biz/en/reference/messaging-api/#message-objects
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from inbox.connector import OutboundFile, OutboundMessage
from inbox.core.errors import Rejected
from inbox.core.ids import digest
from inbox.core.plain import plain

TEXT_LIMIT: Final = 5000
"""In UTF-16 code units (https://developers.line.biz/en/docs/messaging-api/text-character-count/)."""

AT_ONCE: Final = 5
MOST_BYTES: Final = 1_000_000
"""What a preview may have; the picture stands for its own."""

_SHOWN: Final = frozenset({"image/jpeg", "image/png"})


class Say(Struct, frozen=True, tag_field="type", tag="message"):
    """What a tap writes in the customer's name."""

    label: str
    text: str


class QuickReply(Struct, frozen=True):
    """Answers to choose from, below the last bubble."""

    class Item(Struct, frozen=True, tag_field="type", tag="action"):
        """One of them."""

        action: Say

    items: tuple[Item, ...]


class TextBubble(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="text", rename="camel"):
    """Words."""

    text: str
    quick_reply: QuickReply | None = None


class ImageBubble(Struct, frozen=True, tag_field="type", tag="image", rename="camel"):
    """A picture that LINE fetches."""

    original_content_url: str
    preview_image_url: str


class StickerBubble(Struct, frozen=True, tag_field="type", tag="sticker", rename="camel"):
    """A picture of LINE's own."""

    package_id: str
    sticker_id: str


Bubble = TextBubble | ImageBubble | StickerBubble


class Push(Struct, frozen=True, omit_defaults=True):
    """The body of one call."""

    to: str
    messages: list[Bubble] = field(default_factory=list)


class Reply(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The body of an answer by the token of what it answers."""

    reply_token: str
    messages: list[Bubble]


def bubbles(message: OutboundMessage, link: Callable[[str, str], str]) -> list[Bubble]:
    """What the customer sees, in order. Raises ``Rejected`` for what LINE does not show."""
    if message.sticker:
        package, _, id = message.sticker.partition("/")
        return [StickerBubble(package, id)]
    said: list[Bubble] = [TextBubble(part) for part in parts(plain(message.text))]
    shown: list[Bubble] = [_image(file, link) for file in message.files]
    shown = [*shown, *_offering(said, message.choices)] if message.choices else [*said, *shown]
    if not shown:
        raise Rejected("There is nothing to send.")
    return shown


def _offering(said: list[Bubble], choices: tuple[str, ...]) -> list[Bubble]:
    """LINE shows choices only below the last bubble."""
    *before, last = said
    items = tuple(QuickReply.Item(Say(choice, choice)) for choice in choices)
    return [*before, replace(last, quick_reply=QuickReply(items))]


def pushes(to: str, shown: list[Bubble]) -> list[Push]:
    """As many calls as it takes."""
    return [Push(to, shown[at : at + AT_ONCE]) for at in range(0, len(shown), AT_ONCE)]


def retry_key(message: OutboundMessage, number: int) -> str:
    """A UUID that is the same at every attempt: LINE carries out a request of one key once (X-Line-Retry-Key, for 24 hours)."""
    made = digest("line-retry-key", message.channel, message.id, str(number))
    return "-".join((made[:8], made[8:12], f"8{made[13:16]}", f"8{made[17:20]}", made[20:]))


def parts(text: str) -> Iterator[str]:
    """The text in pieces that fit, cut at the end of a line or of a word where there is one."""
    rest = text.strip()
    while units(rest) > TEXT_LIMIT:
        most = _fitting(rest)
        cut = max(rest.rfind("\n", most // 2, most), rest.rfind(" ", most // 2, most))
        cut = cut if cut > 0 else most
        yield rest[:cut].rstrip()
        rest = rest[cut:].lstrip()
    if rest:
        yield rest


def units(text: str) -> int:
    """The length as LINE counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fitting(text: str) -> int:
    """How many leading characters fit."""
    begin = text.encode("utf-16-le", "surrogatepass")[: 2 * TEXT_LIMIT]
    return len(begin.decode("utf-16-le", "ignore"))


def _image(file: OutboundFile, link: Callable[[str, str], str]) -> ImageBubble:
    if file.type.lower() not in _SHOWN:
        raise Rejected(f"LINE shows JPEG and PNG pictures only; send {file.name} another way.")
    if file.size > MOST_BYTES:
        raise Rejected(f"{file.name} is too large: LINE shows pictures of at most 1 MB.")
    url = link(file.file, file.name)
    if not url.startswith("https://"):
        raise Rejected("LINE fetches pictures by https only, and this service has no https address.")
    return ImageBubble(url, url)
