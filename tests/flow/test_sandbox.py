"""A delivery that loops, eats memory, crashes or waits costs itself and nobody else."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from inbox.connector import Connector, InboundMessage, RawDelivery
from inbox.core.errors import Malformed, TryLater, Unsupported
from inbox.core.ids import ChannelId
from inbox.flow.sandbox import Sandbox
from tests.eventually import PATIENCE_S, eventually
from tests.flow.parsers_of_all_kinds import Obedient


def raw(do: str = "", body: bytes = b"", **context: str) -> RawDelivery:
    return RawDelivery(ChannelId("c"), "k", body, 0, context={"do": do, **context})


async def text(sandbox: Sandbox, delivery: RawDelivery) -> str:
    (item,) = await sandbox.parse(Obedient, delivery)
    assert isinstance(item, InboundMessage)
    return item.text


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(cpu_seconds=1, wall_seconds=PATIENCE_S) as made:
        yield made


def is_gone(pid: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def memory_of(pid: int) -> int:
    """Its share of the machine's memory in KiB (PSS)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return int(dict(line.split(":", 1) for line in lines)["Pss"].split()[0])


async def test_items_come_back_as_the_parser_made_them(sandbox: Sandbox) -> None:
    delivery = raw(body=bytes(range(256)) * 4)
    assert list(await sandbox.parse(Obedient, delivery)) == list(Obedient.parse(delivery))


async def test_thirty_mebibytes_go_in_and_out(sandbox: Sandbox) -> None:
    delivery = raw(body=os.urandom(1 << 20) * 30)
    assert list(await sandbox.parse(Obedient, delivery)) == list(Obedient.parse(delivery))


@pytest.mark.parametrize(
    ("do", "reason"),
    [("forever", "cpu_limit"), ("hungry", "memory_limit"), ("die", "parser_crashed"), ("malformed", "no_such_shape")],
)
async def test_a_delivery_that_breaks_its_parser_is_malformed_and_the_next_is_read(sandbox: Sandbox, do: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        await sandbox.parse(Obedient, raw(do))
    assert await text(sandbox, raw(body=b"next")) == "4"


async def test_processor_time_is_counted_per_delivery(sandbox: Sandbox) -> None:
    pids = {await text(sandbox, raw("work", seconds="0.5")) for _ in range(5)}
    assert len(pids) == 1


async def test_waiting_is_limited_too() -> None:
    async with Sandbox(wall_seconds=5) as sandbox:
        with pytest.raises(Malformed, match="deadline"):
            await sandbox.parse(Obedient, raw("sleep", seconds="600"))
        assert await text(sandbox, raw()) == "0"


async def test_a_machine_that_stood_still_costs_nothing(tmp_path: Path) -> None:
    async with Sandbox(wall_seconds=5) as sandbox, asyncio.TaskGroup() as tasks:
        parsing = tasks.create_task(text(sandbox, raw("hold", until=str(tmp_path / "over"))))
        (stopped,) = await eventually(lambda: sandbox.processes)
        await eventually(lambda: sandbox.processes not in ((), (stopped,)), what="the first one was given up")
        (tmp_path / "over").touch()
    assert int(parsing.result()) != stopped


async def test_an_unsupported_item_stays_one(sandbox: Sandbox) -> None:
    with pytest.raises(Unsupported, match="a sticker"):
        await sandbox.parse(Obedient, raw("unsupported"))


@pytest.mark.parametrize("do", ["bug", "surrogate"])
async def test_a_bug_is_told_by_its_place_and_never_by_the_words_it_read(sandbox: Sandbox, do: str) -> None:
    with pytest.raises(Malformed, match=r"^parser_failed: \w+Error at \w+\.py:\d+$"):
        await sandbox.parse(Obedient, raw(do, b"my card is 4111"))
    before = sandbox.processes
    assert await text(sandbox, raw()) == "0"
    assert sandbox.processes == before


async def test_a_parser_that_is_not_there_is_no_fault_of_the_delivery(sandbox: Sandbox) -> None:
    class Local(Obedient):
        """Nothing outside this function can import it."""

    with pytest.raises(TryLater, match="parser_broken"):
        await sandbox.parse(Local, raw())


async def test_an_outsider_that_kills_the_process_costs_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as tasks:
        parsing = tasks.create_task(text(sandbox, raw("hold", until=str(tmp_path / "killed"))))
        (pid,) = await eventually(lambda: sandbox.processes)
        os.kill(pid, signal.SIGKILL)
        (tmp_path / "killed").touch()
    assert int(parsing.result()) != pid


async def test_a_process_that_died_idle_is_replaced(sandbox: Sandbox) -> None:
    pid = int(await text(sandbox, raw("sleep", seconds="0")))
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: is_gone(pid))
    assert int(await text(sandbox, raw("sleep", seconds="0"))) != pid


