"""What a message says: its words, its files and its cards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connectors.telegram.updates import Entity, Medium, Message, Origin
from inbox.connector import InboundFile
from inbox.core.message import Card

MOST_FETCHED: Final = 20_000_000
"""Bots are given files of at most 20 MB (https://core.telegram.org/bots/api#getfile)."""

_KINDS: Final = {
    "photo": ("photo.jpg", "image/jpeg"),
    "document": ("file", "application/octet-stream"),
    "animation": ("animation.mp4", "video/mp4"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "voice": ("voice.ogg", "audio/ogg"),
    "video": ("video.mp4", "video/mp4"),
    "video_note": ("video-note.mp4", "video/mp4"),
}
"""What a medium is called, and its type, where Telegram says neither."""


def words(message: Message) -> str:
    """What was written, with the address of every link that hides behind other words."""
    if message.text or message.caption:
        return _with_links(message.text, message.entities) or _with_links(message.caption, message.caption_entities)
    if message.rich_message is not None:
        return "\n".join(line for block in message.rich_message.blocks for line in _lines(block)).strip()
    if message.poll is not None:
        return "\n".join([message.poll.question, *(f"- {option.text}" for option in message.poll.options)])
    if message.checklist is not None:
        return "\n".join([message.checklist.title, *(f"- {task.text}" for task in message.checklist.tasks)])
    if message.dice is not None:
        return f"{message.dice.emoji} {message.dice.value}"
    return message.web_app_data.data if message.web_app_data is not None else ""


def _with_links(text: str, entities: tuple[Entity, ...]) -> str:
    hidden = [entity for entity in entities if entity.type == "text_link" and entity.url]
    if not hidden:
        return text
    units = text.encode("utf-16-le")
    for entity in sorted(hidden, key=lambda e: e.offset + e.length, reverse=True):
        start, end = 2 * entity.offset, 2 * (entity.offset + entity.length)
        shown = units[start:end].decode("utf-16-le", "replace")
        if shown.rstrip("/") != entity.url.rstrip("/"):
            units = units[:end] + f" ({entity.url})".encode("utf-16-le") + units[end:]
    return units.decode("utf-16-le", "replace")


def _lines(block: object) -> Iterator[str]:
    """The lines of one block of a formatted document."""
    if not isinstance(block, dict):
        return
    for name in ("text", "summary", "expression"):
        if block.get(name):
            yield _inline(block[name])
    for inner in _list(block.get("blocks")):
        yield from _lines(inner)
    for item in _list(block.get("items")):
        if isinstance(item, dict):
            yield f"- {' '.join(line for inner in _list(item.get('blocks')) for line in _lines(inner))}"
    for row in _list(block.get("cells")):
        yield " | ".join(_inline(cell) for cell in _list(row))


def _inline(rich: object) -> str:
    if isinstance(rich, str):
        return rich
    if isinstance(rich, list):
        return "".join(_inline(piece) for piece in rich)
    if not isinstance(rich, dict):
        return ""
    shown, url = _inline(rich.get("text") or rich.get("alternative_text") or rich.get("expression") or ""), rich.get("url")
    return f"{shown} ({url})" if isinstance(url, str) and url != shown else shown


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def media(message: Message) -> list[tuple[Medium, str, str]]:
    """The files of a message with name and type. Animations come as documents, too, for old clients."""
    found: list[tuple[Medium, str, str]] = []
    for kind, (name, mime) in _KINDS.items():
        value = getattr(message, kind)
        if kind == "photo":
            value = value[-1] if value else None  # sizes come smallest first
        if value is not None and not (kind == "document" and message.animation is not None):
            found.append((value, (value.file_name or name)[:250], (value.mime_type or mime)[:100]))
    sticker = message.sticker
    if sticker is not None and not sticker.is_animated:
        found.append((sticker, *(("sticker.webm", "video/webm") if sticker.is_video else ("sticker.webp", "image/webp"))))
    return found


def files(message: Message) -> tuple[InboundFile, ...]:
    """Files to be fetched; what is too large for bots is a card instead."""
    return tuple(InboundFile(name, mime, ref=m.file_id) for m, name, mime in media(message) if m.file_size <= MOST_FETCHED)


def cards(message: Message) -> tuple[Card, ...]:
    """What is neither words nor a file."""
    found = list(_places(message))
    if message.contact is not None:
        found.append(Card("contact", f"{message.contact.first_name} {message.contact.last_name}".strip(), message.contact.phone_number))
    if message.story is not None:
        found.append(Card("story", "Forwarded story", message.story.chat.title or message.story.chat.first_name))
    if message.web_app_data is not None:
        found.append(Card("choice", message.web_app_data.button_text, message.web_app_data.data))
    if message.sticker is not None:
        found.append(Card("sticker", title=message.sticker.emoji))
    for medium, name, _ in media(message):
        if medium.file_size > MOST_FETCHED:
            size = f"{medium.file_size // 1_000_000} MB"
            found.append(Card("unsupported", name, f"{size}: Telegram hands bots files of at most 20 MB. Ask for another way."))
    return tuple(found)


def _places(message: Message) -> Iterator[Card]:
    location = message.venue.location if message.venue is not None else message.location
    if location is None:
        return
    lat, lon = f"{location.latitude:.6f}", f"{location.longitude:.6f}"
    url = f"https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=17/{lat}/{lon}"
    point = f"{lat}, {lon}"
    if message.venue is not None:
        yield Card("location", message.venue.title, ", ".join(filter(None, (message.venue.address, point))), url)
    else:
        yield Card("location", "Live location" if location.live_period else "", point, url)


def circumstances(message: Message) -> Iterator[Card]:
    """Where it comes from, beside what it says."""
    if message.forward_origin is not None:
        yield Card("referral", "Forwarded", _origin(message.forward_origin))
    if message.reply_to_story is not None:
        yield Card("story", "Answer to a story", message.reply_to_story.chat.title or message.reply_to_story.chat.first_name)
    command, _, payload = message.text.partition(" ")
    if command == "/start" and payload.strip():
        yield Card("referral", "Came by a link of the bot", payload.strip()[:64])


def _origin(origin: Origin) -> str:
    if origin.sender_user is not None:
        return f"{origin.sender_user.first_name} {origin.sender_user.last_name}".strip()
    chat = origin.chat or origin.sender_chat
    return origin.sender_user_name or (chat.title if chat is not None else "")
