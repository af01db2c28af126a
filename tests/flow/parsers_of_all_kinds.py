"""A connector whose parser does what the delivery tells it, for trying the sandbox."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from msgspec import Struct

from inbox.connector import Capabilities, Connector, InboundFile, InboundMessage, Item, OutboundMessage, RawDelivery, Sent
from inbox.core.errors import Malformed, Rejected, Unsupported
from inbox.core.message import Address


class NoSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def _message(raw: RawDelivery, text: str) -> list[Item]:
    file = InboundFile("all.bin", "application/octet-stream", raw.body)
    return [InboundMessage(raw.key, Address("test", "someone"), text=text, files=(file,))]


def _forever(raw: RawDelivery) -> list[Item]:
    while True:
        pass


def _hungry(raw: RawDelivery) -> list[Item]:
    return _message(raw, str(len(b"x" * (2 << 30))))


def _die(raw: RawDelivery) -> list[Item]:
    signal.raise_signal(signal.SIGKILL)
    return []


def _sleep(raw: RawDelivery) -> list[Item]:
    time.sleep(float(raw.context["seconds"]))
    return _message(raw, str(os.getpid()))


def _hold(raw: RawDelivery) -> list[Item]:
    while not Path(raw.context["until"]).exists():
        time.sleep(0.01)
    return _message(raw, str(os.getpid()))


def _work(raw: RawDelivery) -> list[Item]:
    enough = time.process_time() + float(raw.context["seconds"])
    while time.process_time() < enough:
        pass
    return _message(raw, str(os.getpid()))


def _bug(raw: RawDelivery) -> list[Item]:
    raise ValueError(f"secret words of the customer: {raw.body!r}")


def _malformed(raw: RawDelivery) -> list[Item]:
    raise Malformed("no_such_shape")


def _unsupported(raw: RawDelivery) -> list[Item]:
    raise Unsupported("a sticker")


def _surrogate(raw: RawDelivery) -> list[Item]:
    return _message(raw, "\ud800")


def _connect(raw: RawDelivery) -> list[Item]:
    with socket.create_connection(("127.0.0.1", int(raw.context["port"]))):
        return []


def _write(raw: RawDelivery) -> list[Item]:
    Path(raw.context["path"]).write_bytes(raw.body)
    return []


def _print(raw: RawDelivery) -> list[Item]:
    os.write(1, b"\x00\x00\x00\x05hello")
    print("and more", file=sys.stderr)  # noqa: T201 - it must not disturb the frames
    return _message(raw, "printed")


def _look_around(raw: RawDelivery) -> list[Item]:
    found = [entry.readlink() for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    return _message(raw, "\n".join([*(f"{k}={v}" for k, v in os.environ.items()), *map(str, found), f"cwd={Path.cwd()}"]))


_DEEDS: dict[str, Callable[[RawDelivery], list[Item]]] = {
    "forever": _forever, "hungry": _hungry, "die": _die, "sleep": _sleep, "bug": _bug, "malformed": _malformed,
    "unsupported": _unsupported, "surrogate": _surrogate, "connect": _connect, "write": _write, "print": _print, "work": _work,
    "look": _look_around, "hold": _hold,
}  # fmt: skip


class Obedient(Connector):
    """Parses by doing ``context['do']``, and otherwise gives the delivery's size and its bytes back."""

    name: ClassVar[str] = "obedient"
    capabilities: Capabilities = Capabilities(address_kind="test", parse_outside=True)
    Settings: ClassVar[type[Any]] = NoSettings

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        deed = _DEEDS.get(raw.context.get("do", ""))
        return deed(raw) if deed else _message(raw, str(len(raw.body)))

    async def send(self, message: OutboundMessage) -> Sent:
        raise Rejected("it only listens")
