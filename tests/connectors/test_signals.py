"""What each connector asks its provider to show to a customer, and that it stands in the connector's capabilities."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from inbox.app.outside import Outside
from inbox.connector import Connector, Signal, SignalKind
from inbox.core.errors import Unsupported
from inbox.flow.registry import discover
from inbox.testing.tools import no_tools
from tests.connectors import recorded

TYPING, READ = SignalKind.TYPING, SignalKind.READ
USER = "U" + "a" * 32
PERSON: dict[str, str] = {"line": USER, "telegram": "4711", "whatsapp": "+4915100000001", "messenger": "77", "instagram": "78"}
ASKED: dict[tuple[str, SignalKind], tuple[str, dict[str, Any]]] = {
    ("whatsapp", TYPING): (
        "/messages",
        {"messaging_product": "whatsapp", "status": "read", "message_id": "m1", "typing_indicator": {"type": "text"}},
    ),
    ("whatsapp", READ): ("/messages", {"messaging_product": "whatsapp", "status": "read", "message_id": "m1"}),
    ("messenger", TYPING): ("/me/messages", {"recipient": {"id": "77"}, "sender_action": "typing_on"}),
    ("messenger", READ): ("/me/messages", {"recipient": {"id": "77"}, "sender_action": "mark_seen"}),
    ("instagram", TYPING): ("/me/messages", {"recipient": {"id": "78"}, "sender_action": "typing_on"}),
    ("instagram", READ): ("/me/messages", {"recipient": {"id": "78"}, "sender_action": "mark_seen"}),
    ("telegram", TYPING): ("/sendChatAction", {"chat_id": 4711, "action": "typing"}),
    ("line", TYPING): ("/v2/bot/chat/loading/start", {"chatId": USER, "loadingSeconds": 20}),
}


@asynccontextmanager
async def provided(name: str) -> AsyncIterator[tuple[Connector, list[tuple[str, Any]]]]:
    """The connector, and the calls that its provider on loopback got."""
    calls: list[tuple[str, Any]] = []

    async def answer(request: web.Request) -> web.Response:
        calls.append((request.path, msgspec.json.decode(await request.read())))
        return web.json_response({"ok": True, "result": True, "success": True})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    outside = Outside()
    async with TestServer(app) as server:
        kind = discover()[name]
        settings = replace(recorded.built(kind).settings, base_url=str(server.make_url("")).rstrip("/"))
        yield kind(recorded.CHANNEL, settings, no_tools(http=outside)), calls
    await outside.close()


async def asked(name: str, *signals: Signal) -> list[tuple[str, Any]]:
    """The calls that these signals made."""
    async with provided(name) as (connector, calls):
        for signal in signals:
            await connector.signal(signal)
    return calls


@pytest.mark.parametrize(("name", "kind"), ASKED)
async def test_each_provider_is_asked_as_it_documents(name: str, kind: SignalKind) -> None:
    path, body = ASKED[name, kind]
    ((to, said),) = await asked(name, Signal(kind, PERSON[name], "m1"))
    assert to.endswith(path)
    assert said == body


async def test_groups_of_line_are_shown_nothing_and_topics_of_telegram_their_own() -> None:
    assert await asked("line", Signal(TYPING, "C" + "b" * 32), Signal(TYPING, f"C{'b' * 32}#{USER}")) == []
    ((_, said),) = await asked("telegram", Signal(TYPING, "-100200/7#4711"))
    assert said == {"chat_id": -100200, "action": "typing", "message_thread_id": 7}


@pytest.mark.parametrize("kind", recorded.channels(), ids=lambda kind: kind.name)
async def test_what_can_be_shown_stands_in_the_capabilities(kind: type[Connector]) -> None:
    assert set(kind.capabilities.signals) == {signal for name, signal in ASKED if name == kind.name}
    if not kind.capabilities.signals and kind.signal is Connector.signal:
        with pytest.raises(Unsupported):
            await recorded.built(kind).signal(Signal(TYPING, "anybody"))
