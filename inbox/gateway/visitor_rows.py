"""What a visitor may see of a conversation, and how it looks to him: his own lines and the answers sent to him, nothing else. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from inbox.core.agent import Agent
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address, DeliveryState, Kind, Message
from inbox.core.rating import comment_until
from inbox.core.widget import WidgetSettings
from inbox.gateway.visitor_protocol import FileRow, MessageRow

OUT = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ})
"""Only what has left may be seen: a delayed or cancelled answer never shows."""

Who = Literal["visitor", "agent", "bot", "system"]
_WHO: Mapping[str, Who] = {"customer": "visitor", "agent": "agent", "bot": "bot"}


Mine = frozenset[tuple[str, str]]
"""Addresses by kind and value that are proved to be a visitor's, beside the one of his browser."""


def visible(message: Message, channel: ChannelId, kind: str, visitor: str, mine: Mine = frozenset()) -> bool:
    """Whether the visitor with this address (``kind``, ``visitor``) on this channel wrote the message or was sent it.

    Of what went by another channel of the same conversation he sees what came from or went to an address of his.
    """
    if message.channel != channel:
        return _elsewhere(message, mine)
    if message.kind is Kind.CUSTOMER:
        return message.sender is not None and _is(message.sender, kind, visitor)
    if message.kind is not Kind.REPLY or message.delivery is None or message.delivery.state not in OUT:
        return False
    return any(_is(address, kind, visitor) for address in message.to)


def _elsewhere(message: Message, mine: Mine) -> bool:
    """Copies of what he has here, what was passed on to others and what strangers wrote are none of his."""
    if message.kind is Kind.CUSTOMER:
        sender = message.sender
        return sender is not None and (sender.kind, sender.value) in mine and not message.new_participant and not message.unreadable
    if message.kind is not Kind.REPLY or message.forwards or message.automatic:
        return False
    out = message.delivery is not None and message.delivery.state in OUT
    return out and any((address.kind, address.value) in mine for address in message.to)


def _is(address: Address, kind: str, value: str) -> bool:
    return address.kind == kind and address.value == value


def concerned(message: Message, kind: str) -> set[str]:
    """The visitors a message is from or to, as values of addresses of this kind."""
    people = (*message.to, *((message.sender,) if message.sender else ()))
    return {address.value for address in people if address.kind == kind}


def row(message: Message, by: Shown, client_id: str, link: Callable[[str], str], *, here: bool = True, rated_at: str = "") -> MessageRow:
    """The message as its visitor sees it.

    ``link`` turns a file's id into an address good for that file. ``here`` False: it went by another channel, which tells
    nothing of who has seen it, and below whose new words the old ones are quoted. ``rated_at``: the address he rates at, below the text.
    """
    who = _WHO.get(message.author.kind, "system")
    asked = message.survey if here else None
    return MessageRow(
        id=message.id,
        version=message.version,
        who=who,
        name=by.name if who in ("agent", "bot") else "",
        face=by.face if who == "agent" else "",
        text=_text(message, rated_at) if here else message.text[: message.fresh].rstrip(),
        at=message.arrived_at,
        files=tuple(FileRow(f.file, f.name, f.type, f.size, link(f.file)) for f in message.attachments),
        client_id=client_id,
        seen=seen_by_other_side(message) if here else message.kind is not Kind.CUSTOMER,
        choices=message.choices if here else (),
        comment_until=None if asked is None else comment_until(asked),
        comment="" if asked is None else asked.comment,
    )


def _text(message: Message, rated_at: str) -> str:
    return f"{message.text}\n\n{rated_at}" if rated_at else message.text


def seen_by_other_side(message: Message) -> bool:
    """An answer: by the visitor. His own line: by an agent."""
    if message.kind is Kind.CUSTOMER:
        return message.seen_at is not None
    return message.delivery is not None and message.delivery.state is DeliveryState.READ


class Shown(NamedTuple):
    """Of an author what a visitor may know; ``face`` as in ``MessageRow``."""

    name: str
    face: str = ""


def shown(settings: WidgetSettings, kind: str, account: Agent | None) -> Shown:
    """Of an author of this kind, with his account as far as it is there, what visitors of this chat may know."""
    name = "" if account is None else account.name
    if kind != "agent":
        return Shown(name)
    face = name.strip()[:1] if account is None or not account.face else account.face
    return Shown(shown_name(settings, name), face if settings.agents == "faces" else "")


def shown_name(settings: WidgetSettings, name: str) -> str:
    """Of an agent's name what visitors of this chat may know; the chat's title where nobody is named."""
    return settings.title if settings.agents == "nobody" else first_name(name)


def first_name(name: str) -> str:
    """The first word of a name, so that agents are not found by strangers."""
    return name.split(maxsplit=1)[0] if name.strip() else ""


def missed(rows: Sequence[MessageRow], have: Mapping[MessageId | str, int]) -> tuple[bool, tuple[MessageRow, ...]]:
    """What a widget lacks that holds ``have`` (versions by id) of the newest ``rows``; True: it shall forget what it holds.

    Nothing in common means a gap, which only a fresh start closes.
    """
    if not any(r.id in have for r in rows):
        return True, tuple(rows)
    return False, tuple(r for r in rows if have.get(r.id, -1) < r.version)
