"""What each connector asks its provider when a message that is out shall be another, and that it stands in its capabilities."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.connector import AmendKind, Amendment, Connector
from inbox.core.errors import InboxError, Rejected, TryLater, Unsupported
from inbox.core.message import AmendKind as Kind
from tests.connectors import recorded
from tests.connectors.telegram.conftest import Bot
from tests.connectors.telegram.conftest import bot as bot
from tests.connectors.test_signals import provided
from tests.peers.telegram_bot_api import refused

EDIT, DELETE, REACT = Kind.EDIT, Kind.DELETE, Kind.REACT
ASKED: dict[tuple[str, AmendKind], tuple[Amendment, str, dict[str, Any]]] = {
    ("telegram", EDIT): (
        Amendment(EDIT, "4711", ("4711:9",), "It is **here**"),
        "/editMessageText",
        {"chat_id": 4711, "message_id": 9, "text": "It is <b>here</b>", "parse_mode": "HTML"},
    ),
    ("telegram", DELETE): (Amendment(DELETE, "4711", ("4711:9", "4711:10")), "/deleteMessages", {"chat_id": 4711, "message_ids": [9, 10]}),
    ("telegram", REACT): (
        Amendment(REACT, "-100/7#4711", ("-100:9",), "👍"),
        "/setMessageReaction",
        {"chat_id": -100, "message_id": 9, "reaction": [{"type": "emoji", "emoji": "👍"}]},
    ),
    ("whatsapp", REACT): (
        Amendment(REACT, "+4915100000001", ("wamid.A",), "👍"),
        "/messages",
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "+4915100000001",
            "type": "reaction",
            "reaction": {"message_id": "wamid.A", "emoji": "👍"},
        },
    ),
}


@pytest.mark.parametrize(("name", "kind"), ASKED)
async def test_each_provider_is_asked_as_it_documents(name: str, kind: AmendKind) -> None:
    amendment, path, body = ASKED[name, kind]
    async with provided(name) as (connector, calls):
        await connector.amend(amendment)
    ((to, said),) = calls
    assert to.endswith(path)
    assert said == body


@pytest.mark.parametrize("kind", recorded.channels(), ids=lambda kind: kind.name)
async def test_what_can_be_changed_stands_in_the_capabilities(kind: type[Connector]) -> None:
    assert set(kind.capabilities.amends) == {amend for name, amend in ASKED if name == kind.name}
    if not kind.capabilities.amends:
        with pytest.raises(Unsupported):
            await recorded.built(kind).amend(Amendment(EDIT, "x", ("y",)))


async def test_a_caption_and_the_buttons_below_a_text_of_telegram(bot: Bot) -> None:
    await bot.connector().amend(Amendment(EDIT, "4711", ("4711:9",), "Look", files=1))
    await bot.connector().amend(Amendment(EDIT, "4711", ("BAAC:4711:9",), "Which?", choices=("A", "B")))
    await bot.connector().amend(Amendment(REACT, "4711", ("4711:9",), ""))
    caption, offered, taken_back = (call.fields for call in bot.server.calls)
    assert caption["caption"] == "Look"
    assert offered["business_connection_id"] == "BAAC"
    assert [row[0]["text"] for row in offered["reply_markup"]["inline_keyboard"]] == ["A", "B"]
    assert taken_back["reaction"] == []


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("Bad Request: message is not modified: specified new message content is the same", None),
        ("Bad Request: message can't be edited", Rejected),
        ("Bad Request: message to edit not found", Rejected),
        ("Bad Request: whatever else", Rejected),
    ],
)
async def test_what_telegram_says_to_it(bot: Bot, said: str, error: type[InboxError] | None) -> None:
    bot.server.fail("editMessageText", refused(400, said))
    change = bot.connector().amend(Amendment(EDIT, "4711", ("4711:9",), "New"))
    if error is None:
        await change
    else:
        with pytest.raises(error):
            await change


async def test_what_telegram_cannot_change_is_not_asked(bot: Bot) -> None:
    connector = bot.connector()
    for amendment in (
        Amendment(EDIT, "4711", ("4711:9", "4711:10"), "New"),
        Amendment(EDIT, "4711", ("4711:9",), "x" * 4_097),
        Amendment(EDIT, "4711", ("4711:9",), "x" * 1_025, files=1),
        Amendment(DELETE, "4711", ("BAAC:4711:9",)),
        Amendment(DELETE, "4711", ("nonsense",)),
        Amendment(DELETE, "4711", ()),
    ):
        with pytest.raises(Rejected):
            await connector.amend(amendment)
    assert bot.server.calls == []


async def test_telegram_asks_for_patience(bot: Bot) -> None:
    bot.server.fail("editMessageText", refused(429, "Too Many Requests", retry_after=7))
    with pytest.raises(TryLater) as later:
        await bot.connector().amend(Amendment(EDIT, "4711", ("4711:9",), "New"))
    assert later.value.after == 7_000
