"""Addresses under which a provider may fetch one file for a while: the file's id and the end of the time, signed."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from inbox.core.ids import FileId, Instant

LINK_MS = 60 * 60 * 1000
_MAC = 32


def file_link(key: bytes, file: FileId, until: Instant) -> str:
    """What stands in the address; letters, digits and dots only."""
    return f"{file}.{until:x}.{_mac(key, file, until)}"


def linked_file(keys: Iterable[bytes], link: str, now: Instant) -> FileId | None:
    """The file if one of the keys signed the link and its time is not over. Takes the same time for every wrong signature."""
    file, _, rest = link.partition(".")
    end, _, mac = rest.partition(".")
    if not file or len(end) > 16 or len(mac) != _MAC or not mac.isascii():
        return None
    try:
        until = int(end, 16)
    except ValueError:
        return None
    signed = [hmac.compare_digest(_mac(key, file, until), mac) for key in keys]
    return FileId(file) if any(signed) and f"{until:x}" == end and now < until else None


def _mac(key: bytes, file: str, until: Instant) -> str:
    return hmac.digest(key, f"file\0{file}\0{until}".encode(), "sha256").hex()[:_MAC]
