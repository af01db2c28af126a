"""`inbox apply FILE` beside running servers: what it says, what it does once and not twice, and who follows."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import signal
import sys
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from inbox.core.standard_webhooks import key_of, signed
from tests import clients
from tests.eventually import eventually
from tests.operator.service import PASSWORD, Operator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
EMAIL = "ada@example.com"
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()


def channel(id: str, **more: object) -> str:
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in more.items())
    return (
        f'[[channels]]\nid = "{id}"\nconnector = "api"\nname = "System {id}"\n{lines}[channels.settings]\nsecret = "${{SYSTEM_SECRET}}"\n'
    )


TEAM = '[[teams]]\nid = "returns"\nname = "Returns"\n'


@dataclass(frozen=True)
class Site:
    """Two servers on one database, and the files an operator applies."""

    folder: Path
    here: Operator
    there: Operator

    async def apply(self, text: str, *options: str) -> str:
        """What the command says; it must go well."""
        file = self.folder / "workspace.toml"
        file.write_text(text, encoding="utf-8")
        done = await self.here.run("apply", str(file), *options, environment={"SYSTEM_SECRET": SECRET})
        assert done.code == 0, done.text
        assert SECRET not in done.text
        return done.text

    async def until_both(self, id: str, status: int) -> float:
        """Seconds until both servers answer a signed delivery to this channel so."""
        began = time.monotonic()
        for server in (self.here, self.there):
            ask: Callable[[], Any] = partial(answers, server, id, status)
            await eventually(ask, what=f"{id} answers {status}")
        return time.monotonic() - began


async def answers(server: Operator, id: str, status: int) -> bool:
    return await deliver(server, id) == status


async def deliver(server: Operator, id: str) -> int:
    key = secrets.token_hex(8)
    body = json.dumps({"type": "message", "id": key, "customer": {"id": "seven"}, "text": f"Hello {key}"}).encode()
    headers = {"Content-Type": "application/json", **signed((key_of(SECRET),), key, int(time.time() * 1000), body)}
    async with aiohttp.ClientSession() as http, http.post(f"{server.base}/hooks/api/{id}", data=body, headers=headers) as answer:
        return answer.status


@asynccontextmanager
async def site(folder: Path, uri: str) -> AsyncIterator[Site]:
    database = f"apply_{secrets.token_hex(4)}"
    here = Operator(folder, uri=uri, database=database, name="here")
    there = Operator(folder, uri=uri, database=database, key=here.key, name="there")
    await here.run("create-admin", "--email", EMAIL, "--name", "Ada")
    async with here.serving(), there.serving():
        yield Site(folder, here, there)


async def test_both_servers_follow_and_a_second_time_changes_nothing(tmp_path: Path, mongo_uri: str) -> None:
    async with site(tmp_path, mongo_uri) as at:
        text = TEAM + channel("alpha", team="returns")
        planned = await at.apply(text, "--dry-run")
        assert planned.splitlines() == ["+ team returns", "+ channel alpha", "Nothing was changed."]
        assert await deliver(at.here, "alpha") == 404

        await at.apply(text)
        sys.stdout.write(f"both servers took a delivery {await at.until_both('alpha', 200):.2f} s after the command's end\n")
        assert (await at.apply(text)).splitlines()[-1] == "Everything is as the file says."

        changed = await at.apply(TEAM.replace("Returns", "Coming back") + channel("alpha", team="returns", paused=True))
        assert changed.splitlines()[:2] == ["~ team returns: name", "~ channel alpha: paused"]
        await at.until_both("alpha", 503)

        assert "- channel alpha" in await at.apply(channel("alpha", removed=True))
        await at.until_both("alpha", 404)
        assert "+ channel alpha" in await at.apply(channel("alpha"))
        await at.until_both("alpha", 200)


async def test_what_the_screen_changes_the_other_server_follows_too(tmp_path: Path, mongo_uri: str) -> None:
    async with site(tmp_path, mongo_uri) as at, AsyncExitStack() as stack:
        ada = await stack.enter_async_context(clients.agent(at.there.base, EMAIL, PASSWORD))
        made = await ada.call(
            "POST", "/channels", {"id": "beta", "connector": "api", "name": "Beta", "settings": {"secret": SECRET}, "anyway": False}
        )
        await at.until_both("beta", 200)
        far = await stack.enter_async_context((await stack.enter_async_context(clients.agent(at.here.base, EMAIL, PASSWORD))).socket())
        await ada.call("PATCH", "/channels/beta", {"version": made["version"], "paused": True})
        frame = await far.until("reload")
        assert (frame["what"], frame["id"]) == ("channels", "beta")
        await at.until_both("beta", 503)


async def test_a_killed_server_follows_after_its_start_and_a_killed_command_is_run_again(tmp_path: Path, mongo_uri: str) -> None:
    ids = [f"round-{n}" for n in range(6)]
    text = TEAM + "".join(channel(id) for id in ids)
    async with AsyncExitStack() as stack:
        operator = Operator(tmp_path, uri=mongo_uri, database=f"apply_{secrets.token_hex(4)}")
        other = Operator(tmp_path, uri=mongo_uri, database=operator.database, key=operator.key, name="other")
        await stack.enter_async_context(other.serving())
        for delay in (0.6, 1.2, 1.8):
            async with operator.serving() as pid:
                command = await killed_after(operator, text, delay)
                os.kill(pid, signal.SIGKILL)
                assert command in (0, -signal.SIGKILL)
        at = Site(tmp_path, operator, other)
        await at.apply(text)
        async with operator.serving():
            for id in ids:
                await at.until_both(id, 200)
            assert (await at.apply(text)).splitlines()[-1] == "Everything is as the file says."


async def killed_after(operator: Operator, text: str, seconds: float) -> int:
    """The command, killed wherever it is by then."""
    file = operator.folder / "killed.toml"
    file.write_text(text, encoding="utf-8")
    words = (sys.executable, "-m", "inbox", "apply", "--config", str(operator.file), str(file))
    child = await asyncio.create_subprocess_exec(*words, stdout=DEVNULL, stderr=DEVNULL, env={**os.environ, "SYSTEM_SECRET": SECRET})
    try:
        async with asyncio.timeout(seconds):
            await child.wait()
    except TimeoutError:
        child.kill()
    return await child.wait()


async def test_mistakes_are_told_together_and_nothing_is_done(tmp_path: Path, mongo_uri: str) -> None:
    operator = Operator(tmp_path, uri=mongo_uri, database=f"apply_{secrets.token_hex(4)}")
    file = tmp_path / "wrong.toml"
    wrong = channel("one").replace('"api"', '"fax"') + channel("two").replace("secret", "secrets") + channel("shop")
    file.write_text(wrong.replace("${SYSTEM_SECRET}", SECRET), encoding="utf-8")
    done = await operator.run("apply", str(file))
    assert done.code == 1
    for line in (
        "channels.one.connector",
        "channels.two.settings.secrets",
        "channels.shop.id: this channel is managed by the settings file",
    ):
        assert line in done.text
    assert SECRET not in done.text


async def test_lists_are_made_and_channels_that_do_not_work_stop_everything_if_wanted(tmp_path: Path, mongo_uri: str) -> None:
    operator = Operator(tmp_path, uri=mongo_uri, database=f"apply_{secrets.token_hex(4)}")
    file = tmp_path / "lists.toml"
    lists = '[[saved_replies]]\nid = "hello"\nname = "Hello"\ntext = "Hello there"\n'
    lists += '[[webhooks]]\nid = "pager"\nname = "Pager"\nurl = "https://pager.example.org/in"\nsecret = "${SYSTEM_SECRET}"\n'
    nowhere = channel("far").replace("[channels.settings]", '[channels.settings]\nurl = "http://127.0.0.1:9/nobody"')
    file.write_text(lists + nowhere, encoding="utf-8")
    done = await operator.run("apply", str(file), "--try", environment={"SYSTEM_SECRET": SECRET})
    assert done.code == 1
    assert "? channel far does not work:" in done.text
    file.write_text(lists + channel("near"), encoding="utf-8")
    done = await operator.run("apply", str(file), "--try", environment={"SYSTEM_SECRET": SECRET})
    assert done.text.splitlines()[:4] == ["+ saved reply hello", "+ webhook pager", "+ channel near", "? channel near works"]
    assert done.text.splitlines()[-1].startswith("Done: 3 of 3")
    assert SECRET not in done.text
