"""Pictures as far as they are looked at: the segments of a JPEG, with nothing in them to be seen."""

from __future__ import annotations


def a_face(width: int = 160, height: int = 160, weight: int = 0, frame: int = 0xC0) -> bytes:
    """A JPEG of this size in pixels, longer by ``weight`` bytes than it needs to be."""
    size = height.to_bytes(2) + width.to_bytes(2)
    head = b"\xff\xd8" + b"\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\xff\xff\xdb\x00\x04ab"
    return head + bytes((0xFF, frame)) + b"\x00\x0b\x08" + size + b"\1\1\x11\0" + b"\xff\xda\x00\x02" + b"." * weight + b"\xff\xd9"
