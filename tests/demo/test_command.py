"""`inbox demo` as a newcomer runs it: a process with a MongoDB of its own, ended by Ctrl-C, started again."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from inbox.demo.workspace import load
from tests.clients import AgentClient, agent
from tests.demo.conftest import settings_file
from tests.eventually import eventually

START_SECONDS = 240
END_SECONDS = 90

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@asynccontextmanager
async def running(file: Path) -> AsyncIterator[tuple[Process, str]]:
    """The process once it serves, and what it has printed until then."""
    command = (sys.executable, "-m", "inbox", "demo", "--config", str(file))
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
    assert process.stdout is not None
    printed = ""
    try:
        async with asyncio.timeout(START_SECONDS):
            while "Ctrl-C" not in printed:
                line = await process.stdout.readline()
                assert line, f"it ended: {printed}"
                printed += line.decode()
        yield process, printed
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def ended(process: Process, by: signal.Signals) -> int | None:
    """Its exit status after the signal."""
    process.send_signal(by)
    async with asyncio.timeout(END_SECONDS):
        return await process.wait()


async def arrived(who: AgentClient, subject: str) -> bool:
    """Whether a conversation of this subject stands in the list of all."""
    page = await who.call("GET", "/conversations", view="all", limit="100")
    return subject in {row["subject"] for row in page["rows"]}


def processes_on(folder: Path) -> list[str]:
    """Command lines of living processes that name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and int(entry.name) != os.getpid() and str(folder).encode() in (entry / "cmdline").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


async def test_it_starts_takes_mail_ends_whole_and_keeps_its_data(tmp_path: Path) -> None:
    file = settings_file(tmp_path)
    async with running(file) as (process, printed):
        url = next(line.split()[-1] for line in printed.splitlines() if line.startswith("Inbox runs at"))
        for person in load().people:
            assert person.email in printed
        sender = ("--from", "Ada Lovage <ada@example.com>", "--subject", "A mail of today", "The zip is broken.")
        mail = await asyncio.create_subprocess_exec(sys.executable, "-m", "inbox", "demo-mail", "--config", str(file), *sender)
        assert await mail.wait() == 0
        async with agent(url, "ravi@northwind.example") as ravi:
            there: Callable[[], Any] = partial(arrived, ravi, "A mail of today")
            await eventually(there)
        assert await ended(process, signal.SIGINT) == 0
    assert processes_on(tmp_path) == []

    began = time.monotonic()
    async with running(file) as (process, printed):
        assert "Filling" not in printed
        sys.stdout.write(f"the second start took {time.monotonic() - began:.1f} s\n")
        async with agent(url, "mira@northwind.example") as mira:
            assert await arrived(mira, "A mail of today")
        assert await ended(process, signal.SIGHUP) == 0, "as when the terminal is closed"
    assert processes_on(tmp_path) == []
