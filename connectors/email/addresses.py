"""Addresses in header fields and envelopes, read in one linear pass (RFC 5322 section 3.4) and brought to one form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from connectors.email import limits
from connectors.email.charsets import decode
from connectors.email.headers import one_line, words
from inbox.core.message import Address

_SPECIAL: Final = re.compile(r'["()<>,:;\\]')
_LOCAL: Final = re.compile(r'[^\s()<>\[\]:;,@\\"\x00-\x20\x7f]{1,128}|"[^"\r\n\x00-\x1f\x7f]{0,128}"')
_ANGLE_STOP: Final = re.compile('[>"<]')
_DOMAIN: Final = re.compile(r"[^\s()<>\[\]:;,@\\\"\x00-\x20\x7f.][^\s()<>\[\]:;,@\\\"\x00-\x20\x7f]{0,252}|\[[0-9A-Za-z:.]{1,64}\]")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PARENTHESIS: Final = re.compile(r"\\.|[()]", re.DOTALL)
_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)


class _Mailbox:
    """One mailbox while it is being read: its words, its comment, what stands in angle brackets."""

    def __init__(self) -> None:
        self.phrase: list[str] = []
        self.comment: list[str] = []
        self.angle: str | None = None

    def finish(self) -> tuple[str, str]:
        """(name, addr-spec); without angle brackets the words are the address and the comment is the name."""
        phrase, comment = "".join(self.phrase).strip(), " ".join(self.comment)
        return (comment, phrase) if self.angle is None else (phrase or comment, self.angle)


class _Field:
    """Reads the mailboxes of one field. What is opened and never closed is an ordinary character from then on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.box = _Mailbox()
        self.unclosed: set[str] = set()

    def mailboxes(self) -> Iterator[tuple[str, str]]:
        at = 0
        while at < len(self.text):
            match = _SPECIAL.search(self.text, at)
            upto = match.start() if match else len(self.text)
            self.box.phrase.append(self.text[at:upto])
            mark = match[0] if match else ""
            at = self._opened(mark, upto) or upto + 1
            if mark == ":":
                self.box = _Mailbox()  # "Team: a@x, b@y;" names the group, not a person
            elif mark and mark in ",;":
                yield self.box.finish()
                self.box = _Mailbox()
        yield self.box.finish()

    def _opened(self, mark: str, at: int) -> int:
        """Where the quotation, comment or angle that begins at ``at`` ends; 0 when there is none."""
        read = {'"': self._quoted, "(": self._comment, "<": self._angle}.get(mark)
        end = read(at) if read and mark not in self.unclosed else 0
        if read and not end:
            self.unclosed.add(mark)
        return end

    def _quoted(self, at: int) -> int:
        match = _QUOTED.match(self.text, at)
        if match is None:
            return 0
        inside = _PAIR.sub(r"\1", match[1])
        self.box.phrase.append(f'"{inside}"' if self.text[match.end() : match.end() + 1] == "@" else inside)
        return match.end()

    def _comment(self, at: int) -> int:
        depth = 0
        for match in _PARENTHESIS.finditer(self.text, at):
            depth += {"(": 1, ")": -1}.get(match[0], 0)
            if depth == 0:
                self.box.comment.append(self.text[at + 1 : match.start()])
                return match.end()
        return 0

    def _angle(self, at: int) -> int:
        end = at + 1
        while (stop := _ANGLE_STOP.search(self.text, end)) and stop[0] == '"' and (quoted := _QUOTED.match(self.text, stop.start())):
            end = quoted.end()
        if stop is None or stop[0] != ">":
            return at + 1 if stop and stop[0] == "<" else 0
        inside = self.text[at + 1 : stop.start()].strip()
        if inside.startswith("@") and ":" in inside:  # obsolete route "@a,@b:user@host"
            inside = inside.split(":", 1)[1]
        self.box.angle = inside if self.box.angle is None else self.box.angle
        return stop.end()


def _mailboxes(value: bytes) -> Iterator[tuple[str, str]]:
    """(name, addr-spec) of every mailbox in a field, names still encoded, group names left out."""
    return _Field(decode(value)).mailboxes()


def normal(spec: str) -> str:
    """The one form of an address: lower case throughout, no trailing dot; '' when it is none.

    RFC 5321 section 2.4 leaves the case of the local part to its host; no host in use tells people apart by it, and
    people type their own address in either case.
    """
    local, at, domain = spec.strip().rpartition("@")
    domain = domain.rstrip(".")
    if not at or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain) or ".." in domain:
        return ""
    return f"{local}@{domain}".lower()


def _name(text: str, address: str) -> str:
    name = words(text.encode("utf-8", "surrogateescape"))
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return "" if name.lower() == address else name[: limits.NAME]


def parse_addresses(values: Iterable[bytes]) -> tuple[Address, ...]:
    """Every valid address in the fields, in order, each once, at most 500; what is no address is left out.

    Names are decoded only after the field is cut, so that an encoded comma splits nothing.
    """
    found: dict[str, Address] = {}
    for value in values:
        for name, spec in _mailboxes(value):
            address = normal(spec) if "@" in spec else ""
            if address and address not in found:
                found[address] = Address("email", address, _name(name, address))
            if len(found) >= limits.ADDRESSES:
                return tuple(found.values())
    return tuple(found.values())


def tag(address: str, mark: str = "+") -> str:
    """The part of the local part after the first ``+`` (RFC 5233 'detail'), case kept; '' without one."""
    local, _, _ = address.rpartition("@")
    return local.partition(mark)[2]


def untagged(address: str, mark: str = "+") -> str:
    """The address without its tag."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition(mark)[0]}{at}{domain}"


def specs(values: Iterable[bytes]) -> Iterator[str]:
    """The address parts of fields as written, case kept, for those who look for tokens in them."""
    for value in values:
        for _, spec in _mailboxes(value):
            if "@" in spec:
                yield one_line(spec)
