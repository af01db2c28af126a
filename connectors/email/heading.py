"""Header fields as they go out: ASCII, folded, encoded where they must be, and never more fields than were meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.header import Header
from email.utils import formatdate
from typing import Final

from connectors.email.addresses import normal
from inbox.core.errors import Rejected
from inbox.core.message import Address

CRLF: Final = "\r\n"
_FOLD: Final = CRLF + " "
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ATOM: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_ID: Final = re.compile(r"[^\s<>\x00-\x1f\x7f]{1,480}")
_LINE: Final = 76
_LONGEST_WORD: Final = 400
_MOST_REFERENCES: Final = 30


def refuse_controls(name: str, value: str) -> str:
    """``value``, unless it holds a line break or another control character: then ``Rejected`` (RFC 5322 section 2.2)."""
    if _CONTROLS.search(value):
        raise Rejected(f"control_character_in_{name.lower()}")
    return value


def encoded(name: str, value: str) -> str:
    """An unstructured value for the field ``name``; RFC 2047 words where it is not ASCII or could be mistaken for one."""
    refuse_controls(name, value)
    plain = value.isascii() and "=?" not in value and all(len(word) < _LONGEST_WORD for word in value.split())
    return Header(value, "us-ascii" if plain else "utf-8", maxlinelen=_LINE, header_name=name).encode(splitchars=" ", linesep=CRLF)


def ascii_domain(address: str) -> str:
    """The address with its domain in the form that DNS knows (RFC 5890). ``Rejected`` when there is none, or no address at all."""
    found = normal(address)
    local, _, domain = found.rpartition("@")
    if not found:
        raise Rejected("invalid_address", {address: "This is no mail address."})
    try:
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise Rejected("invalid_address", {address: "Its domain cannot exist."}) from None


def mailbox(field: str, address: str, name: str = "") -> str:
    """``name <address>``; the name quoted or encoded as it needs (RFC 5322 section 3.4)."""
    refuse_controls(field, name)
    spec, name = ascii_domain(address), name.strip()
    if not name:
        return spec
    if not name.isascii() or "=?" in name:
        shown = Header(name, "utf-8", maxlinelen=_LINE, header_name=field).encode(linesep=CRLF)
    elif _ATOM.fullmatch(name):
        shown = name
    else:
        shown = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    joint = " " if len(shown.rsplit(CRLF, 1)[-1]) + len(spec) < _LINE - 10 else _FOLD
    return f"{shown}{joint}<{spec}>"


def mailboxes(field: str, addresses: Iterable[Address]) -> str:
    """A list of addresses, one a line."""
    return f",{_FOLD}".join(mailbox(field, a.value, a.name) for a in addresses)


def date(at: int) -> str:
    """Milliseconds UTC as a Date field."""
    return formatdate(at // 1000).replace("-0000", "+0000")


def references(ids: Iterable[str]) -> list[str]:
    """Message-IDs in angle brackets, each once; of a long thread the first and the newest (RFC 5322 section 3.6.4)."""
    bare = dict.fromkeys(found.strip("<> ") for found in ids)
    known = [f"<{found}>" for found in bare if _ID.fullmatch(found)]
    return known if len(known) <= _MOST_REFERENCES else [known[0], *known[1 - _MOST_REFERENCES :]]


def block(fields: Iterable[tuple[str, str]]) -> str:
    """The fields as lines. ``Rejected`` if any value would begin a line of its own."""
    lines = []
    for name, value in fields:
        if re.search(r"\r(?!\n)|(?<!\r)\n|\r\n(?![ \t])|\x00", value):
            raise Rejected(f"line_break_in_{name.lower()}")
        lines.append(f"{name}: {value}{CRLF}")
    return "".join(lines)
