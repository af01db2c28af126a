"""Changing what stands in a chat: an answer's words, an answer taken back, a reaction (https://core.telegram.org/bots/api#updating-messages)."""

from __future__ import annotations

from typing import Any, Final

from telegram.constants import MessageLimit, ParseMode

from connectors.telegram.api import BotApi, Told
from connectors.telegram.markup import as_html, length
from connectors.telegram.places import Place, place_of
from connectors.telegram.sending import buttons
from inbox.connector import AmendKind, Amendment
from inbox.core.errors import Rejected, Unknown

_SAME: Final = "message is not modified"
_SENTENCES: Final = (
    ("message to edit not found", "The message is not there any more."),
    ("message can't be edited", "Telegram does not let this message be changed any more."),
    ("message can't be deleted", "Telegram lets messages be taken back for 48 hours only."),
    ("message to react not found", "The message is not there any more."),
    ("reaction_invalid", "This reaction is not allowed in this chat."),
)


async def amend(api: BotApi, amendment: Amendment) -> None:
    """Raises as ``Connector.amend``. What is so already is as good."""
    match amendment.kind:
        case AmendKind.EDIT:
            await _edit(api, amendment)
        case AmendKind.DELETE:
            for place, numbers in _places(amendment.ids).items():
                await _done(api, "deleteMessages", {"chat_id": _plain(place).chat, "message_ids": numbers})
        case AmendKind.REACT:
            ((place, (number, *_)),) = _places(amendment.ids).items()
            reaction = [{"type": "emoji", "emoji": amendment.text}] if amendment.text else []
            await _done(api, "setMessageReaction", {"chat_id": _plain(place).chat, "message_id": number, "reaction": reaction})


async def _edit(api: BotApi, amendment: Amendment) -> None:
    """One message can take other words; of several it would not be clear which."""
    if len(amendment.ids) != 1:
        raise Rejected("This answer went out as several messages and cannot be changed; take it back and write it anew.")
    ((place, (number,)),) = _places(amendment.ids).items()
    marked = as_html(amendment.text.strip())
    name, most = ("caption", MessageLimit.CAPTION_LENGTH) if amendment.files else ("text", MessageLimit.MAX_TEXT_LENGTH)
    if length(marked) > most:
        raise Rejected(f"This is longer than the {int(most)} characters that one message takes.")
    fields: dict[str, Any] = {"chat_id": place.chat, "message_id": number, name: marked, "parse_mode": ParseMode.HTML.value}
    if place.business:
        fields["business_connection_id"] = place.business
    if amendment.choices:
        fields["reply_markup"] = buttons(amendment.choices)
    await _done(api, "editMessageCaption" if amendment.files else "editMessageText", fields)


async def _done(api: BotApi, method: str, fields: dict[str, Any]) -> None:
    told = await api.ask(method, fields)
    if told.ok or _SAME in told.description.lower():
        return
    said = told.description.lower()
    why = next((words for sign, words in _SENTENCES if sign in said), "")
    if why:
        raise Rejected(why)
    raise _meant(told)


def _meant(told: Told) -> Exception:
    return told.error or Unknown("Telegram gave an answer that is not understood.")


def _places(ids: tuple[str, ...]) -> dict[Place, list[int]]:
    """The numbers of messages by the chat they stand in. Raises ``Rejected`` for what is none of ours."""
    found: dict[Place, list[int]] = {}
    for id in ids:
        chat, _, number = id.rpartition(":")
        place = place_of(chat)
        if place is None or not number.isdecimal():
            raise Rejected("Telegram does not know this message.")
        found.setdefault(place, []).append(int(number))
    if not found:
        raise Rejected("Telegram does not know this message.")
    return found


def _plain(place: Place) -> Place:
    """Raises ``Rejected`` for a chat of a business account, in which a bot can change words only."""
    if place.business:
        raise Rejected("In a business account's chats a bot can change its words only.")
    return place
