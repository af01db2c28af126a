"""The folder of the embedded database: its files and secrets, who may use it, and a mongod that a killed parent left in it."""

from __future__ import annotations

import base64
import errno
import fcntl
import os
import secrets
import shutil
from pathlib import Path

import msgspec
from msgspec import Struct

from inbox.core.errors import CannotStart
from inbox.store.mongod import Mongod, disk_full, wrong_version

LEAST_FREE_BYTES = 256 * 1024 * 1024
_PROC = Path("/proc")


class Remembered(Struct, frozen=True):
    """What the last start left for the next one."""

    port: int
    version: tuple[int, int, int]


class InUse(CannotStart):
    """Another process has claimed the folder."""


class DataDir:
    """Owns `<data dir>/mongo`; between `claim` and `release` no other process can claim it."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir.absolute() / "mongo"
        self.db = self.folder / "db"
        self.log = self.folder / "mongod.log"
        self.keyfile = self.folder / "keyfile"
        self._password = self.folder / "password"
        self._remembered = self.folder / "last-start.json"
        self._lock: int | None = None

    def claim(self) -> None:
        """Make the folder ready for one start, with its secrets readable by this user only.

        Raises `CannotStart` if it cannot be written or if the disk is full, and `InUse` if another process uses it.
        """
        try:
            self.db.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            self._lock = self._exclusive()
            self.check_room()
            # 96 bytes give 128 base64 characters; mongod takes 6 to 1024 of them.
            self._secret(self.keyfile, base64.b64encode(secrets.token_bytes(96)).decode())
            self._secret(self._password, secrets.token_urlsafe(32))
        except OSError as error:
            self.release()
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise disk_full(self.folder) from error
            remedy = "set data.dir to a folder you own, or run this as the user whose folder it is"
            raise CannotStart(f"{self.folder} cannot be written: {error.strerror}", remedy) from error
        except CannotStart:
            self.release()
            raise

    def check_room(self) -> None:
        """Raise `CannotStart` if the disk is too full for a start."""
        if shutil.disk_usage(self.folder).free < LEAST_FREE_BYTES:
            raise disk_full(self.folder)

    def release(self) -> None:
        """Let another process claim the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def key(self) -> str:
        """The cluster's own secret, as text."""
        return self.keyfile.read_text(encoding="ascii")

    @property
    def password(self) -> str:
        """The service's password; it needs no quoting in a URI."""
        return self._password.read_text(encoding="ascii")

    def last_port(self) -> int | None:
        """The port of the last start, None before the first."""
        last = self._last()
        return last.port if last else None

    def check_version(self, mongod: Mongod) -> None:
        """Raise `CannotStart` if the data are more than one major version away from `mongod`."""
        last = self._last()
        if last and abs(last.version[0] - mongod.version[0]) > 1:
            raise wrong_version(self.db, ".".join(map(str, last.version)), mongod.version_text)

    def remember(self, port: int, mongod: Mongod) -> None:
        """Keep for the next start what worked in this one."""
        fresh = self._remembered.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(Remembered(port, mongod.version)))
        fresh.replace(self._remembered)

    def running_mongod(self) -> tuple[int, int] | None:
        """Return process id and port of a mongod that works on this very database folder, None if there is none.

        Looks at the living processes: mongod's own lock file is still empty in its first moments, and outlives it after a kill.
        """
        for process in _PROC.iterdir():
            if process.name.isdigit() and self.is_served_by(int(process.name)):
                command = command_of(int(process.name))
                if "--port" in command:
                    return int(process.name), int(command[command.index("--port") + 1])
        return None

    def is_served_by(self, pid: int) -> bool:
        """Tell whether process `pid` lives and is a mongod on this database folder; a reused process id is not."""
        command = command_of(pid)
        return "--dbpath" in command and Path(command[command.index("--dbpath") + 1]) == self.db

    def _exclusive(self) -> int:
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise InUse(f"another inbox is running on {self.folder}", "stop it, or set data.dir to another folder") from None
        return lock

    def _secret(self, path: Path, value: str) -> None:
        """Write `value` unless the file is already whole; a kill in between leaves no half of it."""
        if path.is_file():
            return
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def _last(self) -> Remembered | None:
        try:
            return msgspec.json.decode(self._remembered.read_bytes(), type=Remembered)
        except (FileNotFoundError, msgspec.DecodeError):
            return None


def command_of(pid: int) -> list[str]:
    """Return the command line of a living process; empty if there is none or it is not ours to see."""
    try:
        return (_PROC / str(pid) / "cmdline").read_text(encoding="utf-8", errors="surrogateescape").split("\0")[:-1]
    except OSError:
        return []
