"""A channel that was taken out of the settings file: it runs no more, its conversations stay, and it can be put back."""

import secrets
from functools import partial
from pathlib import Path

import pytest
import websockets

from tests import clients
from tests.eventually import eventually
from tests.operator.service import CHAT, PASSWORD, Operator

pytestmark = [pytest.mark.slow]
EMAIL = "ada@example.com"


async def rows(ada: clients.AgentClient) -> list[clients.Frame]:
    """All conversations."""
    found: list[clients.Frame] = (await ada.call("GET", "/conversations", view="all"))["rows"]
    return found


async def test_it_stays_readable_receives_and_sends_nothing_and_comes_back(tmp_path: Path, mongo_uri: str) -> None:
    operator = Operator(tmp_path, uri=mongo_uri, database=f"removed_{secrets.token_hex(4)}")
    operator.channels = there = CHAT.replace("https://shop.example", operator.base)
    await operator.run("create-admin", "--email", EMAIL, "--name", "Ada")

    async with operator.serving(), clients.agent(operator.base, EMAIL, PASSWORD) as ada:
        async with clients.visitor(operator.base) as ann:
            await ann.say("Where is my order?")
            token = ann.token
        found: list[clients.Frame] = await eventually(partial(rows, ada), what="the chat is placed")
        (row,) = found

    operator.channels = ""
    async with operator.serving(), clients.agent(operator.base, EMAIL, PASSWORD) as ada:
        (shop,) = (await ada.call("GET", "/bootstrap"))["channels"]
        assert (shop["id"], shop["name"], shop["removed"], shop["healthy"]) == ("shop", "Shop chat", True, False)
        detail = await ada.call("GET", f"/conversations/{row['id']}")
        assert [item["text"] for item in detail["timeline"]["items"] if "text" in item] == ["Where is my order?"]
        with pytest.raises(clients.Refused, match="not set up here any more") as refused:
            await ada.reply(row["id"], "On its way.")
        assert refused.value.status == 422
        await ada.reply(row["id"], "Noted.", kind="note", anyway=False)
        with pytest.raises(websockets.exceptions.InvalidStatus):
            async with clients.visitor(operator.base, token=token):
                pass
        assert "channel shop     removed" in (await operator.run("doctor")).text

    operator.channels = there
    async with operator.serving(), clients.agent(operator.base, EMAIL, PASSWORD) as ada:
        (shop,) = (await ada.call("GET", "/bootstrap"))["channels"]
        assert (shop["removed"], shop["healthy"]) == (False, True)
        async with clients.visitor(operator.base, token=token) as ann:
            await ada.reply(row["id"], "On its way.")
            await ann.until("message", lambda f: f["row"]["text"] == "On its way.")
