"""Signed webhooks of every kind of provider to committed, each as a share of the same server's HTTP and one insert."""

from __future__ import annotations

import asyncio
import base64
import hmac
import itertools
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from connectors.sms_twilio.signature import signature
from connectors.telegram.settings import TelegramSettings
from inbox.core.ids import ChannelId
from inbox.core.standard_webhooks import key_of, signed
from inbox.settings import load
from inbox.store.secrets import make_key
from tests.bench.baseline import RUNS, TASKS, report, spread
from tests.bench.path import bare, deliver, settled
from tests.bench.world import World, fresh
from tests.faults.rounds import settings_file
from tests.faults.server import Server

COUNT = 1_500
SENDERS = 300
NOWHERE = "http://127.0.0.1:9"
RECORDED = Path(__file__).parents[1] / "connectors"
JSON = {"Content-Type": "application/json"}

Post = tuple[bytes, Mapping[str, str]]
Make = Callable[[int, str], Post]
_numbers = itertools.count(1)


def settings_of(name: str) -> dict[str, Any]:
    """The recorded settings; what the connector would ask of its own accord is refused at once."""
    given: dict[str, Any] = json.loads((RECORDED / name / "settings.json").read_text(encoding="utf-8"))
    return given if name == "api" else {**given, "base_url": NOWHERE}


def _whatsapp(i: int, url: str) -> Post:
    told = json.loads((RECORDED / "whatsapp/text.in.json").read_text(encoding="utf-8"))["body"]
    value = told["entry"][0]["changes"][0]["value"]
    sender = f"49170{i % SENDERS:07}"
    value["contacts"][0]["wa_id"] = sender
    value["messages"][0] |= {"from": sender, "id": f"wamid.bench{i}"}
    body = json.dumps(told).encode()
    mark = hmac.digest(settings_of("whatsapp")["app_secret"].encode(), body, "sha256").hex()
    return body, {**JSON, "X-Hub-Signature-256": f"sha256={mark}"}


def _line(i: int, url: str) -> Post:
    told = json.loads((RECORDED / "line/text.in.json").read_text(encoding="utf-8"))["body"]
    event = told["events"][0]
    event["source"]["userId"] = f"U{i % SENDERS:032x}"
    event["webhookEventId"] = f"bench{i}"
    event["message"]["id"] = f"bench{i}"
    body = json.dumps(told).encode()
    mark = base64.b64encode(hmac.digest(settings_of("line")["channel_secret"].encode(), body, "sha256")).decode()
    return body, {**JSON, "X-Line-Signature": mark}


def _telegram(i: int, url: str) -> Post:
    told = json.loads((RECORDED / "telegram/text.in.json").read_text(encoding="utf-8"))["body"]
    told["update_id"] = i
    told["message"]["message_id"] = i
    told["message"]["from"]["id"] = told["message"]["chat"]["id"] = i % SENDERS + 1
    word = TelegramSettings(**settings_of("telegram")).secret_word(ChannelId("telegram"))
    return json.dumps(told).encode(), {**JSON, "X-Telegram-Bot-Api-Secret-Token": word}


def _twilio(i: int, url: str) -> Post:
    own = settings_of("sms_twilio")
    fields = [("MessageSid", f"SM{i:032x}"), ("AccountSid", own["account_sid"]), ("From", f"+49170{i % SENDERS:07}")]
    fields += [("To", own["sender"]), ("Body", "Where is my parcel?"), ("NumMedia", "0"), ("NumSegments", "1")]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature(own["auth_token"], url, fields)}
    return urlencode(fields).encode(), headers


def _api(i: int, url: str) -> Post:
    body = json.dumps({"type": "message", "id": f"m-{i}", "customer": {"id": f"{i % SENDERS}"}, "text": "Where is my parcel?"}).encode()
    return body, {**JSON, **signed([key_of(settings_of("api")["secret"])], f"msg_{i}", int(time.time() * 1000), body)}


MAKERS: Mapping[str, Make] = {"whatsapp": _whatsapp, "line": _line, "telegram": _telegram, "sms_twilio": _twilio, "api": _api}


def _with_channels(file: Path) -> Path:
    """The settings with a channel of every kind."""
    text = file.read_text(encoding="utf-8")
    for name in MAKERS:
        own = "\n".join(f"{key} = {json.dumps(value)}" for key, value in settings_of(name).items())
        text += f'\n[[channels]]\nid = "{name}"\nconnector = "{name}"\nname = "{name}"\n[channels.settings]\n{own}\n'
    file.write_text(text, encoding="utf-8")
    return file


async def channels(world: World) -> None:
    """One after the other; every run beside a run of the baseline."""
    file = _with_channels(settings_file(world.folder, "channels", world.uri, fresh(), make_key("bench"), witness_port=9))
    server = Server(file, load(file).server.public_url)
    await server.start()
    try:
        async with bare(world) as baseline, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=TASKS)) as http:
            for name, make in MAKERS.items():
                ratios = [await _ratio(http, baseline, server, name, make) for _ in range(RUNS)]
                report(f"{name} committed / HTTP and one insert", spread(ratios), "none set")
    finally:
        await server.stop()


async def _ratio(http: aiohttp.ClientSession, baseline: str, server: Server, name: str, make: Make) -> float:
    url = f"{server.base}/hooks/{name}/{name}"
    posts = iter([make(next(_numbers), url) for _ in range(COUNT)])

    async def provider() -> None:
        for body, headers in posts:
            async with http.post(url, data=body, headers=headers) as answer:
                if answer.status != 200:
                    raise RuntimeError(f"{name} answered {answer.status}")

    async def plain(order: Any) -> None:
        for i in order:
            await deliver(http, baseline, i)

    started = time.perf_counter()
    order = iter([next(_numbers) for _ in range(COUNT)])
    await asyncio.gather(*(plain(order) for _ in range(TASKS)))
    between = time.perf_counter()
    await asyncio.gather(*(provider() for _ in range(TASKS)))
    await settled(http, server)
    return (between - started) / (time.perf_counter() - between)
