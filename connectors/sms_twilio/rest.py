"""Twilio's API as far as it is needed: send a message, list messages and their files."""

from __future__ import annotations

import datetime
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from connectors.sms_twilio.incoming import Medium, Resource
from connectors.sms_twilio.refusals import TOO_MANY_WAIT, is_known, sentence
from connectors.sms_twilio.settings import TwilioSettings
from inbox.connector import Tools
from inbox.core.errors import InboxError, Rejected, TryLater, Unknown
from inbox.core.ids import Instant
from inbox.provider import FORM, HttpAnswer, fault, form

_PAGE: Final = 500
_MOST_PAGES: Final = 200
_LOGIN: Final = (401, 403, 404)
"""An account that is not found is a wrong account."""


class _Page(Struct, frozen=True):
    messages: tuple[Resource, ...] = ()
    next_page_uri: str | None = None


class _Medium(Struct, frozen=True):
    uri: str = ""
    content_type: str = ""


class _Media(Struct, frozen=True):
    media_list: tuple[_Medium, ...] = ()


class _Error(Struct, frozen=True):
    code: int = 0
    message: str = ""


_Read = TypeVar("_Read")


class Rest:
    """Calls with the account's credentials. Every one may raise ``TryLater``, ``NeedsLogin``, ``Rejected`` or ``Unknown``."""

    def __init__(self, settings: TwilioSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._account = f"/2010-04-01/Accounts/{settings.account_sid}"

    @property
    def authorization(self) -> dict[str, str]:
        """The header that proves who we are."""
        key, secret = self._settings.api_key, self._settings.api_key_secret
        name, word = (key, secret) if key else (self._settings.account_sid, self._settings.auth_token)
        return {"Authorization": "Basic " + b64encode(f"{name}:{word}".encode()).decode()}

    async def create(self, fields: list[tuple[str, str]]) -> Resource:
        """Send a message. It is not idempotent: after anything but a clear answer nobody knows (error 20500)."""
        answer = await self._ask("POST", f"{self._account}/Messages.json", form(fields))
        try:
            return answer.json(Resource)
        except msgspec.MsgspecError as unreadable:
            raise Unknown("Twilio took the message with an answer that could not be read.") from unreadable

    async def messages(self, *, to: str = "", sender: str = "", since: Instant | None = None, page: int = _PAGE) -> AsyncIterator[Resource]:
        """Messages of both directions, the newest first; ``since`` is asked for by the second."""
        asked = {"To": to, "From": sender, "DateSent>": _iso(since) if since is not None else ""}
        query = urlencode({name: value for name, value in asked.items() if value} | {"PageSize": str(page)}, quote_via=quote)
        uri = f"{self._account}/Messages.json?{query}"
        for _ in range(_MOST_PAGES):
            if not uri:
                return
            found = self._read(await self._ask("GET", uri), _Page)
            for message in found.messages:
                yield message
            uri = (found.next_page_uri or "").removeprefix(self._settings.base_url)

    async def media(self, sid: str) -> tuple[Medium, ...]:
        """The files of a message; none when they are gone."""
        try:
            answer = await self._ask("GET", f"{self._account}/Messages/{quote(sid, safe='')}/Media.json", login=(401, 403))
        except Rejected:
            return ()
        base = self._settings.base_url
        return tuple(Medium(base + m.uri.removesuffix(".json"), m.content_type) for m in self._read(answer, _Media).media_list)

    async def _ask(self, method: str, path: str, body: bytes = b"", login: tuple[int, ...] = _LOGIN) -> HttpAnswer:
        headers = {**self.authorization, **(FORM if body else {}), "Accept": "application/json"}
        answer = await self._tools.http.request(method, self._settings.base_url + path, headers=headers, body=body)
        if answer.ok:
            return answer
        raise self._refusal(answer, login)

    def _refusal(self, answer: HttpAnswer, login: tuple[int, ...]) -> InboxError:
        try:
            error = answer.json(_Error)
        except msgspec.MsgspecError:
            error = _Error()
        if error.code in TOO_MANY_WAIT:
            return TryLater(sentence(error.code))
        if is_known(error.code):
            return fault(answer, self._tools.now(), sentence(error.code), (401,))
        said = f" (error {error.code}: {error.message})"[:250] if error.code else ""
        return fault(answer, self._tools.now(), f"Twilio answered with status {answer.status}{said}.", login)

    def _read(self, answer: HttpAnswer, kind: type[_Read]) -> _Read:
        try:
            return answer.json(kind)
        except msgspec.MsgspecError as unreadable:
            raise TryLater("Twilio's answer could not be read.") from unreadable


def _iso(at: Instant) -> str:
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
