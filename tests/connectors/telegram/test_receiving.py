"""Nothing that somebody writes is lost or comes twice, whether Telegram is asked for it or calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connectors.telegram import TelegramConnector, receiving
from connectors.telegram.updates import WANTED
from inbox.connector import Answer, InboundMessage, RawDelivery
from inbox.core.errors import NeedsLogin, NotAuthentic, Rejected, TryLater, Unavailable, Unknown, Unsupported
from tests.connectors.telegram.conftest import CHANNEL, HOOKS, NOW, Bot
from tests.eventually import eventually
from tests.peers.telegram_bot_api import Trouble, refused

URL = f"{HOOKS}telegram/{CHANNEL}"
DAY = 24 * 60 * 60 * 1000


def wrote(update_id: int, text: str = "Hello") -> dict[str, Any]:
    """An update with a message."""
    person = {"id": 4711, "is_bot": False, "first_name": "Tess"}
    message = {"message_id": update_id + 5, "from": person, "chat": {"id": 4711, "type": "private"}, "date": NOW // 1000, "text": text}
    return {"update_id": update_id, "message": message}


class Ledger:
    """Where deliveries are stored; away while ``away``."""

    def __init__(self) -> None:
        self.raws: list[RawDelivery] = []
        self.away = False

    async def __call__(self, raw: RawDelivery) -> None:
        """Raises ``Unavailable`` while it is away."""
        if self.away:
            raise Unavailable("no database")
        self.raws.append(raw)

    def texts(self) -> list[str]:
        """What was written."""
        return [item.text for raw in self.raws for item in TelegramConnector.parse(raw) if isinstance(item, InboundMessage)]


@asynccontextmanager
async def receiving_by(connector: TelegramConnector, ledger: Ledger) -> AsyncIterator[None]:
    """The connector receives until the end of the block."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(connector.receive(ledger))
        yield
        task.cancel()


async def test_what_is_written_comes_in_order_and_is_confirmed_once_it_is_stored(bot: Bot) -> None:
    ledger = Ledger()
    bot.server.push(wrote(70, "one"), wrote(71, "two"))
    async with receiving_by(bot.connector(), ledger):
        await eventually(lambda: len(ledger.raws) == 2)
        bot.server.push(wrote(72, "three"))
        await eventually(lambda: len(ledger.raws) == 3)
        await eventually(lambda: bot.server.made("getUpdates")[-1].fields.get("offset") == 73)
    assert ledger.texts() == ["one", "two", "three"]
    assert bot.server.made("getUpdates")[0].fields == {"timeout": 50, "limit": 20, "allowed_updates": list(WANTED)}
    assert json.loads(ledger.raws[0].body) == wrote(70, "one")
    assert bot.cursor.values["updates"] == {"offset": 73, "at": NOW}
    assert bot.reports[-1].ok


async def test_what_could_not_be_stored_is_not_confirmed_and_comes_again(bot: Bot) -> None:
    ledger = Ledger()
    ledger.away = True
    bot.server.push(wrote(70))
    with pytest.raises(Unavailable):
        await bot.connector().receive(ledger)
    assert bot.cursor.values == {}
    ledger.away = False
    async with receiving_by(bot.connector(), ledger):
        await eventually(lambda: ledger.texts() == ["Hello"])


async def test_a_restart_goes_on_after_the_last_one_stored(bot: Bot) -> None:
    ledger = Ledger()
    bot.server.push(wrote(70, "before"), wrote(71, "after"))
    await bot.cursor.save("updates", {"offset": 71, "at": NOW})
    async with receiving_by(bot.connector(), ledger):
        await eventually(lambda: len(ledger.raws) == 1)
    assert ledger.texts() == ["after"]


async def test_after_a_week_of_silence_a_lower_number_is_seen_too(bot: Bot) -> None:
    ledger = Ledger()
    await bot.cursor.save("updates", {"offset": 900_000, "at": NOW})
    bot.now = NOW + 7 * DAY
    bot.server.push(wrote(17, "back again"))
    async with receiving_by(bot.connector(), ledger):
        await eventually(lambda: ledger.texts() == ["back again"])
        await eventually(lambda: bot.server.made("getUpdates")[-1].fields.get("offset") == 18)


