"""The fields of a post: a form as browsers encode it in either way, or a JSON object.

https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data, RFC 7578
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl, unquote

import msgspec

from inbox.core.errors import Malformed

MOST_FIELDS: Final = 200

_BOUNDARY: Final = re.compile(r'boundary="?([^";,\s]{1,70})"?', re.IGNORECASE)
_NAME: Final = re.compile(rb'[;\s]name="([^"]*)"', re.IGNORECASE)
_FILE: Final = re.compile(rb'[;\s]filename\*?="?([^";]*)"?', re.IGNORECASE)


def fields_of(content_type: str, body: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    """The values by name, several of one name joined, and the names of files, which are not taken. Raises ``Malformed``."""
    files: list[str] = []
    if content_type.lower().startswith("multipart/form-data"):
        pairs = list(_multipart(content_type, body, files))
    elif body.lstrip()[:1] in (b"{", b"["):
        pairs = _json(body)
    else:
        pairs = _urlencoded(body)
    if len(pairs) > MOST_FIELDS:
        raise Malformed("too many fields")
    values: dict[str, str] = {}
    for name, value in pairs:
        words = value.replace("\r\n", "\n").strip()
        values[name] = f"{values[name]}, {words}" if values.get(name) and words else values.get(name) or words
    return values, tuple(files)


def _urlencoded(body: bytes) -> list[tuple[str, str]]:
    """A page that is not in UTF-8 sends what its encoding makes of it; browsers read Latin-1 as windows-1252."""
    text = body.decode("ascii", "replace")
    for encoding, errors in (("utf-8", "strict"), ("cp1252", "replace")):
        try:
            return parse_qsl(text, keep_blank_values=True, encoding=encoding, errors=errors, max_num_fields=MOST_FIELDS)
        except UnicodeDecodeError:
            continue
        except ValueError as bad:
            raise Malformed(str(bad)[:200]) from None
    raise Malformed("in no known encoding")


def _json(body: bytes) -> list[tuple[str, str]]:
    try:
        tree = msgspec.json.decode(body, type=dict[str, object])
        return [(name, _words(value)) for name, value in tree.items()]
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as bad:
        raise Malformed(str(bad)[:200]) from None


def _words(value: object) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_words(one) for one in value)
        case _:
            return msgspec.json.encode(value).decode()


def _multipart(content_type: str, body: bytes, files: list[str]) -> Iterator[tuple[str, str]]:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Malformed("no boundary")
    pieces = (b"\r\n" + body).split(b"\r\n--" + found[1].encode(), MOST_FIELDS + 2)
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return
        head, _, content = piece.partition(b"\r\n\r\n")
        name, file = _NAME.search(head), _FILE.search(head)
        if file is not None and (file[1] or content):
            files.append(unquote(file[1].decode(errors="replace"))[:250] or "a file")
        elif name is not None and file is None:
            yield unquote(name[1].decode(errors="replace")), content.decode(errors="replace")
    raise Malformed("cut off")
