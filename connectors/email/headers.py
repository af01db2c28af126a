"""Header fields of a mail: read tolerantly from bytes under caps, and decoded (RFC 5322, RFC 2047, RFC 2231)."""

from __future__ import annotations

import binascii
import calendar
import re
from collections.abc import Callable
from email.utils import parsedate_tz
from typing import Final

from msgspec import Struct

from connectors.email import limits
from connectors.email.charsets import decode, tidy

_FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_WORD: Final = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_SPACE: Final = re.compile(r"\s+")
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_PARAMETER: Final = re.compile(rb';\s*([^\s=;"]{1,200})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))', re.DOTALL)
_MSG_ID: Final = re.compile(r"<([^<>\s]{1,500})>")
_FORMAT_CONTROLS: Final = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufff9-\ufffb]")
_DAY: Final = 86_400_000
_EARLIEST: Final = calendar.timegm((1990, 1, 1, 0, 0, 0)) * 1000


class Fields(Struct, frozen=True):
    """The header fields of a mail or part in order, names in lower case, values unfolded but not decoded.

    ``end`` is where the body begins. ``breach`` names the cap that was passed: the fields are then cut short.
    """

    items: tuple[tuple[str, bytes], ...]
    end: int
    breach: str = ""

    def first(self, name: str) -> bytes | None:
        """The raw value of the topmost field of that name."""
        return next((value for key, value in self.items if key == name), None)

    def all(self, name: str) -> list[bytes]:
        """The raw values of every field of that name, topmost first."""
        return [value for key, value in self.items if key == name]

    def text(self, name: str) -> str:
        """The decoded value of the topmost field of that name, '' without one."""
        return words(self.first(name) or b"")


