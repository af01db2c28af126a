"""The part of LINE's webhook that is used, checked as it is read; fields that are not named here are ignored.

https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Raw, Struct

Milliseconds = Annotated[int, Meta(ge=0, le=2**53)]
Degrees = Annotated[float, Meta(ge=-360, le=360)]


class Webhook(Struct, frozen=True):
    """One call: any number of events, none when LINE only tries the address. Each is read by itself, so that one harms no other."""

    events: tuple[Raw, ...]


class Source(Struct, frozen=True, rename="camel"):
    """Who, and for a group or a room of several people, where. LINE does not always say who."""

    user_id: str = ""
    group_id: str = ""
    room_id: str = ""


class Provider(Struct, frozen=True, rename="camel"):
    """Where a medium is: at LINE, or at an address of its own."""

    type: str = "line"
    original_content_url: str = ""


class Said(Struct, frozen=True, rename="camel"):
    """A message of any type."""

    type: str
    id: Annotated[str, Meta(min_length=1)]
    text: str = ""
    quoted_message_id: str = ""
    content_provider: Provider = Provider()
    file_name: str = ""
    title: str = ""
    address: str = ""
    latitude: Degrees | None = None
    longitude: Degrees | None = None
    keywords: tuple[str, ...] = ()


class Unsent(Struct, frozen=True, rename="camel"):
    """Which message was taken back."""

    message_id: Annotated[str, Meta(min_length=1)]


class Followed(Struct, frozen=True, rename="camel"):
    """Whether somebody who had blocked the account does so no more."""

    is_unblocked: bool = False


class Postback(Struct, frozen=True):
    """What a pressed button stands for; ``params`` has a chosen date or menu."""

    data: str
    params: dict[str, str] = {}


class Event(Struct, frozen=True, rename="camel"):
    """One event. ``webhook_event_id`` stays the same when LINE delivers it again."""

    type: str
    timestamp: Milliseconds
    webhook_event_id: Annotated[str, Meta(min_length=1)]
    source: Source | None = None
    message: Said | None = None
    unsend: Unsent | None = None
    follow: Followed = Followed()
    postback: Postback | None = None
    reply_token: str = ""
