"""Runs connectors' ``parse`` in small limited processes of their own, so that no delivery can stop, starve or crash the service.

Processes start at the first use, are reused, replaced when they breach a limit or die, and stopped after idle minutes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

import msgspec

from inbox.connector import Connector, Item, RawDelivery
from inbox.core.errors import Malformed, TryLater, Unsupported
from inbox.flow.sandbox_worker import HEAD, Answer, Failed, Job, Parsed

WORKERS: Final = 2
CPU_SECONDS: Final = 5
WALL_SECONDS: Final = 30.0
MEMORY: Final = 1 << 30
IDLE_SECONDS: Final = 120.0
RETRY_MS: Final = 5_000
_LARGEST_ANSWER: Final = 1 << 29
_STEP: Final = 1 << 18

_answers: Final[msgspec.msgpack.Decoder[Answer]] = msgspec.msgpack.Decoder(Answer)


class _Died(Exception):
    """The process ended in the middle of a job; ``args[0]`` says why, ``args[1]`` whether the delivery did it."""


class _Worker:
    """One process and the pipes to it."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.retirement: asyncio.TimerHandle | None = None

    @classmethod
    async def start(cls, memory: int) -> _Worker:
        """A process that inherits no secret: no environment but where Python's code lies, no open file but its pipes."""
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
        command = (sys.executable, "-S", "-P", "-m", "inbox.flow.sandbox_worker", str(memory))
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, env=environment, cwd="/", start_new_session=True, limit=1 << 20
            )
        except OSError as full:
            raise TryLater(f"parser_not_started: {full.strerror}", RETRY_MS) from full
        return cls(process)

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    async def ask(self, job: Job, seconds: float) -> Answer:
        """Raises ``_Died``. The process cannot be used again after that, nor after a cancellation."""
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(msgspec.msgpack.encode(job))
        except TimeoutError:
            raise _Died("deadline", False) from None  # the processor's time is limited: likelier the machine stood still
        except (asyncio.IncompleteReadError, ConnectionError):
            code = await self.process.wait()
            raise _Died("cpu_limit" if code == -signal.SIGXCPU else "parser_crashed", code == -signal.SIGXCPU) from None

    async def _exchange(self, request: bytes) -> Answer:
        into, out = self.process.stdin, self.process.stdout
        assert into is not None, "started with pipes"
        assert out is not None, "started with pipes"
        into.write(len(request).to_bytes(HEAD, "big"))
        for at in range(0, len(request), _STEP):  # a large mail at one go would hold up everybody else
            into.write(memoryview(request)[at : at + _STEP])
            await into.drain()
        length = int.from_bytes(await out.readexactly(HEAD), "big")
        if length > _LARGEST_ANSWER:
            raise ConnectionError("not a frame of ours")
        answer = bytearray()
        while len(answer) < length:
            piece = await out.read(min(_STEP, length - len(answer)))
            if not piece:
                raise asyncio.IncompleteReadError(b"", length)
            answer += piece
        return _answers.decode(answer)

    def kill(self) -> None:
        """Ends the process; the event loop reaps it."""
        if self.alive:
            self.process.kill()


class Sandbox:
    """A pool of at most ``workers`` processes; whoever waits for one is served in the order of asking."""

    def __init__(
        self,
        workers: int = WORKERS,
        cpu_seconds: int = CPU_SECONDS,
        wall_seconds: float = WALL_SECONDS,
        memory: int = MEMORY,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._places = asyncio.Semaphore(workers)
        self._cpu = cpu_seconds
        self._wall = wall_seconds
        self._memory = memory
        self._idle = idle_seconds
        self._free: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends every process; whoever still waits for one gets ``TryLater``."""
        self._closed = True
        for worker in tuple(self._all):
            await self._drop(worker)

    @property
    def processes(self) -> tuple[int, ...]:
        """The ids of the processes that are running now."""
        return tuple(worker.process.pid for worker in self._all if worker.alive)

    async def parse(self, connector: type[Connector], raw: RawDelivery) -> Sequence[Item]:
        """The items of ``raw``; ``connector`` must be importable by its module and name.

        Raises ``Malformed`` with ``cpu_limit``, ``memory_limit``, ``deadline``, ``parser_crashed``, ``parser_failed: ...`` or
        the parser's own reason; ``Unsupported``; ``TryLater`` when no parser could be run, which says nothing of the delivery.
        """
        job = Job(connector.__module__, connector.__qualname__, self._cpu, raw)
        async with self._places:
            try:
                answer = await self._run(job)
            except _Died as died:
                if died.args[1]:
                    raise Malformed(died.args[0]) from None
                answer = await self._once_more(job)
        return _items(answer)

    async def _once_more(self, job: Job) -> Answer:
        """Somebody else may have killed or stopped the process; only who is there at two deaths is the cause."""
        try:
            return await self._run(job)
        except _Died as died:
            raise Malformed(died.args[0]) from None

    async def _run(self, job: Job) -> Answer:
        worker = await self._take()
        kept = False
        try:
            answer = await worker.ask(job, self._wall)
            kept = not (isinstance(answer, Failed) and answer.reason == "memory_limit")
        finally:
            if kept:
                self._give_back(worker)
            else:
                self._all.discard(worker)
                worker.kill()
        return answer

    async def _take(self) -> _Worker:
        if self._closed:
            raise TryLater("parser_closed", RETRY_MS)
        while self._free:
            worker = self._free.pop()
            if worker.retirement is not None:
                worker.retirement.cancel()
            if worker.alive:
                return worker
            self._all.discard(worker)
        worker = await _Worker.start(self._memory)
        self._all.add(worker)
        return worker

    def _give_back(self, worker: _Worker) -> None:
        self._free.append(worker)
        worker.retirement = asyncio.get_running_loop().call_later(self._idle, self._retire, worker)

    def _retire(self, worker: _Worker) -> None:
        self._free.remove(worker)
        self._all.discard(worker)
        worker.kill()

    async def _drop(self, worker: _Worker) -> None:
        if worker.retirement is not None:
            worker.retirement.cancel()
        worker.kill()
        await worker.process.wait()
        self._all.discard(worker)


def _items(answer: Answer) -> Sequence[Item]:
    match answer:
        case Parsed(items=items):
            return items
        case Failed(kind="unsupported", reason=reason):
            raise Unsupported(reason)
        case Failed(kind="malformed", reason=reason):
            raise Malformed(reason)
        case Failed(reason=reason):
            raise TryLater(f"parser_broken: {reason}", RETRY_MS)
