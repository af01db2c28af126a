"""Choices in WhatsApp: up to three are buttons, more of them a list."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from inbox.app.outside import Outside
from inbox.connector import Tools
from inbox.testing.tools import no_tools
from tests.connectors.whatsapp.test_sending import MESSAGE, PNG, STORED, connector
from tests.peers.meta_graph import GraphApi


@pytest.fixture
async def meta() -> AsyncIterator[GraphApi]:
    async with GraphApi().running() as peer:
        yield peer


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    http = Outside()
    yield no_tools(http=http, files=STORED)
    await http.close()


async def test_three_choices_are_buttons(meta: GraphApi, tools: Tools) -> None:
    await connector(meta, tools).send(replace(MESSAGE, choices=("Yes", "No", "Later")))
    assert meta.sent[0]["interactive"] == {
        "type": "button",
        "body": {"text": "It is *on its way*."},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "choice-1", "title": "Yes"}},
                {"type": "reply", "reply": {"id": "choice-2", "title": "No"}},
                {"type": "reply", "reply": {"id": "choice-3", "title": "Later"}},
            ]
        },
    }


async def test_more_of_them_are_a_list_that_opens(meta: GraphApi, tools: Tools) -> None:
    await connector(meta, tools).send(replace(MESSAGE, choices=("A", "B", "C", "D")))
    shown = meta.sent[0]["interactive"]
    assert shown["type"] == "list"
    assert [row["title"] for row in shown["action"]["sections"][0]["rows"]] == ["A", "B", "C", "D"]


async def test_files_come_before_the_question(meta: GraphApi, tools: Tools) -> None:
    sent = await connector(meta, tools).send(replace(MESSAGE, files=(PNG,), choices=("Yes", "No")))
    assert [payload["type"] for payload in meta.sent] == ["image", "interactive"]
    assert "caption" not in meta.sent[0]["image"]
    assert sent.provider_id == "wamid.OURS02"
