"""The part of the Bot API's types that is used, checked as it is read (https://core.telegram.org/bots/api, version 10.1).

Fields that are not named here are ignored, so that what Telegram adds does no harm. python-telegram-bot's classes take values of
any type without a word, which is why the tests hold every recorded update against them and the parser does not use them.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Raw, Struct, field

NOTHING = Raw(b"")
Id = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Seconds = Annotated[int, Meta(ge=0, le=253_402_300_799)]
Count = Annotated[int, Meta(ge=0, le=2**53)]


class User(Struct, frozen=True):
    """A person or a bot."""

    id: Id
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    is_bot: bool = False


class Chat(Struct, frozen=True):
    """``type``: private, group, supergroup or channel."""

    id: Id
    type: str = ""
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    username: str = ""


class Entity(Struct, frozen=True):
    """A stretch of text that means something; offset and length count UTF-16 code units."""

    type: str
    offset: Count
    length: Count
    url: str = ""


class Medium(Struct, frozen=True):
    """What photos, documents, recordings and stickers have in common."""

    file_id: Annotated[str, Meta(min_length=1, max_length=1_000)]
    file_size: Count = 0
    file_name: str = ""
    mime_type: str = ""
    emoji: str = ""
    is_animated: bool = False
    is_video: bool = False


class Location(Struct, frozen=True):
    """A point, in degrees."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    live_period: Count = 0


class Venue(Struct, frozen=True):
    """A named place."""

    location: Location
    title: str = ""
    address: str = ""


class Contact(Struct, frozen=True):
    """A card out of somebody's address book; ``user_id`` when he is on Telegram."""

    phone_number: str = ""
    first_name: str = ""
    last_name: str = ""
    user_id: Id = 0


class Option(Struct, frozen=True):
    """One choice of a poll, or one task of a checklist."""

    text: str = ""


class Poll(Struct, frozen=True):
    """A question with choices."""

    question: str = ""
    options: tuple[Option, ...] = ()


class Checklist(Struct, frozen=True):
    """A list of tasks."""

    title: str = ""
    tasks: tuple[Option, ...] = ()


class Dice(Struct, frozen=True):
    """A die, a dart and the like, with what it showed."""

    emoji: str = ""
    value: Count = 0


class Story(Struct, frozen=True):
    """A story that was passed on or answered."""

    chat: Chat
    id: Id = 0


class WebAppData(Struct, frozen=True):
    """What a web app that was opened by a button sent."""

    data: str = ""
    button_text: str = ""


class Origin(Struct, frozen=True):
    """Where a message that was passed on was first said."""

    sender_user: User | None = None
    sender_user_name: str = ""
    sender_chat: Chat | None = None
    chat: Chat | None = None


class Button(Struct, frozen=True):
    """A button under a message."""

    text: str = ""
    callback_data: str = ""


class Keyboard(Struct, frozen=True):
    """The buttons under a message, in rows."""

    inline_keyboard: tuple[tuple[Button, ...], ...] = ()


class Rich(Struct, frozen=True):
    """A formatted document in blocks."""

    blocks: list[object] = []


class DirectTopic(Struct, frozen=True):
    """One person's conversation with a channel."""

    topic_id: Count


class Replied(Struct, frozen=True):
    """The message that is answered."""

    message_id: Id


class Message(Struct, frozen=True):
    """A message of any kind."""

    message_id: Id
    chat: Chat
    date: Seconds = 0
    edit_date: Seconds = 0
    sender: User | None = field(name="from", default=None)
    sender_chat: Chat | None = None
    sender_business_bot: User | None = None
    business_connection_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_=+.-]{0,200}$")] = ""
    message_thread_id: Count = 0
    is_topic_message: bool = False
    direct_messages_topic: DirectTopic | None = None
    is_automatic_forward: bool = False
    forward_origin: Origin | None = None
    reply_to_message: Replied | None = None
    reply_to_story: Story | None = None
    text: str = ""
    entities: tuple[Entity, ...] = ()
    caption: str = ""
    caption_entities: tuple[Entity, ...] = ()
    rich_message: Rich | None = None
    photo: tuple[Medium, ...] = ()
    document: Medium | None = None
    animation: Medium | None = None
    audio: Medium | None = None
    voice: Medium | None = None
    video: Medium | None = None
    video_note: Medium | None = None
    sticker: Medium | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: Contact | None = None
    poll: Poll | None = None
    checklist: Checklist | None = None
    dice: Dice | None = None
    story: Story | None = None
    web_app_data: WebAppData | None = None
    reply_markup: Keyboard | None = None


class Callback(Struct, frozen=True):
    """Somebody pressed a button under a message."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    sender: User = field(name="from")
    message: Message | None = None
    data: str = ""
    game_short_name: str = ""


class ReactionType(Struct, frozen=True):
    """``type``: emoji, custom_emoji or paid."""

    type: str
    emoji: str = ""


class Reacting(Struct, frozen=True):
    """The reactions of one person to a message, as they are now."""

    chat: Chat
    message_id: Id
    date: Seconds = 0
    user: User | None = None
    actor_chat: Chat | None = None
    new_reaction: tuple[ReactionType, ...] = ()


class Deleted(Struct, frozen=True):
    """Messages that were taken back in a chat of a business account."""

    business_connection_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_=+.-]{1,200}$")]
    chat: Chat
    message_ids: tuple[Id, ...] = ()


class Update(Struct, frozen=True):
    """One thing that happened; exactly one of the fields beside the id is there. Messages are read in a second step."""

    update_id: Count
    message: Raw = NOTHING
    edited_message: Raw = NOTHING
    business_message: Raw = NOTHING
    edited_business_message: Raw = NOTHING
    deleted_business_messages: Deleted | None = None
    callback_query: Callback | None = None
    message_reaction: Reacting | None = None


WANTED = (
    "message",
    "edited_message",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "callback_query",
    "message_reaction",
)
"""The kinds of update that are asked for."""
