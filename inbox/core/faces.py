"""Pictures of the people and bots who answer, small enough to go with every line in a chat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from inbox.core.ids import AgentId

LARGEST_BYTES: Final = 65_536
LARGEST_SIDE: Final = 512
"""Pixels. What is small in bytes can be huge once it is unpacked in the browser of every visitor."""

_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset((0x01, *range(0xD0, 0xD9)))


class Face(Struct, frozen=True, omit_defaults=True):
    """A JPEG. ``id`` cannot be guessed: whoever was told of it may see the picture, visitors too. Never changed, only replaced."""

    id: str
    agent: AgentId
    picture: bytes
    version: int = 1


def objection(picture: bytes) -> str:
    """Why these bytes cannot be a face, '' when they can."""
    if len(picture) > LARGEST_BYTES:
        return f"is larger than {LARGEST_BYTES // 1024} KB"
    size = jpeg_size(picture)
    if size is None:
        return "is no JPEG picture"
    if size[0] != size[1]:
        return "is not as wide as high"
    if not 0 < size[0] <= LARGEST_SIDE:
        return f"has more than {LARGEST_SIDE} by {LARGEST_SIDE} pixels"
    return ""


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height by the first frame header (ITU T.81, B.2.2), None for what is no whole JPEG."""
    if not (data.startswith(b"\xff\xd8\xff") and data.rstrip(b"\0").endswith(b"\xff\xd9")):
        return None
    for marker, start in _segments(data):
        if marker in _FRAMES:
            height, width = data[start + 3 : start + 5], data[start + 5 : start + 7]
            return (int.from_bytes(width), int.from_bytes(height)) if len(width) == len(height) == 2 else None
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Markers and where their lengths begin, up to the compressed data."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xDA:
            return
        if marker == 0xFF:
            at += 1  # any number of these may stand before a marker
        elif marker in _ALONE:
            at += 2
        else:
            yield marker, at + 2
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
