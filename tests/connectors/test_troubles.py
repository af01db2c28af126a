"""One table for every connector that sends by HTTP: whatever goes wrong at the provider ends in the right state, is asked once, and is said
in words that an agent can read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from inbox.app.outside import Outside
from inbox.connector import Connector, OutboundMessage
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown
from inbox.core.ids import MessageId
from inbox.core.message import Address
from inbox.flow.registry import discover
from inbox.provider import HttpAnswer, Part
from inbox.testing.tools import no_tools
from tests.connectors import recorded

TO: Mapping[str, tuple[str, str]] = {
    "api": ("customer-1", ""),
    "telegram": ("4711", ""),
    "whatsapp": ("+4915100000001", ""),
    "messenger": ("77", ""),
    "instagram": ("78", ""),
    "facebook_comments": ("79", "1234_5678"),
    "instagram_comments": ("80", "17900000000000001"),
    "line": ("U" + "a" * 32, ""),
    "sms_twilio": ("+4915100000001", ""),
    "sms_vonage": ("+4915100000001", ""),
    "mattermost": ("anna", ""),
}
HTML = "<!doctype html><html><body><h1>Oh no</h1></body></html>"
SILENT_AFTER_S = 0.4
NEVER, RESET = "never", "reset"
TROUBLES: Mapping[str, tuple[int | str, tuple[type[InboxError], ...]]] = {
    "401": (401, (NeedsLogin,)),
    "403": (403, (NeedsLogin, Rejected)),
    "422": (422, (Rejected,)),
    "429": (429, (TryLater,)),
    "500 with HTML": (500, (Unknown,)),
    "reset after sending": (RESET, (Unknown,)),
    "never answering": (NEVER, (Unknown,)),
}


class Impatient(Outside):
    """Waits no longer than a test does for an answer that never comes, once it was asked for."""

    def __init__(self, provider: Troubled) -> None:
        super().__init__()
        self._provider = provider

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = {},
        body: bytes = b"",
        parts: tuple[Part, ...] = (),
        seconds: float = 30.0,
    ) -> HttpAnswer:
        ask = partial(super().request, method, url, headers=headers, body=body, parts=parts)
        while self._provider.how == NEVER:
            try:
                return await ask(seconds=SILENT_AFTER_S)
            except Unknown:
                if self._provider.asked:
                    raise
        return await ask(seconds=seconds)


class Troubled:
    """A provider that answers every call in the same wrong way."""

    def __init__(self, how: int | str) -> None:
        self.how = how
        self.asked = 0
        self.over = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.asked += 1
        if self.how == RESET:
            assert request.transport is not None
            request.transport.abort()
        if self.how == NEVER:
            await self.over.wait()
        status = self.how if isinstance(self.how, int) else 200
        headers = {"Retry-After": "7"} if status == 429 else {}
        return web.Response(status=status, text=HTML, headers=headers, content_type="text/html")


def pointed(settings: Any, base: str) -> Any:
    """The settings, every address of the provider in them this one."""
    addresses = [f for f in settings.__struct_fields__ if f == "url" or f.endswith("_url")]
    return replace(settings, **dict.fromkeys(addresses, base))


def message(name: str) -> OutboundMessage:
    address, reference = TO[name]
    to = Address(discover()[name].capabilities.address_kind, address)
    id = MessageId("0123456789abcdef0123456789abcdef")
    return OutboundMessage(
        id, recorded.CHANNEL, "Mia", "On its way.", 1_795_255_200_000, to=(to,), references=(reference,) if reference else ()
    )


def sends_by_http(kind: type[Connector]) -> bool:
    """Whether its settings name an address of a provider, or of a system."""
    fields = kind.Settings.__struct_fields__
    return kind.capabilities.sends and "reply_by" not in fields and any(f == "url" or f.endswith("_url") for f in fields)


def test_the_table_has_every_connector_that_sends_by_http() -> None:
    assert {kind.name for kind in recorded.channels() if sends_by_http(kind)} == set(TO)


@pytest.mark.parametrize("name", TO)
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_each_trouble_means_what_it_means(name: str, trouble: str) -> None:
    how, meant = TROUBLES[trouble]
    provider = Troubled(how)
    outside = Impatient(provider)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.handle)
    async with TestServer(app) as server:
        settings = pointed(recorded.built(discover()[name]).settings, str(server.make_url("")).rstrip("/"))
        connector = discover()[name](recorded.CHANNEL, settings, no_tools(http=outside))
        with pytest.raises(InboxError) as raised:
            await connector.send(message(name))
        provider.over.set()
    await outside.close()
    assert isinstance(raised.value, meant), repr(raised.value)
    assert provider.asked == 1, "nothing is sent twice on a guess"
    if isinstance(raised.value, TryLater):
        assert raised.value.after == 7_000
    said = str(raised.value)
    assert 0 < len(said) <= 300
    assert not re.search(r"[<>{}]|Traceback|Error\(", said), said
