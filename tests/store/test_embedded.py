"""The embedded MongoDB as its operator meets it: starts, keeps data, outlives a killed parent, and says in one line what is wrong."""

import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure
from pymongo.uri_parser import parse_uri
from structlog.testing import capture_logs

from inbox.core.errors import CannotStart
from inbox.store.datadir import Remembered, command_of
from inbox.store.embedded import Admin, EmbeddedMongo
from inbox.store.mongod import PortTaken
from tests.eventually import PATIENCE_S, eventually
from tests.mongo import patient

PARENT = """
import asyncio, sys
from pathlib import Path
from inbox.store.embedded import EmbeddedMongo

async def main():
    async with EmbeddedMongo(Path(sys.argv[1])) as uri:
        print(uri, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def write(uri: str, text: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](patient(uri)) as client:
        await client.inbox.notes.insert_one({"text": text})


async def read(uri: str) -> list[str]:
    async with AsyncMongoClient[dict[str, Any]](patient(uri)) as client:
        return [note["text"] async for note in client.inbox.notes.find()]


def port_of(uri: str) -> int:
    return int(parse_uri(uri)["nodelist"][0][1])


def lives(pid: int) -> bool:
    return bool(command_of(pid))


def mongods_on(data_dir: Path) -> list[int]:
    return [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and str(data_dir / "mongo" / "db") in command_of(int(p.name))]


class Parent(NamedTuple):
    """A process that holds an embedded MongoDB, to be killed."""

    process: subprocess.Popen[str]

    def uri(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)


@contextmanager
def a_parent(data_dir: Path) -> Iterator[Parent]:
    with subprocess.Popen([sys.executable, "-c", PARENT, data_dir], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Parent(process)
        finally:
            process.kill()


@asynccontextmanager
async def a_stranger() -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def counted(work: Callable[[], Awaitable[None]], looks: Counter[str]) -> Callable[[], Awaitable[None]]:
    """The same work, its beginnings counted."""

    async def again() -> None:
        looks["tried"] += 1
        await work()

    return again


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for pid in mongods_on(tmp_path):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def test_every_write_is_majority_and_journaled_and_the_password_is_needed(data_dir: Path) -> None:
    async with EmbeddedMongo(data_dir) as uri:
        async with AsyncMongoClient[dict[str, Any]](uri) as client:
            assert client.write_concern.document == {"w": "majority", "j": True}
            assert client.read_concern.level == "majority"
            async with client.start_session() as session, await session.start_transaction():
                await client.inbox.notes.insert_one({"text": "in a transaction"}, session=session)
            assert (await client.admin.command("getCmdLineOpts"))["parsed"]["security"]["javascriptEnabled"] is False
        async with AsyncMongoClient[dict[str, Any]]("127.0.0.1", port_of(uri), directConnection=True) as stranger:
            with pytest.raises(OperationFailure, match="requires authentication"):
                await stranger.inbox.notes.find_one()
            with pytest.raises(OperationFailure):
                await stranger.admin.command("createUser", "mallory", pwd="x", roles=["root"])


async def test_a_second_start_keeps_the_data(data_dir: Path) -> None:
    async with EmbeddedMongo(data_dir) as uri:
        await write(uri, "first day")
    async with EmbeddedMongo(data_dir) as again:
        assert await read(again) == ["first day"]
    assert again == uri


async def test_nothing_runs_after_the_end_not_even_after_an_error(data_dir: Path) -> None:
    mongo = EmbeddedMongo(data_dir)
    with suppress(ZeroDivisionError):
        async with mongo:
            assert mongods_on(data_dir) == [mongo.pid]
            raise ZeroDivisionError
    assert mongods_on(data_dir) == []


async def test_secrets_are_readable_by_their_owner_only(data_dir: Path) -> None:
    async with EmbeddedMongo(data_dir) as uri:
        folder = data_dir / "mongo"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE((folder / name).stat().st_mode) for name in ("keyfile", "password")} == {0o600}
        password = parse_uri(uri)["password"]
        assert not any(password in word for pid in mongods_on(data_dir) for word in command_of(pid))


async def test_ctrl_c_in_the_terminal_does_not_reach_mongod(data_dir: Path) -> None:
    mongo = EmbeddedMongo(data_dir)
    async with mongo:
        assert mongo.pid is not None
        assert os.getsid(mongo.pid) != os.getsid(0)


async def test_mongod_left_by_a_killed_parent_is_taken_over(data_dir: Path) -> None:
    with a_parent(data_dir) as parent:
        uri = await asyncio.to_thread(parent.uri)
        await write(uri, "before the kill")
        parent.kill()
    left = mongods_on(data_dir)
    assert len(left) == 1
    mongo = EmbeddedMongo(data_dir)
    async with mongo as again:
        assert [mongo.pid] == mongods_on(data_dir) == left
        assert await read(again) == ["before the kill"]
    assert mongods_on(data_dir) == []


async def test_mongod_killed_with_its_parent_recovers_from_its_journal(data_dir: Path) -> None:
    with a_parent(data_dir) as parent:
        uri = await asyncio.to_thread(parent.uri)
        await write(uri, "before the kill")
        parent.kill()
    for pid in mongods_on(data_dir):
        os.kill(pid, signal.SIGKILL)
    await eventually(lambda: not mongods_on(data_dir))
    async with EmbeddedMongo(data_dir) as again:
        assert await read(again) == ["before the kill"]


async def test_parent_killed_in_the_middle_of_the_first_start(data_dir: Path) -> None:
    with a_parent(data_dir) as parent:
        await eventually(lambda: mongods_on(data_dir))
        parent.kill()
    async with EmbeddedMongo(data_dir) as uri:
        await write(uri, "as if nothing had been")
        assert len(mongods_on(data_dir)) == 1


async def test_frozen_mongod_of_a_killed_parent_is_replaced(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inbox.store.embedded.ADOPT_SECONDS", 0.5)
    monkeypatch.setattr("inbox.store.embedded.STOP_SECONDS", 3.0)  # also for one that was killed to be gone
    with a_parent(data_dir) as parent:
        await write(await asyncio.to_thread(parent.uri), "before the freeze")
        parent.kill()
    (frozen,) = mongods_on(data_dir)
    os.kill(frozen, signal.SIGSTOP)
    mongo = EmbeddedMongo(data_dir)
    async with mongo as uri:
        assert mongo.pid != frozen
        assert not lives(frozen)
        assert await read(uri) == ["before the freeze"]


async def test_a_process_id_used_again_by_a_stranger_is_left_alone(data_dir: Path) -> None:
    async with EmbeddedMongo(data_dir):
        pass
    async with a_stranger() as stranger:
        (data_dir / "mongo" / "db" / "mongod.lock").write_text(f"{stranger.pid}\n")
        async with EmbeddedMongo(data_dir) as uri:
            await write(uri, "works")
        assert stranger.returncode is None


async def test_mongod_that_dies_is_started_again_on_its_port(data_dir: Path) -> None:
    mongo = EmbeddedMongo(data_dir)
    async with mongo as uri, asyncio.TaskGroup() as tasks:
        keeper = tasks.create_task(mongo.keep_running())
        await write(uri, "before")
        dead = mongo.pid
        assert dead is not None
        os.kill(dead, signal.SIGKILL)
        await eventually(lambda: mongo.pid != dead)
        assert await read(uri) == ["before"]
        keeper.cancel()


async def test_why_it_cannot_be_started_again_is_told_once_until_it_can(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inbox.store.embedded.RESTART_SECONDS", 0.02)
    mongo = EmbeddedMongo(data_dir)
    async with mongo as uri, asyncio.TaskGroup() as tasks:
        usage = shutil.disk_usage(data_dir)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1024))
        looks = Counter[str]()
        monkeypatch.setattr(mongo, "_start_again", counted(mongo._start_again, looks))
        assert mongo.pid is not None
        os.kill(mongo.pid, signal.SIGKILL)
        with capture_logs() as logs:
            keeper = tasks.create_task(mongo.keep_running())
            await eventually(lambda: looks["tried"] > 3)
            assert [(line["event"], line["remedy"]) for line in logs] == [
                ("database_stopped", "free some space there, or set data.dir to another disk")
            ]
            assert "is full" in logs[0]["problem"]
            monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
            await eventually(lambda: [line["event"] for line in logs] == ["database_stopped", "database_started_again"])
        await write(uri, "room again")
        keeper.cancel()


async def test_another_port_than_last_time(data_dir: Path) -> None:
    async with EmbeddedMongo(data_dir) as uri:
        await write(uri, "on the first port")
    taken = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port_of(uri))  # mongod asks it who it is
    async with taken, EmbeddedMongo(data_dir) as elsewhere:
        assert port_of(elsewhere) != port_of(uri)
        assert await read(elsewhere) == ["on the first port"]


async def test_one_that_has_not_read_its_set_yet_is_waited_for(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with EmbeddedMongo(data_dir) as uri:
        await write(uri, "before")
    answers = [None]
    known = EmbeddedMongo._config

    async def slow(mongo: EmbeddedMongo, admin: Admin) -> dict[str, Any] | None:
        return answers.pop() if answers else await known(mongo, admin)

    monkeypatch.setattr(EmbeddedMongo, "_config", slow)
    async with EmbeddedMongo(data_dir) as uri:
        assert await read(uri) == ["before"]


async def test_a_taken_port_is_named(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)) as refusal:
            async with EmbeddedMongo(data_dir, port=port):
                pass
    assert "mongodb.port" in refusal.value.remedy
    assert mongods_on(data_dir) == []


async def test_never_two_on_one_folder(data_dir: Path) -> None:
    async with EmbeddedMongo(data_dir) as uri:
        with pytest.raises(CannotStart, match="another inbox is running"):
            async with EmbeddedMongo(data_dir):
                pass
        await write(uri, "the first one is unharmed")


async def test_a_file_where_the_folder_should_be(data_dir: Path) -> None:
    (data_dir / "data").write_text("")
    with pytest.raises(CannotStart, match="cannot be written") as refusal:
        async with EmbeddedMongo(data_dir / "data"):
            pass
    assert "data.dir" in refusal.value.remedy


async def test_data_of_a_version_too_far_away(data_dir: Path) -> None:
    async with EmbeddedMongo(data_dir) as uri:
        port = port_of(uri)
    (data_dir / "mongo" / "last-start.json").write_bytes(msgspec.json.encode(Remembered(port, (99, 1, 2))))
    with pytest.raises(CannotStart, match=r"written by MongoDB 99\.1\.2"):
        async with EmbeddedMongo(data_dir):
            pass


async def test_a_full_disk(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(data_dir)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1024))
    with pytest.raises(CannotStart, match="is full") as refusal:
        async with EmbeddedMongo(data_dir):
            pass
    assert "free some space" in refusal.value.remedy
    monkeypatch.undo()
    async with EmbeddedMongo(data_dir) as uri:
        await write(uri, "room again")
