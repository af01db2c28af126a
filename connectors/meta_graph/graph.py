"""Calls to Meta's Graph API and what its answers mean."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import Struct

from connectors.meta_graph.settings import GraphSettings
from connectors.meta_graph.webhook import reading
from inbox.connector import Health, OutboundFile, Tools
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown
from inbox.provider import JSON, HttpAnswer, Part, encoded, fault, retry_after

MOST_MEDIUM: Final = 100_000_000
_UPLOAD_SECONDS: Final = 80.0
_AGENT: Final = "Inbox/1.0.0"
"""Meta's description of its API wants a name and a version of three numbers."""

_META_HOSTS: Final = (".facebook.com", ".fbsbx.com", ".fbcdn.net", ".whatsapp.net", ".instagram.com", ".cdninstagram.com")

_WAIT: Final = frozenset({4, 17, 32, 613, 80002, 80006, 80007, 130429, 131048, 131056, 131057, 133004})
_ONE_PERSON: Final = frozenset({131056})
"""Too much for one customer; the others can be written to."""
_LOGIN: Final = frozenset({0, 3, 10, 102, 104, 190, 230})

Sentences = Mapping[tuple[int, int], str]
"""What a refusal means to an agent, by code and subcode; subcode 0: whatever the subcode."""


class Problem(Struct, frozen=True):
    """Meta's description of an error, in an answer or in a delivery."""

    class Data(Struct, frozen=True):
        """Where the Cloud API explains itself."""

        details: str = ""

    code: int = -1
    error_subcode: int = 0
    title: str = ""
    message: str = ""
    error_user_msg: str = ""
    error_data: Data | str | None = None

    def sentence(self, sentences: Sentences) -> str:
        """In words: ours, else Meta's."""
        known = sentences.get((self.code, self.error_subcode)) or sentences.get((self.code, 0))
        told = self.error_data.details if isinstance(self.error_data, Problem.Data) else ""
        said = known or self.error_user_msg or told or self.message or self.title
        return said if known or self.code < 0 else f"{said.rstrip('.')} (Meta's error {self.code})."


class _Answer(Struct, frozen=True):
    error: Problem = Problem()


class Graph:
    """The API as one account sees it."""

    def __init__(self, settings: GraphSettings, tools: Tools, sentences: Sentences) -> None:
        self._settings = settings
        self._tools = tools
        self._root = settings.root
        self._sentences = sentences
        self._headers = {"Authorization": f"Bearer {settings.access_token}", "User-Agent": _AGENT}

    def _url(self, path: str, **query: str) -> str:
        if self._settings.prove_requests:
            key, token = self._settings.app_secret.encode(), self._settings.access_token.encode()
            query["appsecret_proof"] = hmac.new(key, token, hashlib.sha256).hexdigest()
        url = f"{self._root}/{self._settings.api_version}/{path}"
        return f"{url}?{urlencode(query)}" if query else url

    async def send(self, path: str, payload: Mapping[str, Any]) -> HttpAnswer:
        """Have a message sent. Raises what ``Connector.send`` may raise."""
        url = self._url(path)
        return self._judged(await self._tools.http.request("POST", url, headers={**self._headers, **JSON}, body=encoded(payload)))

    async def get(self, path: str, **query: str) -> HttpAnswer:
        """Ask for something. Nothing is uncertain about a question: what failed is ``TryLater``."""
        try:
            return self._judged(await self._tools.http.request("GET", self._url(path, **query), headers=self._headers))
        except Unknown as unsure:
            raise TryLater(unsure.reason) from unsure

    async def upload(self, path: str, file: OutboundFile, field: str, fields: Mapping[str, str]) -> HttpAnswer:
        """Hand over a file that a message will name. The customer sees nothing of it: what failed is ``TryLater``."""
        form = [Part(name, value.encode()) for name, value in fields.items()]
        medium = Part(field, self._tools.open_file(file.file), file.name or "file", file.type)
        request = self._tools.http.request("POST", self._url(path), headers=self._headers, parts=(*form, medium), seconds=_UPLOAD_SECONDS)
        try:
            return self._judged(await request)
        except Unknown as unsure:
            raise TryLater(unsure.reason) from unsure

    def download(self, url: str) -> AsyncIterator[bytes]:
        """A medium's bytes. Our token goes along only where the address is one of Meta's; others must be public and get nothing."""
        parts, own = urlsplit(url), urlsplit(self._root)
        theirs = parts.scheme == "https" and (parts.hostname or "").endswith(_META_HOSTS)
        if theirs or (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
            return self._tools.http.download(url, headers=self._headers, own=url, most=MOST_MEDIUM)
        return self._tools.http.download(url, most=MOST_MEDIUM)

    def public(self, url: str) -> AsyncIterator[bytes]:
        """A medium's bytes from an address that needs no token."""
        return self._tools.http.download(url, own=self._root, most=MOST_MEDIUM)

    def _judged(self, answer: HttpAnswer) -> HttpAnswer:
        if answer.ok:
            return answer
        raise self._refusal(answer)

    def _refusal(self, answer: HttpAnswer) -> InboxError:
        """By Meta's own code first: the statuses beside it are not reliable (rate limits come with 400, too)."""
        problem = _problem(answer)
        if problem is None:
            return fault(answer, self._tools.now(), f"Meta answered with status {answer.status}.")
        why = problem.sentence(self._sentences)
        if problem.code in _WAIT:
            return TryLater(why, retry_after(answer, self._tools.now()), away=problem.code not in _ONE_PERSON)
        if (problem.code, problem.error_subcode) in self._sentences or (problem.code, 0) in self._sentences:
            return Rejected(why)
        if problem.code in _LOGIN or 200 <= problem.code < 300:
            return NeedsLogin(why)
        return fault(answer, self._tools.now(), why)

    async def healthy(self, path: str, fields: str) -> tuple[Health, dict[str, Any]]:
        """Whether the account can be asked for, and what it says of itself."""
        try:
            told = reading((await self.get(path, fields=fields)).body, dict[str, Any])
        except NeedsLogin as login:
            remedy = "Make a new access token with the permissions this channel's page in docs/ lists, and set access_token."
            return Health(False, f"Meta refuses the access token: {login.reason}", remedy), {}
        except InboxError as wrong:
            return Health(False, f"Meta cannot be used: {wrong}", "Check the ids in the settings, base_url and api_version."), {}
        return Health(True), told if isinstance(told, dict) else {}


def _problem(answer: HttpAnswer) -> Problem | None:
    try:
        found = msgspec.json.decode(answer.body, type=_Answer, strict=False).error
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return found if found.code >= 0 else None
