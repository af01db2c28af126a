"""Calls of the Bot API: what Telegram answered, and what its refusals mean (https://core.telegram.org/bots/api#making-requests)."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from connectors.telegram.settings import TelegramSettings
from inbox.connector import Tools
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown
from inbox.provider import JSON, MAX_WAIT_MS, HttpAnswer, Part, encoded, fault, retry_after

T = TypeVar("T")

LOGIN: Final = (401, 404)
"""A revoked token is answered 401, one that never was 404."""

_SENTENCES: Final = (
    ("bot was blocked by the user", "The customer blocked this bot."),
    ("user is deactivated", "The customer's Telegram account was deleted."),
    ("bot can't initiate conversation", "A bot cannot write first: the customer has to send this bot a message."),
    ("bot can't send messages to bots", "This is a bot, and bots cannot write to each other."),
    ("bot was kicked", "The bot was removed from this group."),
    ("bot is not a member", "The bot is not a member of this group."),
    ("chat not found", "Telegram does not know this chat, or the customer never wrote to this bot."),
    ("peer_id_invalid", "Telegram does not know this chat, or the customer never wrote to this bot."),
    ("group chat was deactivated", "This group does not exist any more."),
    ("thread not found", "This topic of the group does not exist any more."),
    ("topic_deleted", "This topic of the group does not exist any more."),
    ("topic_closed", "This topic of the group is closed."),
    ("not enough rights", "The bot may not write this in the group: an administrator of it has to allow it."),
    ("no rights to send", "The bot may not write in this group: an administrator of it has to allow it."),
    ("chat_write_forbidden", "The bot may not write in this group: an administrator of it has to allow it."),
    ("message is too long", "The text is longer than Telegram takes."),
    ("caption is too long", "The text is longer than Telegram takes beside a file."),
    ("message text is empty", "Telegram takes no empty message."),
    ("business_connection_invalid", "The business account took the bot's permission back."),
    ("business_peer_usage_missing", "On a business account's behalf a bot can answer only within 24 hours of the customer's last message."),
    ("request entity too large", "The file is larger than Telegram takes."),
)


class Hints(Struct, frozen=True):
    """What Telegram says beside a refusal."""

    retry_after: float = 0
    migrate_to_chat_id: int = 0


class Told(Struct, frozen=True):
    """Telegram's answer to a call; ``status`` is that of HTTP, or the body's where they differ."""

    status: int
    ok: bool = False
    result: Raw = Raw(b"null")
    description: str = ""
    hints: Hints = Hints()
    error: InboxError | None = None


class _Body(Struct, frozen=True):
    ok: bool
    result: Raw = Raw(b"null")
    description: str = ""
    error_code: int = 0
    parameters: Hints = Hints()


class BotApi:
    """One bot's methods."""

    def __init__(self, settings: TelegramSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools

    async def ask(self, method: str, fields: dict[str, Any], file: Part | None = None, *, seconds: float = 30.0) -> Told:
        """Call a method, with one file if given. What Telegram refuses is told, not raised.

        Raises ``TryLater`` when nothing was asked, ``Unknown`` when nobody knows.
        """
        url = self._settings.method_url(method)
        if file is None:
            answer = await self._tools.http.request("POST", url, headers=JSON, body=encoded(fields), seconds=seconds)
        else:
            parts = tuple(Part(name, _plain(value)) for name, value in fields.items())
            answer = await self._tools.http.request("POST", url, parts=(*parts, file), seconds=seconds)
        return understood(answer, self._tools.now())

    async def call(self, method: str, fields: dict[str, Any], result: type[T], *, seconds: float = 30.0) -> T:
        """The result of a method. Raises whatever a refusal means, and ``Unknown`` for an answer nobody understands."""
        told = await self.ask(method, fields, seconds=seconds)
        if told.error is not None:
            raise told.error
        try:
            return msgspec.json.decode(told.result, type=result)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as odd:
            raise Unknown("Telegram gave an answer that is not understood.") from odd


def _plain(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else encoded(value)


def understood(answer: HttpAnswer, now: int) -> Told:
    """What an answer says; ``error`` is set unless the call was obeyed. Proxies in between answer in HTML."""
    try:
        body = answer.json(_Body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Told(answer.status, error=fault(answer, now, f"Telegram could not be used (HTTP {answer.status}).", LOGIN))
    if answer.ok and body.ok:
        return Told(answer.status, True, body.result)
    status = body.error_code if answer.ok else answer.status
    error = _meaning(HttpAnswer(status or 500, answer.headers), now, body)
    return Told(status, False, description=body.description, hints=body.parameters, error=error)


def _meaning(answer: HttpAnswer, now: int, body: _Body) -> InboxError:
    if answer.status == 429:
        wait = int(min(max(body.parameters.retry_after, 0) * 1000, MAX_WAIT_MS))
        return TryLater("Telegram asks us to slow down.", wait or retry_after(answer, now))
    if answer.status == 409:
        return TryLater("Another program reads this bot's messages.")
    why = next((sentence for words, sentence in _SENTENCES if words in body.description.lower()), "")
    if answer.status in (400, 403, 404) and why:
        return Rejected(why)
    error = fault(answer, now, why or f"Telegram refused it: {body.description or answer.status}"[:300], LOGIN)
    return NeedsLogin("Telegram does not accept the bot's token.") if isinstance(error, NeedsLogin) else error
