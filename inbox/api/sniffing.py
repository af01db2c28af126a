"""What a file is by its first bytes, as far as browsers show or play it and none of it can run (WHATWG, MIME Sniffing Standard, 6)."""

from __future__ import annotations

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")
"""Types that browsers may show in place."""
RECORDINGS = (
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/flac",
    "audio/aac",
    "audio/mp4",
    "audio/webm",
    "video/mp4",
    "video/webm",
    "video/ogg",
)
"""Types that browsers may play in place."""

_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_SOUNDS = {
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
    b"\xff\xf2": "audio/mpeg",
    b"\xff\xf1": "audio/aac",
    b"\xff\xf9": "audio/aac",
    b"fLaC": "audio/flac",
}
_SPOKEN = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
_FIRST_PACKET = 28
"""Where the first packet of an Ogg stream begins, behind a page's head with one segment (RFC 3533, 6)."""


def picture(head: bytes) -> str:
    """The type of a picture, '' for everything else."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    return _by_magic(_PICTURES, head)


def recording(head: bytes, declared: str) -> str:
    """The type of a sound or a film, '' for everything else. Whether a container that holds both has pictures is ``declared``'s word."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[:4] == b"OggS":
        return "audio/ogg" if head[_FIRST_PACKET:].startswith(_SPOKEN) else "video/ogg"
    family = "audio" if declared.startswith("audio/") else "video"
    if head[4:8] == b"ftyp" and not picture(head):
        return "audio/mp4" if head[8:11] in (b"M4A", b"M4B") else f"{family}/mp4"
    if head[:4] == b"\x1aE\xdf\xa3":
        return f"{family}/webm"
    return _by_magic(_SOUNDS, head)


def _by_magic(table: dict[bytes, str], head: bytes) -> str:
    return next((kind for magic, kind in table.items() if head.startswith(magic)), "")
