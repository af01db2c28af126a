"""The calls to LINE, and what its refusals mean.

https://developers.line.biz/en/reference/messaging-api/#send-push-message, #get-content, #get-bot-info, #test-webhook-endpoint
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from connectors.line.outgoing import Push, Reply
from connectors.line.settings import LineSettings
from inbox.connector import Health, Tools
from inbox.core.errors import Rejected, TryLater, Unknown
from inbox.provider import JSON, HttpAnswer, encoded, judged

_TOOK_IT_BEFORE: Final = 409
_USED_UP: Final = "monthly limit"
_NOT_GOOD: Final = "invalid reply token"


_T = TypeVar("_T", bound=Struct)


class _Message(Struct, frozen=True):
    id: str


class _Pushed(Struct, frozen=True, rename="camel"):
    sent_messages: tuple[_Message, ...] = ()


class _Detail(Struct, frozen=True):
    message: str = ""
    property: str = ""


class _Error(Struct, frozen=True):
    message: str = ""
    details: tuple[_Detail, ...] = ()


class _Profile(Struct, frozen=True, rename="camel"):
    display_name: str = ""


class _Transcoding(Struct, frozen=True):
    status: str = ""


class _Endpoint(Struct, frozen=True):
    endpoint: str = ""
    active: bool = False


class _Tested(Struct, frozen=True):
    success: bool = True
    reason: str = ""
    detail: str = ""


class Rest:
    """Calls with the channel's token. Every one may raise ``TryLater``, ``NeedsLogin``, ``Rejected`` or ``Unknown``."""

    def __init__(self, settings: LineSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._authorization = {"Authorization": f"Bearer {settings.channel_access_token}"}

    async def push(self, push: Push, key: str) -> list[str]:
        """Send; the ids of what was sent. That LINE took the request of this key before is as good."""
        answer = await self._call("POST", "/v2/bot/message/push", encoded(push), {"X-Line-Retry-Key": key})
        if answer.status == 429 and _USED_UP in _said(answer).message:
            raise Rejected("This LINE account has used up its messages of the month; a larger plan or the next month has new ones.")
        if answer.status != _TOOK_IT_BEFORE:
            judged(answer, self._tools.now(), _reason)
        return [sent.id for sent in _read(answer, _Pushed()).sent_messages] or [key]

    async def reply(self, reply: Reply) -> list[str] | None:
        """Send by a reply token, which is good once and for a minute; the ids of what was sent. None: it is good no more."""
        answer = await self._call("POST", "/v2/bot/message/reply", encoded(reply))
        if answer.status == 400 and _NOT_GOOD in _said(answer).message.lower():
            return None
        judged(answer, self._tools.now(), _reason)
        return [sent.id for sent in _read(answer, _Pushed()).sent_messages]

    async def name(self, path: str) -> str:
        """What somebody calls himself; nothing is uncertain about a question."""
        try:
            answer = judged(await self._call("GET", path), self._tools.now(), _reason)
        except Unknown as unsure:
            raise TryLater(unsure.reason) from unsure
        return str(_read(answer, _Profile()).display_name)

    async def typing(self, user: str) -> None:
        """Show that an answer is being written, for 20 seconds or until it comes; only a person can be shown it, not a group."""
        body = encoded({"chatId": user, "loadingSeconds": 20})
        judged(await self._call("POST", "/v2/bot/chat/loading/start", body), self._tools.now(), _reason)

    async def account(self) -> None:
        """Whether the token is good."""
        judged(await self._call("GET", "/v2/bot/info"), self._tools.now(), _reason)

    async def webhook(self, own: str) -> Health:
        """Whether LINE sends its webhooks to our address, and gets through."""
        remedy = f"In the LINE Developers Console, Messaging API, enter {own} as webhook URL and turn 'Use webhook' on."
        answer = await self._call("GET", "/v2/bot/channel/webhook/endpoint")
        if answer.status == 404:
            return Health(False, "LINE has no webhook URL.", remedy)
        known = _read(judged(answer, self._tools.now(), _reason), _Endpoint())
        if known.endpoint != own:
            return Health(False, f"LINE sends its webhooks to {known.endpoint}.", remedy)
        if not known.active:
            return Health(False, "LINE sends no webhooks: they are turned off.", remedy)
        answer = await self._call("POST", "/v2/bot/channel/webhook/test", b"{}")
        tested = _read(judged(answer, self._tools.now(), _reason), _Tested())
        if not tested.success:
            why = f"LINE does not get through to {own}: {tested.reason} {tested.detail}".strip()
            return Health(False, why, "The address must be open to the internet with a certificate that LINE trusts.")
        return Health(True)

    async def is_preparing(self, id: str) -> bool:
        """Whether a video or voice message is not ready yet. Raises ``Rejected`` when it never will be."""
        answer = await self._ask("GET", f"{self._settings.data_url}/v2/bot/message/{quote(id, safe='')}/content/transcoding")
        status = _read(judged(answer, self._tools.now(), _reason), _Transcoding()).status
        if status == "failed":
            raise Rejected("LINE could not prepare the file")
        return status == "processing"

    def content(self, id: str) -> AsyncIterator[bytes]:
        """The bytes of a medium."""
        base = self._settings.data_url
        return self._tools.http.download(f"{base}/v2/bot/message/{quote(id, safe='')}/content", headers=self._authorization, own=base)

    async def _call(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> HttpAnswer:
        return await self._ask(method, self._settings.base_url + path, body, headers)

    async def _ask(self, method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None) -> HttpAnswer:
        all_headers = {**self._authorization, **(JSON if body else {}), **(headers or {})}
        return await self._tools.http.request(method, url, headers=all_headers, body=body)


def _said(answer: HttpAnswer) -> _Error:
    return _read(answer, _Error())


def _reason(answer: HttpAnswer) -> str:
    """LINE's own words, for a person."""
    said = _said(answer)
    details = "; ".join(f"{d.property}: {d.message}".strip(": ") for d in said.details[:3])
    words = " ".join(filter(None, (said.message.rstrip("."), f"({details})" if details else "")))
    return f"LINE says: {words}."[:300] if words else f"LINE answered with status {answer.status}."


def _read(answer: HttpAnswer, otherwise: _T) -> _T:
    """The body; what cannot be read is as good as empty."""
    try:
        return answer.json(type(otherwise))
    except msgspec.MsgspecError:
        return otherwise