async def test_the_same_number_for_another_message_is_another_delivery(bot: Bot) -> None:
    ledger = Ledger()
    bot.server.push(wrote(70, "one"))
    async with receiving_by(bot.connector(), ledger):
        await eventually(lambda: len(ledger.raws) == 1)
    await bot.cursor.save("updates", {})
    bot.server.updates = [wrote(70, "one"), wrote(70, "two")]
    async with receiving_by(bot.connector(), ledger):
        await eventually(lambda: len(ledger.raws) == 3)
    assert ledger.raws[0].key == ledger.raws[1].key != ledger.raws[2].key


async def test_a_registered_webhook_gives_way_to_polling(bot: Bot) -> None:
    ledger = Ledger()
    bot.server.webhook = {"url": "https://elsewhere.example/"}
    bot.server.push(wrote(70))
    async with receiving_by(bot.connector(), ledger):
        await eventually(lambda: len(ledger.raws) == 1)
    assert bot.server.webhook == {}


async def test_a_pressed_button_stops_waiting_once_the_press_is_stored(bot: Bot) -> None:
    ledger = Ledger()
    person = {"id": 4711, "is_bot": False, "first_name": "Tess"}
    bot.server.push({"update_id": 5, "callback_query": {"id": "77001", "from": person, "chat_instance": "1", "data": "yes"}})
    async with receiving_by(bot.connector(), ledger):
        await eventually(lambda: bot.server.made("answerCallbackQuery"))
    assert bot.server.made("answerCallbackQuery")[0].fields == {"callback_query_id": "77001"}
    assert len(ledger.raws) == 1


@pytest.mark.parametrize(
    ("trouble", "error", "says"),
    [
        (refused(409, "Conflict: terminated by other getUpdates request"), TryLater, "Another program reads this bot's messages"),
        (refused(429, "Too Many Requests: retry after 1", retry_after=1), TryLater, "slow down"),
        (refused(400, "Bad Request: odd"), TryLater, "odd"),
        (refused(500, "Internal Server Error"), Unknown, "Internal Server Error"),
        (Trouble("html", 502), Unknown, "HTTP 502"),
        (Trouble("cut"), Unknown, "connection_broke"),
        (Trouble("html", 200), Unknown, "HTTP 200"),
    ],
    ids=lambda value: value.description + value.kind if isinstance(value, Trouble) else "",
)
async def test_trouble_while_polling_shows_on_the_health_light_and_loses_nothing(
    bot: Bot, trouble: Trouble, error: type[Exception], says: str
) -> None:
    ledger = Ledger()
    bot.server.push(wrote(70))
    bot.server.fail("getUpdates", trouble)
    with pytest.raises(error):
        await bot.connector().receive(ledger)
    assert not bot.reports[-1].ok
    assert says in bot.reports[-1].problem
    async with receiving_by(bot.connector(), ledger):
        await eventually(lambda: ledger.texts() == ["Hello"])
    assert bot.reports[-1].ok


async def test_a_wrong_token_asks_for_a_login(bot: Bot) -> None:
    with pytest.raises(NeedsLogin, match="does not accept the bot's token"):
        await bot.connector(token="123456789:AAF-another-token_0123456789").receive(Ledger())


async def test_the_menu_of_commands_is_set(bot: Bot) -> None:
    commands = [{"command": "hours", "description": "When we are open"}]
    async with receiving_by(bot.connector(commands=commands), Ledger()):
        await eventually(lambda: bot.server.made("getUpdates"))
    assert bot.server.made("setMyCommands")[0].fields == {"commands": commands}


# Webhook


async def test_our_address_is_registered_with_a_secret_that_then_opens_the_door(bot: Bot) -> None:
    connector = bot.connector(mode="webhook")
    async with receiving_by(connector, Ledger()):
        await eventually(lambda: bot.reports)
    asked = bot.server.webhook
    assert asked == {"url": URL, "secret_token": asked["secret_token"], "allowed_updates": list(WANTED), "max_connections": 1}
    assert len(asked["secret_token"]) == 64
    connector.verify(delivery(asked["secret_token"]))
    assert bot.reports[-1].ok


@pytest.mark.parametrize("secret", [None, "", "wrong", "\udcff\udcfe", "ＡＡＡ"])
async def test_a_wrong_or_missing_secret_is_refused(bot: Bot, secret: str | None) -> None:
    connector = bot.connector(mode="webhook", secret="a-secret-of-our-own")
    connector.verify(delivery("a-secret-of-our-own"))
    with pytest.raises(NotAuthentic):
        connector.verify(delivery(secret))


