"""The service as an operator runs it, with one bot that is polled and one that calls."""

import json
import secrets
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from connectors.telegram.settings import TelegramSettings
from inbox.app.accounts import create_admin
from inbox.settings import load
from inbox.store.secrets import make_key
from tests import clients
from tests.connectors.telegram.conftest import TOKEN
from tests.eventually import eventually
from tests.journeys.service import process
from tests.peers.telegram_bot_api import BotApiServer, bot_api
from tests.ports import free_ports

pytestmark = [pytest.mark.slow]
EMAIL, PASSWORD = "agent@journeys.test", "a long enough password"
TESS = {"id": 4711, "is_bot": False, "first_name": "Tess"}


def settings_file(folder: Path, uri: str, bot: str) -> tuple[Path, str]:
    """Two channels of two bots at the same Bot API."""
    web, metrics = free_ports(2)
    base = f"http://127.0.0.1:{web}"
    file = folder / "inbox.toml"
    file.write_text(
        f"""
[server]
port = {web}
public_url = "{base}"
drain_seconds = 5
[metrics]
port = {metrics}
[mongodb]
uri = "{uri}"
database = "journey_{secrets.token_hex(4)}"
[secrets]
keys = ["{make_key("journey")}"]
[[channels]]
id = "polled"
connector = "telegram"
name = "Polled"
settings = {{ token = "{TOKEN}", base_url = "{bot}" }}
[[channels]]
id = "called"
connector = "telegram"
name = "Called"
settings = {{ token = "{TOKEN}", base_url = "{bot}", mode = "webhook" }}
""",
        encoding="utf-8",
    )
    return file, base


def update(number: int, **said: Any) -> dict[str, Any]:
    """Tess wrote."""
    chat = {"id": 4711, "type": "private", "first_name": "Tess"}
    return {"update_id": number, "message": {"message_id": number, "date": 1_795_255_100, "from": TESS, "chat": chat, **said}}


async def call_hook(base: str, secret: str, body: dict[str, Any]) -> int:
    """Telegram calls; the status it hears."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret, "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{base}/hooks/telegram/called", data=json.dumps(body), headers=headers) as answer,
    ):
        return answer.status


async def row_of(agent: clients.AgentClient, channel: str) -> Any:
    """The conversation of a channel in the list of all, once it is there."""

    async def look() -> Any:
        rows = (await agent.call("GET", "/conversations", view="all"))["rows"]
        return next((row for row in rows if row["channel"] == channel), None)

    return await eventually(look, what=f"a conversation of {channel}")


async def messages_of(agent: clients.AgentClient, row: Any) -> list[Any]:
    """A conversation's messages, oldest first."""
    items = (await agent.call("GET", f"/conversations/{row['id']}/timeline"))["items"]
    return [item for item in items if item["t"] == "message"]


async def test_both_ways_in_and_the_way_out(mongo_uri: str, tmp_path: Path) -> None:
    async with bot_api(TOKEN) as server:
        file, base = settings_file(tmp_path, mongo_uri, server.url)
        await create_admin(load(file), EMAIL, "Mira", PASSWORD)
        async with process(("serve", "--config", str(file)), tmp_path / "serve.log", base), clients.agent(base, EMAIL, PASSWORD) as agent:
            await _polled(server, agent)
            await _called(base, agent)
        assert TOKEN not in (tmp_path / "serve.log").read_text()
    assert server.violations == []


async def _polled(server: BotApiServer, agent: clients.AgentClient) -> None:
    server.files["doc1"] = b"%PDF-1.7"
    server.push(
        update(31, caption="The bill", document={"file_id": "doc1", "file_unique_id": "u", "file_name": "bill.pdf", "file_size": 8})
    )
    row = await row_of(agent, "polled")
    await agent.reply(row["id"], "Thank **you**")
    (sent,) = await eventually(lambda: server.made("sendMessage"))
    assert sent.fields["text"] == "Thank <b>you</b>"
    message = (await messages_of(agent, row))[0]
    assert (message["text"], message["attachments"][0]["name"], message["attachments"][0]["size"]) == ("The bill", "bill.pdf", 8)


async def _called(base: str, agent: clients.AgentClient) -> None:
    secret = msgspec.convert({"token": TOKEN}, TelegramSettings).secret_word("called")
    assert await call_hook(base, "wrong", update(77, text="Forged")) == 403
    assert [await call_hook(base, secret, update(78, text="Hello")) for _ in range(3)] == [200, 200, 200]
    row = await row_of(agent, "called")
    assert [message["text"] for message in await messages_of(agent, row)] == ["Hello"]
