"""`inbox serve` over its operator's years: starts, keys that change, ports that are taken, a demo's database, SIGTERM."""

import asyncio
import re
import secrets
import signal
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from pymongo import AsyncMongoClient

from inbox.store.secrets import Keyring, make_key
from tests import clients
from tests.eventually import PATIENCE_S, eventually
from tests.operator.service import CHAT, PASSWORD, Operator
from tests.ports import free_ports

pytestmark = [pytest.mark.slow]
EMAIL = "ada@example.com"
SECRET = 'identity_secret = "0123456789abcdef0123456789abcdef"\n'


def an_operator(folder: Path, uri: str, channels: str = CHAT) -> Operator:
    return Operator(folder, uri=uri, database=f"serving_{secrets.token_hex(4)}", channels=channels)


async def sealed_by(operator: Operator) -> str:
    """The id of the key that seals the chat's secret in the database."""
    async with AsyncMongoClient[clients.Frame](operator.uri) as client:
        stored = await client[operator.database]["channels"].find_one({"_id": "shop"})
    assert stored is not None
    return str(stored["secrets"]["identity_secret"].split(".")[1])


OTHERS = {
    "channels": ("gone", "identity_secret", ("gone", "identity_secret")),
    "consents": ("shop", "tokens", ("shop", "oauth")),
    "factors": ("ada", "secret", ("account:ada", "second_factor")),
    "webhooks": ("pager", "former", ("pager", "secret")),
}
"""Secrets of a removed channel, a consent, an account's second factor and a webhook, beside that of the chat: document, field, place."""


async def push_key(operator: Operator, keys: Keyring) -> str:
    """What browsers know this installation by."""
    async with AsyncMongoClient[clients.Frame](operator.uri) as client:
        found = await client[operator.database]["sealed_keys"].find_one({"_id": "vapid"})
    assert found is not None
    return keys.unseal(found["sealed"], channel="vapid", field="key")


async def leave_sealed(operator: Operator, keys: Keyring) -> None:
    """Whatever else may lie sealed in the database."""
    async with AsyncMongoClient[clients.Frame](operator.uri) as client:
        db = client[operator.database]
        chat = await db["channels"].find_one({"_id": "shop"})
        values = {collection: keys.seal(collection, channel=place[0], field=place[1]) for collection, (_, _, place) in OTHERS.items()}
        removed = {"_id": "gone", "managed": "", "enabled": False, "secrets": {"identity_secret": values["channels"]}}
        await db["channels"].insert_one({**(chat or {}), **removed})
        consent = {"_id": "shop", "client": "c", "tokens": values["consents"], "by": "ada", "at": 1, "version": 1}
        await db["consents"].insert_one(consent)
        webhook = {"_id": "pager", "name": "Pager", "url": "https://pager.example/", "version": 1, "former": values["webhooks"]}
        await db["webhooks"].insert_one(webhook)
        await db["factors"].insert_one({"_id": "ada", "secret": values["factors"], "created_at": 1, "recovery": [], "confirmed_at": 1})


async def find_sealed(operator: Operator, keys: Keyring) -> None:
    """All of it opens with these keys."""
    async with AsyncMongoClient[clients.Frame](operator.uri) as client:
        for collection, (id, field, (channel, name)) in OTHERS.items():
            found = await client[operator.database][collection].find_one({"_id": id})
            assert found is not None
            sealed = found["secrets"][field] if collection == "channels" else found[field]
            assert keys.unseal(sealed, channel=channel, field=name) == collection


async def test_a_new_key_in_front_seals_anew_and_the_old_one_may_go(tmp_path: Path, mongo_uri: str) -> None:
    operator = an_operator(tmp_path, mongo_uri, CHAT + SECRET)
    async with operator.serving():
        assert await sealed_by(operator) == "k1"
    new, old = make_key("k2"), operator.key
    await leave_sealed(operator, Keyring([old]))
    pushes = await push_key(operator, Keyring([old]))
    operator.key = f'{new}", "{old}'
    async with operator.serving():
        assert await sealed_by(operator) == "k2"
    await find_sealed(operator, Keyring([new]))
    assert await push_key(operator, Keyring([new])) == pushes
    operator.key = new
    async with operator.serving():
        assert (await operator.run("doctor")).text.count("WRONG") == 1, "only the admin is missing"