async def test_each_channel_has_another_secret_and_a_polling_one_takes_nothing(bot: Bot) -> None:
    settings = bot.connector(mode="webhook").settings
    assert settings.secret_word("one") != settings.secret_word("two")
    polling = bot.connector(secret="a-secret-of-our-own")
    with pytest.raises(NotAuthentic):
        polling.verify(delivery("a-secret-of-our-own"))


def delivery(secret: str | None) -> RawDelivery:
    """A call of Telegram."""
    headers = {} if secret is None else {"x-telegram-bot-api-secret-token": secret}
    return RawDelivery(CHANNEL, "k", json.dumps(wrote(70)).encode(), NOW, headers)


async def test_a_webhook_somebody_removed_is_registered_again(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "LOOK_SECONDS", 0.01)
    async with receiving_by(bot.connector(mode="webhook"), Ledger()):
        await eventually(lambda: len(bot.server.made("getWebhookInfo")) > 1)
        bot.server.webhook = {"url": "https://elsewhere.example/"}
        await eventually(lambda: bot.server.webhook.get("url") == URL)


async def test_what_telegram_cannot_deliver_shows_on_the_health_light(bot: Bot) -> None:
    bot.server.webhook_info = {
        "pending_update_count": 12,
        "last_error_date": NOW // 1000 - 30,
        "last_error_message": "Wrong response from the webhook: 503 Service Unavailable",
    }
    async with receiving_by(bot.connector(mode="webhook"), Ledger()):
        await eventually(lambda: bot.reports)
    assert bot.reports[-1].problem == "Telegram cannot deliver 12 updates: Wrong response from the webhook: 503 Service Unavailable"


async def test_trouble_that_is_over_does_not(bot: Bot) -> None:
    bot.server.webhook_info = {"last_error_date": NOW // 1000 - 30, "last_error_message": "Connection timed out"}
    async with receiving_by(bot.connector(mode="webhook"), Ledger()):
        await eventually(lambda: bot.reports)
    assert bot.reports[-1].ok


async def test_an_address_without_https_is_said_to_be_of_no_use(bot: Bot) -> None:
    bot.hooks = "http://127.0.0.1:8080/hooks/"
    with pytest.raises(Unsupported):
        await bot.connector(mode="webhook").receive(Ledger())
    assert "https" in bot.reports[-1].problem
    assert bot.server.made("setWebhook") == []


async def test_an_address_telegram_refuses_is_tried_again_and_said(bot: Bot) -> None:
    bot.server.fail("setWebhook", refused(400, "Bad Request: bad webhook: HTTPS url must be provided for webhook"))
    with pytest.raises(TryLater):
        await bot.connector(mode="webhook").receive(Ledger())
    assert "bad webhook" in bot.reports[-1].problem


async def test_a_pressed_button_is_answered_with_the_call_itself(bot: Bot) -> None:
    connector = bot.connector(mode="webhook")
    pressed = RawDelivery(CHANNEL, "k", b'{"update_id":1,"callback_query":{"id":"77001","from":{"id":1,"first_name":"T"}}}', NOW)
    expected = '{"method":"answerCallbackQuery","callback_query_id":"77001"}'
    assert connector.answer(pressed) == Answer("accepted", expected, "application/json")
    for body in (json.dumps(wrote(1)).encode(), b"", b"[]", b"\xff", b'{"callback_query":7}'):
        assert connector.answer(RawDelivery(CHANNEL, "k", body, NOW)) == Answer("accepted")


# Files and health


async def read(content: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in content])


async def test_a_file_is_fetched_by_its_id(bot: Bot) -> None:
    bot.server.files["doc1"] = b"%PDF" * 100_000
    assert await read(await bot.connector().fetch("doc1")) == b"%PDF" * 100_000


async def test_a_file_that_is_gone_is_refused_and_one_for_now_comes_later(bot: Bot) -> None:
    with pytest.raises(Rejected, match="invalid file_id"):
        await bot.connector().fetch("gone")
    bot.server.fail("getFile", refused(429, "Too Many Requests: retry after 3", retry_after=3))
    with pytest.raises(TryLater):
        await bot.connector().fetch("doc1")


async def test_probe_says_who_is_to_blame(bot: Bot) -> None:
    assert (await bot.connector().probe()).ok
    wrong = await bot.connector(token="123456789:AAF-another-token_0123456789").probe()
    assert (wrong.ok, wrong.problem) == (False, "Telegram does not accept the bot's token.")
    away = await bot.connector(base_url="http://127.0.0.1:9").probe()
    assert (away.ok, away.problem) == (False, "Telegram cannot be used: unreachable")