async def test_poison_among_many_costs_only_itself(sandbox: Sandbox) -> None:
    jobs = [raw("die") if n % 5 == 0 else raw(body=b"x" * n) for n in range(20)]
    results = await asyncio.gather(*(text(sandbox, job) for job in jobs), return_exceptions=True)
    for n, result in enumerate(results):
        assert isinstance(result, Malformed) if n % 5 == 0 else result == str(n)


async def test_no_more_processes_than_allowed_and_first_come_first_served() -> None:
    done: list[int] = []

    async def one(sandbox: Sandbox, n: int) -> str:
        pid = await text(sandbox, raw("sleep", seconds="0.05"))
        done.append(n)
        return pid

    async with Sandbox(workers=1) as sandbox:
        pids = await asyncio.gather(*(one(sandbox, n) for n in range(5)))
    assert done == list(range(5))
    assert len(set(pids)) == 1


async def test_a_cancelled_job_leaves_the_pool_usable() -> None:
    async with Sandbox(workers=1) as sandbox:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await sandbox.parse(Obedient, raw("sleep", seconds="60"))
        assert await text(sandbox, raw()) == "0"


async def test_processes_begin_at_the_first_use_and_end_when_idle() -> None:
    async with Sandbox(idle_seconds=0.05) as sandbox:
        assert sandbox.processes == ()
        pid = int(await text(sandbox, raw("sleep", seconds="0")))
        await eventually(lambda: sandbox.processes == () and is_gone(pid))
        assert await text(sandbox, raw()) == "0"


async def test_after_closing_nothing_runs_and_nothing_begins(sandbox: Sandbox) -> None:
    pid = int(await text(sandbox, raw("sleep", seconds="0")))
    await sandbox.close()
    assert is_gone(pid)
    with pytest.raises(TryLater):
        await sandbox.parse(Obedient, raw())


async def test_what_a_parser_prints_goes_nowhere(sandbox: Sandbox) -> None:
    assert await text(sandbox, raw("print")) == "printed"


async def test_a_parser_reaches_no_network_and_writes_no_file(sandbox: Sandbox, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server, pytest.raises(Malformed, match="PermissionError"):
        await sandbox.parse(Obedient, raw("connect", port=str(server.getsockname()[1])))
    with pytest.raises(Malformed, match="PermissionError"):
        await sandbox.parse(Obedient, raw("write", path=str(tmp_path / "x")))
    assert not (tmp_path / "x").exists()


async def test_it_inherits_no_secret_and_no_open_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INBOX_MASTER_KEY", "do-not-tell")
    with (tmp_path / "secret-file").open("w") as held, closing(socket.create_server(("127.0.0.1", 0))) as server:
        os.set_inheritable(held.fileno(), True)
        os.set_inheritable(server.fileno(), True)
        async with Sandbox() as sandbox:
            seen = await text(sandbox, raw("look"))
    assert "do-not-tell" not in seen
    assert "secret-file" not in seen
    assert "socket:" not in seen
    assert "cwd=/" in seen.splitlines()


async def test_a_process_is_small(sandbox: Sandbox) -> None:
    pid = int(await text(sandbox, raw("sleep", seconds="0")))
    assert memory_of(pid) < 30_000  # the service as a whole is to stay under 180 MB


OWNER = """
import asyncio, sys
from inbox.connector import RawDelivery
from inbox.flow.sandbox import Sandbox
from tests.flow.parsers_of_all_kinds import Obedient

async def main():
    async with Sandbox() as sandbox:
        (item,) = await sandbox.parse(Obedient, RawDelivery("c", "k", b"", 0, context={"do": "sleep", "seconds": "0"}))
        print(item.text, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_no_process_outlives_a_killed_service() -> None:
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", OWNER, stdout=asyncio.subprocess.PIPE, env=environment)
    assert owner.stdout is not None
    worker = int(await owner.stdout.readline())
    owner.kill()
    await owner.wait()
    await eventually(lambda: is_gone(worker))


def test_the_connector_interface_is_what_the_sandbox_runs() -> None:
    assert issubclass(Obedient, Connector)
