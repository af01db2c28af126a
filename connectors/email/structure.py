"""A mail's bytes cut into its tree of MIME parts in one pass, in time linear in their number whatever the shape (RFC 2046).

The cost of the standard library's parser is depth times lines, it descends into attached mails without bound, and it cannot
give an attached mail back byte for byte. Here every line that starts with two hyphens is looked up once among the open boundaries.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass, field
from typing import Final

from connectors.email import limits
from connectors.email.headers import Fields, parameters, read_fields

_SPECIALS: Final = frozenset(' \t"()<>@,;:\\[]?=')
_PADDING: Final = b" \t\r\n"


@dataclass
class Part:
    """One part: its header, its media type, and where its still encoded body lies in the mail."""

    fields: Fields
    type: str
    params: dict[str, str]
    start: int
    end: int
    children: list[Part] = field(default_factory=list)

    @property
    def encoding(self) -> str:
        """The transfer encoding's name in lower case."""
        return self.fields.text("content-transfer-encoding").partition(";")[0].strip().lower()

    def content(self, raw: bytes) -> bytes:
        """The part's bytes without their transfer encoding; what cannot be decoded comes as it is."""
        return decoded(raw[self.start : self.end], self.encoding)


def decoded(data: bytes, encoding: str) -> bytes:
    """``data`` without a transfer encoding (RFC 2045 section 6), as much of it as can be read."""
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding != "base64":
        return data
    for tail in (b"", b"==", b"A=="):  # text cut off in transit ends in the middle of a group of four
        try:
            return binascii.a2b_base64(data + tail)
        except binascii.Error:
            continue
    return data


@dataclass
class _Open:
    """A multipart whose parts are being read: its boundary line, and the part itself."""

    delimiter: bytes
    part: Part


class Breach(Exception):
    """A cap was passed; ``args[0]`` is its reason code."""


def _is_type(text: str) -> bool:
    main, slash, sub = text.partition("/")
    return bool(main and slash and sub) and "/" not in sub and len(text) <= 100 and text.isascii() and not set(text) & _SPECIALS


def _media_type(fields: Fields, default: str) -> tuple[str, dict[str, str]]:
    value = fields.first("content-type")
    if value is None:
        return default, {}
    kind, params = parameters(value)
    return (kind if _is_type(kind) else "text/plain"), params  # RFC 2045 section 5.2


class _Cutter:
    def __init__(self, raw: bytes, top: Fields) -> None:
        self.raw = raw
        self.open: list[_Open] = []
        self.lines: dict[bytes, tuple[int, bool]] = {}
        self.count = self.looked_up = self.header_bytes = 0
        kind, params = _media_type(top, "text/plain")
        self.root = self.leaf = Part(top, kind, params, top.end, len(raw))
        self._descend(self.root)

    def cut(self) -> Part:
        at = self.root.start
        while (line_at := self._next_line(at)) >= 0:
            newline = self.raw.find(b"\n", line_at)
            after = len(self.raw) if newline < 0 else newline + 1
            at = self._delimiter(line_at, after)
        return self.root

    def _next_line(self, at: int) -> int:
        """Where the next line that starts with two hyphens begins, -1 without one or when nothing is open."""
        if not self.open:
            return -1
        if self.raw.startswith(b"--", at) and (at == self.root.start or self.raw[at - 1 : at] == b"\n"):
            return at
        found = self.raw.find(b"\n--", at)
        return found + 1 if found >= 0 else -1

    def _delimiter(self, line_at: int, after: int) -> int:
        """Deals with a possible boundary line; returns where to go on."""
        self.looked_up += 1
        if self.looked_up > limits.HYPHEN_LINES:
            raise Breach("too_many_parts")
        known = self.lines.get(self.raw[line_at : min(after, line_at + 300)].rstrip(_PADDING))
        if known is None:
            return after
        level, closing = known
        self._close_to(level, line_at)
        if closing:
            self._forget(level)
            return after
        return self._child(self.open[level].part, after)

    def _close_to(self, level: int, line_at: int) -> None:
        """Ends the part being read, and every multipart deeper than ``level``, before the line at ``line_at``."""
        end = line_at - 1 if self.raw[line_at - 1 : line_at] == b"\n" else line_at
        if self.raw[end - 1 : end] == b"\r":
            end -= 1
        for part in [self.leaf, *(o.part for o in self.open[level + 1 :])]:
            if part.end == len(self.raw):
                part.end = max(part.start, end)
        if level + 1 < len(self.open):
            self._forget(level + 1)

    def _forget(self, level: int) -> None:
        for gone in self.open[level:]:
            del self.lines[gone.delimiter], self.lines[gone.delimiter + b"--"]
        del self.open[level:]

    def _child(self, parent: Part, start: int) -> int:
        self.count += 1
        if self.count > limits.PARTS:
            raise Breach("too_many_parts")
        fields = read_fields(self.raw, start, len(self.raw), lambda line: line.rstrip(_PADDING) in self.lines)
        self.header_bytes += fields.end - start
        if fields.breach or self.header_bytes > limits.ALL_PART_HEADERS:
            raise Breach(fields.breach or "headers_too_large")
        kind, params = _media_type(fields, "message/rfc822" if parent.type == "multipart/digest" else "text/plain")
        self.leaf = Part(fields, kind, params, fields.end, len(self.raw))
        parent.children.append(self.leaf)
        self._descend(self.leaf)
        return fields.end

    def _descend(self, part: Part) -> None:
        """Opens ``part`` if it is a multipart with a boundary of its own; without one it stays a leaf."""
        boundary = part.params.get("boundary", "").rstrip().encode("latin-1", "replace")[:250]
        delimiter = b"--" + boundary
        if not part.type.startswith("multipart/") or not boundary or delimiter in self.lines or delimiter + b"--" in self.lines:
            return
        if len(self.open) >= limits.DEPTH:
            raise Breach("too_deep")
        self.lines[delimiter] = (len(self.open), False)
        self.lines[delimiter + b"--"] = (len(self.open), True)
        self.open.append(_Open(delimiter, part))


def split(raw: bytes, top: Fields) -> Part:
    """The tree of a mail whose header is ``top``. A multipart whose boundary never comes has no children.

    Raises ``Breach`` with ``too_many_parts``, ``too_deep`` or a header cap.
    """
    return _Cutter(raw, top).cut()