class _Reader:
    """Collects the lines of one header block; what is over a cap is read on but not kept."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, bytearray]] = []
        self.kept = 0
        self.breach = ""

    def line(self, line: bytes) -> bool:
        """Takes one line; False when it belongs to the body already."""
        if line[:1] in (b" ", b"\t"):
            if not self.fields:
                return False
            self._keep(line)
        elif match := _FIELD.match(line):
            if len(self.fields) < limits.HEADER_FIELDS:
                self.fields.append((match[1].decode("ascii").lower(), bytearray()))
                self._keep(line[match.end() :])
            else:
                self.breach = self.breach or "too_many_headers"
        else:
            return line.startswith((b"From ", b">From "))  # left by mbox files
        return True

    def _keep(self, piece: bytes) -> None:
        value = self.fields[-1][1]
        if len(value) + len(piece) > limits.HEADER_FIELD:
            self.breach = self.breach or "header_too_large"
        elif self.kept + len(piece) > limits.HEADER_BLOCK:
            self.breach = self.breach or "headers_too_large"
        room = min(limits.HEADER_FIELD - len(value), limits.HEADER_BLOCK - self.kept)
        value += piece[: max(0, room)]
        self.kept += min(len(piece), max(0, room))


def read_fields(raw: bytes, start: int, stop: int, ends: Callable[[bytes], bool] = lambda line: False) -> Fields:
    """The header block at ``start``. ``ends`` says of a line that it begins something else (a MIME boundary).

    A line that can be no field begins the body, as does an empty line. Linear; stops after ``HEADER_SCAN`` bytes.
    """
    reader, at = _Reader(), start
    while at < stop:
        if at - start > limits.HEADER_SCAN:
            at = stop
            break
        newline = raw.find(b"\n", at, stop)
        after = stop if newline < 0 else newline + 1
        line = raw[at : min(after, at + limits.HEADER_FIELD + 1024)].rstrip(b"\r\n")
        if not line:
            at = after
            break
        if ends(line) or not reader.line(line):
            break
        at = after
    return Fields(tuple((name, bytes(value)) for name, value in reader.fields), at, reader.breach)


def _chunk(match: re.Match[str]) -> tuple[str, bytes]:
    data = match[3].encode("utf-8", "surrogateescape")
    if match[2] in "qQ":
        return match[1].split("*")[0], binascii.a2b_qp(data, header=True)
    try:
        return match[1].split("*")[0], binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return match[1].split("*")[0], data


def words(value: bytes) -> str:
    """An unstructured value as readable text: RFC 2047 words and raw 8-bit decoded, white space folded, controls removed.

    Bytes of neighbouring words of one charset are joined first, because mailers cut characters in two.
    """
    text, pieces, at = decode(value), [], 0
    pending: tuple[str, bytes] | None = None
    for match in _WORD.finditer(text):
        between = text[at : match.start()]
        charset, data = _chunk(match)
        if pending and not between.strip() and pending[0].lower() == charset.lower():
            pending = (charset, pending[1] + data)
        else:
            pieces += [decode(pending[1], pending[0])] if pending else []
            pieces += [between] if between.strip() or (between and not pending) else []
            pending = (charset, data)
        at = match.end()
    pieces += [decode(pending[1], pending[0])] if pending else []
    return one_line("".join(pieces) + text[at:])


def one_line(text: str) -> str:
    """``text`` on one line, without control characters and without invisible marks that turn its reading direction."""
    return _SPACE.sub(" ", _FORMAT_CONTROLS.sub("", tidy(_SPACE.sub(" ", text)))).strip()


def _unquote(data: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", data, flags=re.DOTALL)


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """A value like ``text/plain; charset="x"``: its first word in lower case and its parameters, decoded.

    A boundary is bytes that are compared, not read: it comes as Latin-1, untouched.
    """
    head = value.split(b";", 1)[0].partition(b"(")[0].strip().decode("ascii", "replace").lower()
    plain: dict[str, bytes] = {}
    pieces: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for match in _PARAMETER.finditer(value):
        name, data = match[1].decode("ascii", "replace").lower(), _unquote(match[2]) if match[2] is not None else match[3].strip()
        base, *rest = name.split("*")
        if not rest:
            plain.setdefault(base, data)
        elif rest == [""] or rest[0].isdecimal():
            index = int(rest[0][:4]) if rest[0] else 0
            pieces.setdefault(base, {}).setdefault(index, (data, rest[-1] == ""))
    found = {name: data.decode("latin-1") if name == "boundary" else words(data) for name, data in plain.items()}
    return head, found | {name: one_line(_joined(parts)) for name, parts in pieces.items()}


def _joined(parts: dict[int, tuple[bytes, bool]]) -> str:
    """The pieces of one RFC 2231 parameter put together and decoded by the charset that its first piece names."""
    charset, whole = "", b""
    for index, (data, encoded) in sorted(parts.items()):
        if encoded:
            if index == 0 and data.count(b"'") >= 2:
                label, _, data = data.split(b"'", 2)
                charset = label.decode("ascii", "replace")
            data = _PERCENT.sub(lambda m: bytes.fromhex(m[1].decode()), data)
        whole += data
    return decode(whole, charset)


def message_ids(value: bytes) -> list[str]:
    """The Message-IDs in a field, without their angle brackets (RFC 5322 section 3.6.4).

    Some programs encode a long field as they would a subject, which RFC 2047 section 5 forbids; it is read all the same.
    """
    text = words(value) if b"=?" in value else decode(value)
    return _MSG_ID.findall(text) or [word for word in text.split()[:10] if "@" in word and len(word) <= 500]


def instant(value: bytes, arrived_at: int) -> int | None:
    """A Date field in milliseconds UTC; None when it is no date, before 1990 or more than a day after ``arrived_at``."""
    try:
        parsed = parsedate_tz(decode(value[:200]))
        if parsed is None or abs(parsed[9] or 0) > 15 * 3600:
            return None
        at = (calendar.timegm(parsed[:6]) - (parsed[9] or 0)) * 1000
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return at if _EARLIEST <= at <= arrived_at + _DAY else None
