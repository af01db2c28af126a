"""What every test gets: loopback only, a real MongoDB with an empty database, named skips that CI refuses, Hypothesis profiles."""

import asyncio
import functools
import inspect
import ipaddress
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from inbox.store.embedded import EmbeddedMongo
from tests.mongo import patient

IN_CI = os.environ.get("CI") == "true"
SYSTEM_PATH = f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin{os.pathsep}/sbin"

PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}  # a machine may stand still for a while
settings.register_profile("dev", max_examples=50, **PATIENT)
settings.register_profile("ci", max_examples=500, print_blob=True, derandomize=True, **PATIENT)  # what passes once passes again
settings.load_profile("ci" if IN_CI else "dev")


class NotLoopback(Exception):
    """A test tried to reach, or to be reached from, outside this machine."""


def _refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.bind", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if isinstance(host, str) and not _is_loopback(host):
        raise NotLoopback(f"{event} {host!r}")


def _is_loopback(host: str) -> bool:
    if host in ("localhost", "localhost."):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


# An audit hook sees every socket made from Python, in any thread and library; it cannot be forgotten by a test.
sys.addaudithook(_refuse_other_machines)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test, by the program's name, where a peer it marks as needed is not installed."""
    for mark in item.iter_markers("peer"):
        for program in mark.args:
            if shutil.which(program, path=SYSTEM_PATH) is None:
                pytest.skip(f"{program} is not installed")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """An asynchronous test that hangs fails in the line it waits in; only what cannot be cancelled is left to pytest-timeout, which takes
    the whole process, and what it knew, with it."""
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
        mark = item.get_closest_marker("timeout")
        asked = mark.args[0] if mark else item.config.getoption("timeout")
        whole = float(item.config.getini("timeout") if asked is None else asked)
        if whole:  # 0 stands for no limit, as for pytest-timeout
            item.obj = _within(item.obj, whole * 0.8)


def _within(test: Callable[..., Awaitable[None]], seconds: float) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def limited(*arguments: Any, **fixtures: Any) -> None:
        async with asyncio.timeout(seconds):
            await test(*arguments, **fixtures)

    return limited


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, sched: Any) -> None:
    """Which test took its process with it is said when it happens: the run may not come to its end."""
    sched.config.get_terminal_writer().line(f"\n{crashitem}: its process is gone")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI=true a skip is a failure."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"{item.nodeid} was skipped, which CI=true forbids: {report.longreprtext}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Under CI=true a file that skips itself is a failure, too."""
    report = yield
    if IN_CI and report.skipped:
        report.outcome, report.longrepr = "failed", f"{collector.nodeid} was skipped, which CI=true forbids: {report.longreprtext}"
    return report


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where the test run's own MongoDB is: a real one-node replica set, started at the first test that asks. It removes nothing that has
    expired: it goes by the wall clock, and to that the sessions of a test whose clock stands still are long over."""
    async with EmbeddedMongo(tmp_path_factory.mktemp("mongo"), cache_gb=0.25) as uri:
        async with AsyncMongoClient[dict[str, Any]](patient(uri)) as client:
            await client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        yield patient(uri)


@pytest.fixture
async def mongo_client(mongo_uri: str) -> AsyncIterator[AsyncMongoClient[dict[str, Any]]]:
    """A client of the test's own event loop."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo_uri)
    async with client:
        yield client


@pytest.fixture
async def database(mongo_client: AsyncMongoClient[dict[str, Any]]) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """An empty database of the test's own; its name is `database.name`."""
    name = f"test_{secrets.token_hex(6)}"
    yield mongo_client[name]
    await mongo_client.drop_database(name)
