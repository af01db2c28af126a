"""The inside of the sandbox: a small process that runs one connector's ``parse`` after the other under limits.

It imports nothing of the service but the interface and the connectors it is asked for. It speaks frames over its standard
input and output: four bytes of length, then msgpack.
"""

from __future__ import annotations

import importlib
import os
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from msgspec import Struct

from inbox.connector import Connector, Item, RawDelivery
from inbox.core.errors import Malformed, Unsupported

HEAD: Final = 4
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_APPEND
_REFUSED: Final = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.putenv", "os.kill", "ctypes.",
)  # fmt: skip
_NICE: Final = 5


class Job(Struct, frozen=True):
    """Parse ``raw`` with the connector class ``name`` of ``module``, in at most ``cpu`` seconds of processor time."""

    module: str
    name: str
    cpu: int
    raw: RawDelivery


class Parsed(Struct, frozen=True, tag=True):
    """What the parser found."""

    items: list[Item]


class Failed(Struct, frozen=True, tag=True):
    """``kind``: unsupported, malformed, or broken when the parser could not even be loaded."""

    kind: str
    reason: str


Answer = Parsed | Failed


class _OutOfMemory(Exception):
    """The limit was reached; what the interpreter holds now is not to be trusted for another job."""


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Parsing is pure: no connection, no process, no file written (PEP 578)."""
    if event.startswith(_REFUSED):
        raise PermissionError(f"a parser may not {event}")
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES:
        raise PermissionError("a parser may not write")


def _failure(bug: BaseException) -> str:
    """Where a parser failed; never what it was reading."""
    where = traceback.extract_tb(bug.__traceback__)[-1:]
    return f"parser_failed: {type(bug).__name__}" + "".join(f" at {Path(f.filename).name}:{f.lineno}" for f in where)


def _load(module: str, name: str) -> type[Connector]:
    found: object = importlib.import_module(module)
    for step in name.split("."):
        found = getattr(found, step)
    if not (isinstance(found, type) and issubclass(found, Connector)):
        raise TypeError(f"{module}.{name} is no connector")
    return found


def _parse(job: Job) -> bytes:
    try:
        connector = _load(job.module, job.name)
    except Exception as broken:  # noqa: BLE001 - an installation that cannot load its parser is no fault of the mail
        return msgspec.msgpack.encode(Failed("broken", f"{type(broken).__name__}: {broken}"[:200]))
    soft = int(time.process_time()) + job.cpu + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    try:
        return msgspec.msgpack.encode(Parsed(list(connector.parse(job.raw))))
    except Unsupported as known:
        return msgspec.msgpack.encode(Failed("unsupported", str(known)[:500]))
    except Malformed as broken:
        return msgspec.msgpack.encode(Failed("malformed", str(broken)[:500]))
    except MemoryError:
        raise _OutOfMemory from None
    except Exception as bug:  # noqa: BLE001 - any failure is this delivery's alone, and it is reported
        return msgspec.msgpack.encode(Failed("malformed", _failure(bug)))


def _answer(out: BinaryIO, payload: bytes) -> None:
    out.write(len(payload).to_bytes(HEAD, "big"))
    out.write(payload)
    out.flush()


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICE)
    sys.addaudithook(_refuse)


def main(memory: int) -> None:
    """Work until the standard input ends. Whatever a parser prints goes nowhere."""
    jobs, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    _limit(memory)
    decoder = msgspec.msgpack.Decoder(Job)
    while head := jobs.read(HEAD):
        job = decoder.decode(jobs.read(int.from_bytes(head, "big")))
        try:
            payload = _parse(job)
        except _OutOfMemory:
            _answer(out, msgspec.msgpack.encode(Failed("malformed", "memory_limit")))
            return
        _answer(out, payload)


if __name__ == "__main__":
    main(int(sys.argv[1]))
