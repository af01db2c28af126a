"""MongoDB as a child process: a one-node replica set on loopback, with access control, for machines that bring no MongoDB."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from inbox.core.errors import CannotStart
from inbox.store.datadir import DataDir
from inbox.store.mongod import Mongod, PortTaken, explain, find_mongod

HOST = "127.0.0.1"
REPLICA_SET = "inbox"
USER = "inbox"
ROLES = ["readWriteAnyDatabase", "dbAdminAnyDatabase", "clusterAdmin"]
URI_OPTIONS = (
    "w=majority&journal=true&readConcernLevel=majority&retryWrites=true&retryReads=true&serverSelectionTimeoutMS=5000"
    "&connectTimeoutMS=3000&heartbeatFrequencyMS=2000&socketTimeoutMS=20000&waitQueueTimeoutMS=2000"
)

START_SECONDS = 60.0  # recovery of a large journal takes its time
ADOPT_SECONDS = 10.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.02
PORT_ATTEMPTS = 3
RESTART_SECONDS = 1.0

_NOT_YET_INITIALIZED = 94
_ALREADY_INITIALIZED = 23
_USER_EXISTS = 51003

Admin = AsyncDatabase[dict[str, Any]]

log = structlog.get_logger(__name__)


class EmbeddedMongo:
    """`async with EmbeddedMongo(data_dir) as uri:` starts mongod, or takes over the one that a killed parent left, and stops it at the end.

    Everything it needs lies in `<data_dir>/mongo`. `port` None or 0 means: the last one used, else any that is free.
    Raises `CannotStart`, with its remedy, when there can be no database.
    """

    def __init__(self, data_dir: Path, *, port: int | None = None, cache_gb: float = 0.5) -> None:
        self._data = DataDir(data_dir)
        self._wanted_port = port or None
        self._cache_gb = cache_gb
        self._port = 0
        self._pid: int | None = None
        self._child: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> str:
        self._data.claim()
        try:
            mongod = await asyncio.to_thread(find_mongod)
            self._data.check_version(mongod)
            if not await self._adopt():
                await self._start(mongod)
            self._data.remember(self._port, mongod)
        except BaseException:
            await self._stop()
            self._data.release()
            raise
        return self.uri

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._stop()
        self._data.release()

    def beside(self) -> str:
        """Where the mongod is that another process runs on this folder; it stays that process's to start and to stop.

        For who was refused with `InUse`. Raises `CannotStart` while there is none, because its service is starting or stopping.
        """
        found = self._data.running_mongod()
        if found is None:
            message = f"the inbox on {self._data.folder} is just starting or stopping: its database does not run"
            raise CannotStart(message, "try again in some seconds")
        _, self._port = found
        return self.uri

    @property
    def uri(self) -> str:
        """Where it is, with the password and with the settings that make every acknowledged write durable."""
        return f"mongodb://{USER}:{self._data.password}@{HOST}:{self._port}/?replicaSet={REPLICA_SET}&authSource=admin&{URI_OPTIONS}"

    @property
    def pid(self) -> int | None:
        """Process id of the mongod, None while there is none."""
        return self._pid

    async def keep_running(self) -> None:
        """Start mongod again, on the same port, whenever it ends by itself; runs until cancelled.

        What is in the way is logged with its remedy, once until it changes.
        """
        told = ""
        while True:
            if not self._running():
                try:
                    await self._start_again()
                except CannotStart as trouble:
                    if str(trouble) != told:
                        told = str(trouble)
                        log.error("database_stopped", problem=told, remedy=trouble.remedy)
                else:
                    told = ""
                    log.warning("database_started_again")
            await asyncio.sleep(RESTART_SECONDS)

    async def _start_again(self) -> None:
        self._data.check_room()
        mongod = await asyncio.to_thread(find_mongod)
        self._spawn(mongod, self._port)
        await self._make_ready(START_SECONDS)

    async def _adopt(self) -> bool:
        """Take over what a killed parent left running, or end it if it does not answer or is on the wrong port."""
        found = self._data.running_mongod()
        if found is None:
            return False
        self._pid, self._port = found
        if self._wanted_port in (None, self._port):
            with contextlib.suppress(CannotStart):
                await self._make_ready(ADOPT_SECONDS)
                return True
        await self._stop()
        return False

    async def _start(self, mongod: Mongod) -> None:
        for attempt in range(1, PORT_ATTEMPTS + 1):
            self._spawn(mongod, self._free_port(self._data.last_port() if attempt == 1 else None))
            try:
                await self._make_ready(START_SECONDS)
            except PortTaken:
                # Between our look and mongod's bind somebody else may have taken a port that nobody asked for.
                if self._wanted_port or attempt == PORT_ATTEMPTS:
                    raise
            else:
                return

    def _spawn(self, mongod: Mongod, port: int) -> None:
        self._port = port
        if self._data.log.exists():
            self._data.log.replace(self._data.log.with_suffix(".log.1"))
        with self._data.log.open("wb") as output:
            # A session of its own: Ctrl-C and a closing terminal reach our process only, which then stops this one in good order.
            self._child = subprocess.Popen(
                [mongod.path, *self._options(port)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._pid = self._child.pid
        _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(self._pid, resource.RLIMIT_NOFILE, (most_files, most_files))

    def _options(self, port: int) -> list[str]:
        parameters = {
            "diagnosticDataCollectionEnabled": "false",
            # Without users the rule that lets anyone on this machine in would be open until we have made ours.
            "enableLocalhostAuthBypass": "0",
            # A killed process leaves its transaction open; nothing of ours takes as long as this.
            "transactionLifetimeLimitSeconds": "20",
            # Nobody else votes, so there is nobody to wait for.
            "shutdownTimeoutMillisForSignaledShutdown": "100",
        }
        options = ["--dbpath", str(self._data.db), "--port", str(port), "--bind_ip", HOST, "--nounixsocket", "--noscripting"]
        options += ["--replSet", REPLICA_SET, "--keyFile", str(self._data.keyfile), "--networkMessageCompressors", "disabled"]
        options += ["--oplogSize", "512", "--wiredTigerCacheSizeGB", str(self._cache_gb), "--quiet"]
        return options + [word for name, value in parameters.items() for word in ("--setParameter", f"{name}={value}")]

    async def _make_ready(self, seconds: float) -> None:
        """Wait until it accepts writes by our user, making replica set and user where they are missing."""
        try:
            async with asyncio.timeout(seconds):
                await self._listening()
                while not await self._set_up():
                    self._check_running()
        except (PyMongoError, TimeoutError) as error:
            self._check_running()
            raise CannotStart(f"mongod was not ready after {seconds:.0f} s: {error}", f"its log says more: {self._data.log}") from error

    async def _set_up(self) -> bool:
        """False when it does not answer for a while, as one that runs may do where the machine is busy."""
        with contextlib.suppress(AutoReconnect):
            async with self._as_cluster() as client:
                await self._join_replica_set(client.admin)
                while not (await client.admin.command("hello"))["isWritablePrimary"]:
                    self._check_running()
                    await asyncio.sleep(POLL_SECONDS)
                await self._ensure_user(client.admin)
                return True
        return False

    async def _listening(self) -> None:
        while True:
            self._check_running()
            try:
                _, writer = await asyncio.open_connection(HOST, self._port)
            except OSError:
                await asyncio.sleep(POLL_SECONDS)
            else:
                writer.close()
                await writer.wait_closed()
                return

    def _as_cluster(self) -> AsyncMongoClient[dict[str, Any]]:
        """A client with the keyfile's rights, as the members of a replica set have them among themselves."""
        return AsyncMongoClient(
            HOST, self._port, username="__system", password=self._data.key, authSource="local", authMechanism="SCRAM-SHA-256",
            directConnection=True, serverSelectionTimeoutMS=5000,
        )  # fmt: skip

    async def _join_replica_set(self, admin: Admin) -> None:
        here = f"{HOST}:{self._port}"
        while (config := await self._config(admin)) is None:
            if await self._initiate(admin, here):
                return
            self._check_running()
            await asyncio.sleep(POLL_SECONDS)
        if config["members"][0]["host"] != here:
            # The port has changed, so it no longer finds itself in its set; only force can say so without a primary.
            config["members"][0]["host"] = here
            config["version"] += 1
            await admin.command("replSetReconfig", config, force=True)

    async def _config(self, admin: Admin) -> dict[str, Any] | None:
        """Of its replica set; None while it knows of none."""
        try:
            config: dict[str, Any] = (await admin.command("replSetGetConfig"))["config"]
        except OperationFailure as error:
            if error.code != _NOT_YET_INITIALIZED:
                raise
            return None
        return config

    async def _initiate(self, admin: Admin, here: str) -> bool:
        """False where it has a set after all: one that starts knows of none until it has read its own, for which it asks its old port."""
        members = [{"_id": 0, "host": here}]
        settings = {"electionTimeoutMillis": 2000}
        try:
            await admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members, "settings": settings})
        except OperationFailure as error:
            if error.code != _ALREADY_INITIALIZED:
                raise
            return False
        return True

    async def _ensure_user(self, admin: Admin) -> None:
        try:
            await admin.command("createUser", USER, pwd=self._data.password, roles=ROLES)
        except OperationFailure as error:
            if error.code != _USER_EXISTS:
                raise
            await admin.command("updateUser", USER, pwd=self._data.password, roles=ROLES)

    def _free_port(self, last: int | None) -> int:
        """Return the port the settings ask for, else the `last` one if nobody has it now, else one that the system picks."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self._wanted_port or last or 0))
            except OSError:
                if self._wanted_port:
                    raise PortTaken(self._wanted_port) from None
                probe.bind((HOST, 0))
            return int(probe.getsockname()[1])

    def _running(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return self._pid is not None and self._data.is_served_by(self._pid)

    def _check_running(self) -> None:
        if self._running():
            return
        code = self._child.returncode if self._child else 0
        output = self._data.log.read_text(encoding="utf-8", errors="replace")
        raise explain(code, output, data=self._data.db, port=self._port, log=self._data.log)

    async def _stop(self) -> None:
        """End mongod cleanly; one that does not obey in time is killed, which its journal survives."""
        for sign, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
            if self._pid is None or not self._running():
                break
            os.kill(self._pid, sign)
            await _until(lambda: not self._running(), seconds)
        self._pid = self._child = None


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110  # a process that is not our child announces its end to nobody
                await asyncio.sleep(POLL_SECONDS)
