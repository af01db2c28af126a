"""What identifies a mail for ever, by whichever way it comes."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from connectors.email.headers import Fields, read_fields
from inbox.core.ids import digest

_SPACE: Final = re.compile(rb"\s+")
_STEP: Final = 1 << 20


def top_fields(raw: bytes) -> Fields:
    """The header of a whole mail; empty lines before it are passed over."""
    start = len(raw) - len(raw.lstrip(b"\r\n")) if raw[:1] in (b"\r", b"\n") else 0
    return read_fields(raw, start, len(raw))


def _body_hash(raw: bytes, start: int) -> bytes:
    """Hash of the body with line feeds as line ends and without empty lines at its end, in steps that copy little."""
    h, at, held = hashlib.blake2b(digest_size=16), start, 0
    while at < len(raw):
        stop = min(at + _STEP, len(raw))
        stop -= stop < len(raw) and raw[stop - 1 : stop] == b"\r"  # its line feed is in the next step
        piece = raw[at:stop].replace(b"\r\n", b"\n")
        body = piece.rstrip(b"\n")
        if body:
            h.update(b"\n" * held + body)
            held = 0
        held, at = held + len(piece) - len(body), stop
    return h.digest()


def mail_key(raw: bytes) -> str:
    """Hash of Message-ID, From, Date, Subject and body: the same for one mail read by IMAP and taken by LMTP.

    Fields that the carriers add or change (Received, Return-Path, Delivered-To, signatures) play no part.
    """
    fields = top_fields(raw)
    named = [_SPACE.sub(b" ", fields.first(name) or b"").strip() for name in ("message-id", "from", "date", "subject")]
    return digest("mail", *named, _body_hash(raw, fields.end))
