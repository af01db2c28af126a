"""What an update of the Bot API becomes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from connectors.telegram.contents import cards, circumstances, files, words
from connectors.telegram.places import KIND, Place
from connectors.telegram.updates import Callback, Deleted, Message, Reacting, Update, User
from inbox.connector import Deletion, Edit, IdentityProof, InboundMessage, Item, RawDelivery, Reaction
from inbox.core.errors import Malformed, Unsupported
from inbox.core.message import Address, Card

_ENVELOPE: Final = re.compile(
    r"(message|message_thread|business_connection|media_group|effect|guest_query)_id|(is|has|via|reply_to|external|forward)_\w+"
    r"|(sender|author)_\w+|from|chat|date|edit_date|quote|entities|caption_entities|show_caption_above_media|link_preview_options"
    r"|guest_bot_caller_\w+|direct_messages_topic|paid_star_count|suggested_post_info|reply_markup"
)
"""Fields of a message that say how it came, not what it says."""

_SERVICE: Final = re.compile(
    r"(new|left|delete)_chat_\w+|pinned_message|migrate_\w+|connected_website"
    r"|\w+_(left|changed|created|edited|closed|reopened|hidden|unhidden|added|deleted|done|approved|declined|failed|paid|refunded"
    r"|scheduled|started|ended|invited|completed|triggered|allowed|set)"
)
"""What a chat says of itself; nobody wrote it. Such fields are named by what happened."""

_EMOJI: Final = {"paid": "⭐", "custom_emoji": "custom emoji"}
"""Reactions that are no emoji by themselves."""


def parse_update(raw: RawDelivery) -> Sequence[Item]:
    """The items of one update. Raises ``Malformed`` and ``Unsupported``."""
    try:
        update = msgspec.json.decode(raw.body, type=Update)
        return _items(update, raw.body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as bad:
        raise Malformed(str(bad)[:200]) from None


def _items(update: Update, body: bytes) -> Sequence[Item]:
    if said := bytes(update.message) or bytes(update.business_message):
        return _said(said)
    if edited := bytes(update.edited_message) or bytes(update.edited_business_message):
        return [_edited(msgspec.json.decode(edited, type=Message))]
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.message_reaction is not None:
        return [_reacted(update.message_reaction)]
    if update.deleted_business_messages is not None:
        return _deleted(update.deleted_business_messages)
    raise Unsupported(", ".join(sorted(msgspec.json.decode(body, type=dict[str, Raw]).keys() - {"update_id"}))[:200])


def _said(said: bytes) -> list[Item]:
    message = msgspec.json.decode(said, type=Message)
    where, sender = _place(message), _sender(message)
    found = InboundMessage(
        key=where.message(message.message_id),
        sender=sender,
        at=message.date * 1000 or None,
        received_at=message.date * 1000 or None,
        external_id=where.message(message.message_id),
        text=words(message),
        files=files(message),
        cards=cards(message),
        thread=_thread(where),
        references=_references(message, where),
        authenticated=True,
        automatic="auto-generated" if message.sender is not None and message.sender.is_bot and message.sender_chat is None else "",
        language=message.sender.language_code[:35] if message.sender is not None else "",
        attributes=_claims(message),
    )
    if not (found.text or found.files or found.cards):
        found = replace(found, cards=_not_shown(said))
    return [*_proof(message.sender, sender), replace(found, cards=(*found.cards, *circumstances(message)))]


def _place(message: Message) -> Place:
    """Where it was said. Replies in plain groups bear thread ids, too; only a topic's is one."""
    direct = message.direct_messages_topic
    topic = f"d{direct.topic_id}" if direct is not None else str(message.message_thread_id) if message.is_topic_message else ""
    return Place(message.chat.id, topic if topic != "0" else "", message.business_connection_id)


def _thread(where: Place) -> str:
    """Groups, whose numbers are negative, and topics are threads of their own; a private chat is its person."""
    return where.name if where.chat < 0 or where.topic else ""


