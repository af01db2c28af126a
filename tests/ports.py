"""Ports for what a test starts in another process, or starts later."""

import contextlib
import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

LOWEST, HIGHEST = 20_000, 32_000
"""Below those that the system gives to whoever asks for any and to connections that go out (`ip_local_port_range`)."""

_held: list[int] = []
"""Open locks; the system lets go of them when this process ends, however it ends."""


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on, and that nobody else who asks here is given while this process lives."""
    found: list[int] = []
    for port in random.sample(range(LOWEST, HIGHEST), HIGHEST - LOWEST):
        if len(found) == count:
            break
        if _is_ours(port) and _is_free(port):
            found.append(port)
    return found


def _is_ours(port: int) -> bool:
    folder = Path(tempfile.gettempdir()) / f"inbox-test-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    lock = os.open(folder / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _held.append(lock)
    return True


def _is_free(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