async def test_a_lost_key_stops_no_start(tmp_path: Path, mongo_uri: str) -> None:
    operator = an_operator(tmp_path, mongo_uri)
    async with operator.serving():
        await leave_sealed(operator, Keyring([operator.key]))
    operator.key = make_key("k2")
    async with operator.serving():
        assert await push_key(operator, Keyring([operator.key])), "another one"


async def test_a_taken_port_is_named_with_its_setting(tmp_path: Path, mongo_uri: str) -> None:
    operator = an_operator(tmp_path, mongo_uri)
    for port, setting in ((operator.port, "server.port"), (operator.metrics, "metrics.port")):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", port))
            taken.listen()
            served = await operator.run("serve")
        assert served.code == 1
        assert f"port {port} of 127.0.0.1 is taken" in served.text
        assert setting in served.text
        assert "Traceback" not in served.text


@pytest.mark.parametrize("trouble", ["password", "nobody", "replica set"])
async def test_a_database_that_cannot_be_used_is_told_of_in_one_line(tmp_path: Path, mongo_uri: str, trouble: str) -> None:
    uri, said = {
        "password": (
            mongo_uri.replace("mongodb://inbox:", "mongodb://inbox:not-", 1),
            "MongoDB refuses the user or the password of mongodb.uri",
        ),
        "nobody": (
            f"mongodb://127.0.0.1:{free_ports(1)[0]}/?replicaSet=rs0&serverSelectionTimeoutMS=300",
            "MongoDB does not answer: 127.0.0.1:",
        ),
        "replica set": (
            re.sub("(?<=serverSelectionTimeoutMS=)[0-9]+", "10000", mongo_uri.replace("replicaSet=inbox", "replicaSet=other")),
            "MongoDB does not answer: No replica set members",
        ),
    }[trouble]
    served = await an_operator(tmp_path, uri).run("serve")
    assert served.code == 1
    first, remedy = served.text.strip().splitlines()
    assert first.startswith(f"Error: {said}")
    assert len(first) < 200
    assert remedy.startswith("What to do: Check ")


async def test_a_database_with_the_demos_accounts_is_refused(tmp_path: Path, mongo_uri: str) -> None:
    operator = an_operator(tmp_path, mongo_uri)
    await operator.run("create-admin", "--email", EMAIL, "--name", "Ada")
    async with AsyncMongoClient[clients.Frame](mongo_uri) as client:
        await client[operator.database]["agents"].update_one({}, {"$set": {"demo": True}})
    served = await operator.run("serve")
    assert (served.code, "whose passwords everybody knows" in served.text) == (1, True)


async def test_sigterm_sends_the_sockets_away_and_ends_with_zero(tmp_path: Path, mongo_uri: str) -> None:
    operator = an_operator(tmp_path, mongo_uri)
    await operator.run("create-admin", "--email", EMAIL, "--name", "Ada")
    command = (sys.executable, "-m", "inbox", "serve", "--config", str(operator.file))
    child = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
    try:
        async with aiohttp.ClientSession() as http:
            serving: bool = await eventually(partial(answers, http, f"{operator.base}/health/ready"))
            assert serving
            assert await answers(http, f"http://127.0.0.1:{operator.metrics}/metrics")
        async with clients.agent(operator.base, EMAIL, PASSWORD) as ada, ada.socket() as live:
            child.send_signal(signal.SIGTERM)
            await live.until("reconnect")
            await live.line.wait_closed()
            assert live.line.close_code == 1012
        async with asyncio.timeout(PATIENCE_S):
            assert await child.wait() == 0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def answers(http: aiohttp.ClientSession, url: str) -> bool:
    """Whether it answers 200."""
    try:
        async with http.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
