"""Sending by Vonage's two interfaces, and its account.

https://developer.vonage.com/en/api/messages, https://developer.vonage.com/en/api/sms, https://developer.vonage.com/en/api/account
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Struct, field

from connectors.sms_vonage.refusals import of_messages, of_sms
from connectors.sms_vonage.settings import VonageSettings
from inbox.connector import OutboundMessage, Sent, Tools
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown
from inbox.core.phone import segments
from inbox.provider import FORM, JSON, HttpAnswer, encoded, fault, form

_LOGIN: Final = (401, 402, 403)
"""An account without credit (402) waits for an admin, too."""

_WAIT: Final = frozenset({1, 10})
_ADMIN: Final = frozenset({4, 8, 9, 11, 14, 32})
_UNSURE: Final = frozenset({5})


class _Accepted(Struct, frozen=True):
    message_uuid: str = ""


class _Problem(Struct, frozen=True):
    """RFC 7807."""

    type: str = ""
    title: str = ""
    detail: str = ""


class _Part(Struct, frozen=True):
    status: str = ""
    id: str = field(default="", name="message-id")
    said: str = field(default="", name="error-text")


class _Parts(Struct, frozen=True):
    messages: tuple[_Part, ...] = ()


_Kind = TypeVar("_Kind")


class Rest:
    """Calls with the account's key and secret. Every one may raise ``TryLater``, ``NeedsLogin``, ``Rejected`` or ``Unknown``."""

    def __init__(self, settings: VonageSettings, tools: Tools, callback: str) -> None:
        """``callback`` is where delivery reports go; '': nowhere but where the dashboard says."""
        self._settings = settings
        self._tools = tools
        self._callback = callback

    @property
    def authorization(self) -> dict[str, str]:
        """The header that proves who we are."""
        pair = f"{self._settings.api_key}:{self._settings.api_secret}"
        return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}

    async def send_by_messages(self, message: OutboundMessage, to: str, text: str) -> Sent:
        """By the Messages API; it says by itself which alphabet the text needs."""
        told = {"message_type": "text", "channel": "sms", "to": _digits(to), "from": self._sender, "text": text, "client_ref": message.id}
        if self._callback:
            told |= {"webhook_url": self._callback, "webhook_version": "v1"}
        url = f"{self._settings.messages_url}/v1/messages"
        answer = await self._ask("POST", url, {**self.authorization, **JSON}, encoded(told))
        accepted = _read(answer, _Accepted)
        if not accepted.message_uuid:
            raise Unknown("Vonage took the message without naming it.")
        return Sent(provider_id=accepted.message_uuid, external_id=accepted.message_uuid)

    async def send_by_sms(self, message: OutboundMessage, to: str, text: str) -> Sent:
        """By the SMS API, which answers 200 whatever happened and tells it for each part of the text."""
        told = {
            "api_key": self._settings.api_key,
            "api_secret": self._settings.api_secret,
            "from": self._sender,
            "to": _digits(to),
            "text": text,
            "type": "unicode" if segments(text).encoding == "ucs-2" else "text",
            "client-ref": message.id,
        }
        if self._callback:
            told["callback"] = self._callback
        answer = await self._ask("POST", f"{self._settings.rest_url}/sms/json", dict(FORM), form(told))
        parts = _read(answer, _Parts).messages
        taken = next((part for part in parts if part.status == "0"), None)
        if taken is not None:
            return Sent(provider_id=taken.id, external_id=taken.id)
        raise _refusal(parts[0] if parts else _Part())

    async def balance(self) -> None:
        """Asks for the account's credit, which shows that key and secret are right."""
        query = urlencode({"api_key": self._settings.api_key, "api_secret": self._settings.api_secret})
        await self._ask("GET", f"{self._settings.rest_url}/account/get-balance?{query}", {}, b"")

    @property
    def _sender(self) -> str:
        return self._settings.sender.removeprefix("+")

    async def _ask(self, method: str, url: str, headers: dict[str, str], body: bytes) -> HttpAnswer:
        answer = await self._tools.http.request(method, url, headers={**headers, "Accept": "application/json"}, body=body)
        if answer.ok:
            return answer
        try:
            problem = answer.json(_Problem)
        except msgspec.MsgspecError:
            problem = _Problem()
        named = problem.type.rpartition("#")[2] or problem.title
        code = int(named) if named.isascii() and named.isdecimal() and len(named) < 8 else 0
        why = of_messages(code, problem.detail or problem.title or f"status {answer.status}")
        raise fault(answer, self._tools.now(), why, _LOGIN)


def _read(answer: HttpAnswer, kind: type[_Kind]) -> _Kind:
    try:
        return answer.json(kind)
    except msgspec.MsgspecError as unreadable:
        raise Unknown("Vonage took the message with an answer that could not be read.") from unreadable


def _refusal(part: _Part) -> InboxError:
    status = int(part.status) if part.status.isascii() and part.status.isdecimal() and len(part.status) < 8 else 0
    why = of_sms(status, part.said)
    if status in _WAIT:
        return TryLater(why)
    if status in _ADMIN:
        return NeedsLogin(why)
    if status in _UNSURE or not status:
        return Unknown(why)
    return Rejected(why)


def _digits(number: str) -> str:
    return number.removeprefix("+")
