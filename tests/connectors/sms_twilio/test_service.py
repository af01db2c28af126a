"""The service as an operator runs it, with a number at Twilio: called, answered, and catching up on what no webhook brought."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from connectors.sms_twilio.signature import signature
from inbox.app.accounts import create_admin
from inbox.settings import load
from inbox.store.secrets import make_key
from tests import clients
from tests.eventually import eventually
from tests.journeys.service import process
from tests.peers.sms_twilio import ACCOUNT, ROOT, TOKEN, FakeTwilio
from tests.ports import free_ports

pytestmark = [pytest.mark.slow]
EMAIL, PASSWORD = "agent@journeys.test", "a long enough password"
ANNA, BEN, OURS = "+491711234567", "+491722222222", "+15005550006"
HOOK = "/hooks/sms_twilio/sms"


def settings_file(folder: Path, uri: str, twilio: str) -> tuple[Path, str]:
    """One number that is looked after every few seconds."""
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
id = "sms"
connector = "sms_twilio"
name = "SMS"
settings = {{ account_sid = "{ACCOUNT}", auth_token = "{TOKEN}", sender = "{OURS}", base_url = "{twilio}", reconcile_minutes = 0.02 }}
""",
        encoding="utf-8",
    )
    return file, base


async def call(base: str, fields: dict[str, str], signed_for: str, token: str = TOKEN, query: str = "") -> tuple[int, str]:
    """Twilio calls; the status and the body it hears."""
    headers = {
        "X-Twilio-Signature": signature(token, signed_for, list(fields.items())),
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "I-Twilio-Idempotency-Token": "8d1e",
    }
    async with aiohttp.ClientSession() as http, http.post(f"{base}{HOOK}{query}", data=urlencode(fields), headers=headers) as answer:
        return answer.status, await answer.text()


def fields_of(message: dict[str, Any], **more: str) -> dict[str, str]:
    """The form that Twilio sends for a message it has."""
    told = {name: str(message[key]) for name, key in (("MessageSid", "sid"), ("From", "from"), ("To", "to"), ("Body", "body"))}
    return {**told, "AccountSid": ACCOUNT, "NumMedia": message["num_media"], "SmsStatus": "received", **more}


async def messages_from(agent: clients.AgentClient, sender: str, count: int) -> tuple[str, list[Any]]:
    """The conversation of a customer and its messages, once there are so many."""

    async def look() -> Any:
        for row in (await agent.call("GET", "/conversations", view="all"))["rows"]:
            items = (await agent.call("GET", f"/conversations/{row['id']}/timeline"))["items"]
            found = [item for item in items if item["t"] == "message"]
            if any((m.get("sender") or {}).get("value") == sender for m in found) and len(found) >= count:
                return row["id"], found
        return None

    found: Any = await eventually(look, what=f"{count} messages with {sender}")
    return found[0], found[1]


async def test_a_number_in_the_running_service(mongo_uri: str, tmp_path: Path) -> None:
    twilio = FakeTwilio()
    async with twilio.running():
        file, base = settings_file(tmp_path, mongo_uri, twilio.base)
        await create_admin(load(file), EMAIL, "Mira", PASSWORD)
        async with process(("serve", "--config", str(file)), tmp_path / "serve.log", base), clients.agent(base, EMAIL, PASSWORD) as agent:
            await _called_and_answered(twilio, base, agent)
            await _caught_up(twilio, agent)
        log = (tmp_path / "serve.log").read_text()
        assert TOKEN not in log
        assert ANNA not in log


async def _called_and_answered(twilio: FakeTwilio, base: str, agent: clients.AgentClient) -> None:
    twilio.now = int(time.time() * 1000) - 3_600_000  # long listed: only the webhook brings this one
    message = twilio.received("Zoë & me: broken! 👀", ANNA, OURS, num_media="1")
    twilio.media[message["sid"]] = [("image/jpeg", b"pixels")]
    photo = f"{twilio.base}{ROOT}/Messages/{message['sid']}/Media/ME0"
    form = fields_of(message, MediaUrl0=photo, MediaContentType0="image/jpeg")
    assert (await call(base, form, f"{base}{HOOK}", token="forged"))[0] == 403
    assert (await call(base, form, "https://elsewhere.example/hooks/sms_twilio/sms"))[0] == 403
    without_port = f"{base.rpartition(':')[0]}{HOOK}"
    for signed_for in (f"{base}{HOOK}", without_port, f"{base}{HOOK}#rc=5&rp=all"):
        assert await call(base, form, signed_for) == (200, "<Response/>")
    assert (await call(base, form, f"{base}{HOOK}?b=2&a=%20x", query="?b=2&a=%20x"))[0] == 200
    id, [shown] = await messages_from(agent, ANNA, 1)
    assert shown["text"] == "Zoë & me: broken! 👀"
    assert [(a["name"], a["size"]) for a in shown["attachments"]] == [("file-1.jpg", 6)]
    await agent.reply(id, "We are **sorry**")
    await eventually(lambda: len(twilio.messages) == 2, what="the reply at Twilio")
    reply = twilio.messages[1]
    assert (reply["to"], reply["from"], reply["body"]) == (ANNA, OURS, "We are sorry")
    report = {"MessageSid": reply["sid"], "MessageStatus": "delivered", "To": ANNA, "From": OURS, "AccountSid": ACCOUNT}
    assert (await call(base, report, f"{base}{HOOK}"))[0] == 200

    async def ticked() -> Any:
        _, found = await messages_from(agent, ANNA, 2)
        return any(m["state"] == "delivered" for m in found)

    await eventually(ticked, what="the tick")


async def _caught_up(twilio: FakeTwilio, agent: clients.AgentClient) -> None:
    twilio.now = int(time.time() * 1000)
    twilio.received("Did my first SMS get lost?", BEN, OURS)
    _, [shown] = await messages_from(agent, BEN, 1)
    assert shown["text"] == "Did my first SMS get lost?"