def _sender(message: Message) -> Address:
    """Who speaks. Raises ``Unsupported`` for what is no message of a customer."""
    if message.is_automatic_forward or message.chat.type == "channel":
        raise Unsupported("a channel's own post")
    where = _place(message)
    if message.business_connection_id and (message.sender is None or message.sender.id != message.chat.id):
        raise Unsupported("the business account's own message")
    if message.sender_chat is not None:
        return Address(KIND, where.person(message.sender_chat.id), message.sender_chat.title[:200])
    if message.sender is None:
        raise Unsupported("nobody said it")
    return Address(KIND, where.person(message.sender.id), _name(message.sender))


def _name(user: User) -> str:
    return (f"{user.first_name} {user.last_name}".strip() or user.username)[:200]


def _proof(user: User | None, sender: Address) -> list[Item]:
    """Somebody who speaks in a group, in a topic or to a business account is the person of his private chat with the bot."""
    if user is None or user.is_bot or sender.value == str(user.id):
        return []
    return [IdentityProof(sender, Address(KIND, str(user.id)), "same_account", sender.name)]


def _references(message: Message, where: Place) -> tuple[str, ...]:
    """What it answers. In a topic everything formally answers the message that opened it."""
    answered = message.reply_to_message
    if answered is None or (message.is_topic_message and answered.message_id == message.message_thread_id):
        return ()
    return (where.message(answered.message_id),)


def _claims(message: Message) -> dict[str, str]:
    """What is known of the sender beside his name; a phone number counts as his if he shared his own card."""
    claims: dict[str, str] = {}
    if message.sender is not None and message.sender_chat is None:
        if message.sender.username:
            claims["telegram_username"] = message.sender.username[:64]
        if message.contact is not None and message.contact.user_id == message.sender.id and message.contact.phone_number:
            claims["phone"] = message.contact.phone_number[:32]
    return claims


def _not_shown(said: bytes) -> tuple[Card, ...]:
    """A card that names the kind of content. Raises ``Unsupported`` for what the chat says of itself."""
    kinds = sorted(kind for kind in msgspec.json.decode(said, type=dict[str, Raw]) if not _ENVELOPE.fullmatch(kind))
    if not kinds or any(_SERVICE.fullmatch(kind) for kind in kinds):
        raise Unsupported(", ".join(kinds)[:200] or "nothing was said")
    return (Card("unsupported", ", ".join(kinds).replace("_", " ")[:200]),)


def _edited(message: Message) -> Edit:
    """A new wording. Raises ``Unsupported`` for a live location that moves, and like a new message."""
    _sender(message)
    if message.location is not None:
        raise Unsupported("a location moved")
    return Edit(_place(message).message(message.message_id), words(message), message.edit_date * 1000 or None)


def _pressed(callback: Callback) -> list[Item]:
    """A button under one of the bot's messages. What the button says is taken as said by whoever pressed it."""
    message = callback.message
    where = _place(message) if message is not None else Place(callback.sender.id)
    rows = message.reply_markup.inline_keyboard if message is not None and message.reply_markup is not None else ()
    label = next((b.text for row in rows for b in row if b.text and b.callback_data == callback.data), "")
    sender = Address(KIND, where.person(callback.sender.id), _name(callback.sender))
    shown = label or callback.data or callback.game_short_name
    said = InboundMessage(
        key=f"callback:{callback.id}",
        sender=sender,
        text=shown,
        cards=(Card("choice", shown, callback.data if callback.data != shown else ""),),
        thread=_thread(where),
        references=(where.message(message.message_id),) if message is not None else (),
        authenticated=True,
        language=callback.sender.language_code[:35],
    )
    return [*_proof(callback.sender, sender), said]


def _reacted(news: Reacting) -> Reaction:
    """The newest of somebody's reactions. His address is that of his private chat: the update names no topic."""
    by = news.user.id if news.user is not None else news.actor_chat.id if news.actor_chat is not None else None
    if by is None:
        raise Unsupported("a reaction of nobody")
    last = news.new_reaction[-1] if news.new_reaction else None
    emoji = "" if last is None else last.emoji or _EMOJI.get(last.type, last.type)
    name = _name(news.user) if news.user is not None else ""
    return Reaction(Place(news.chat.id).message(news.message_id), Address(KIND, str(by), name), emoji, news.date * 1000 or None)


def _deleted(news: Deleted) -> list[Item]:
    where = Place(news.chat.id, business=news.business_connection_id)
    return [Deletion(where.message(number)) for number in news.message_ids]
