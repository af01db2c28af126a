"""From bytes to values, strictly: content types, sizes, unknown names and wrong types are refused here and nowhere later."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from inbox.api.call import Call
from inbox.core.errors import InboxError, Invalid, NotFound, TooLarge

MAX_JSON = 2 * 1024 * 1024
READ_SECONDS = 30.0
MAX_QUERY_VALUE = 500
MAX_KEY = 200
MAX_LIMIT = 100
DEFAULT_LIMIT = 40

_PATH_VALUE = re.compile(r"[A-Za-z0-9_.:@#-]{1,200}")
_POSITION = re.compile(r"[A-Za-z0-9_=-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

T = TypeVar("T")


class WrongType(InboxError):
    """The content type is not the one this call takes."""

    code = "wrong_content_type"


class TooSlow(InboxError):
    """The body did not arrive in time."""

    code = "too_slow"


async def json_body(request: web.Request, kind: type[T]) -> T:
    """The body as ``kind``. Raises ``WrongType``, ``TooLarge``, ``TooSlow``, or ``Invalid`` naming the field that is wrong."""
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() != "utf-8":
        raise WrongType("Send application/json in UTF-8.")
    data = await read(request, MAX_JSON, READ_SECONDS)
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as wrong:
        raise Invalid(_field(str(wrong)), _reason(str(wrong))) from None
    except (msgspec.DecodeError, UnicodeError):
        raise Invalid("", "the body is not valid JSON") from None
    except RecursionError:
        raise Invalid("", "the body is nested too deeply") from None


async def read(request: web.Request, most: int, seconds: float) -> bytes:
    """The body's bytes, at most ``most``, within ``seconds``."""
    if (request.content_length or 0) > most:
        raise TooLarge(f"At most {most} bytes.")
    if request.content.is_eof():  # it came with the headers, as small ones do
        return request.content.read_nowait()
    received = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.content.iter_any():
                received += chunk
                if len(received) > most:
                    raise TooLarge(f"At most {most} bytes.")
    except TimeoutError:
        raise TooSlow from None
    return bytes(received)


def no_body(request: web.Request) -> None:
    """Raises ``Invalid`` for a body nobody asked for."""
    if request.content_length or request.headers.get("Transfer-Encoding"):
        raise Invalid("", "this call takes no body")


def query_of(request: web.Request, call: Call) -> dict[str, str]:
    """The query's values by name. Raises ``Invalid`` for an unknown, repeated or unreadable one."""
    known = {name for name, _ in call.query}
    found: dict[str, str] = {}
    for name, value in request.rel_url.query.items():
        if name not in known:
            raise Invalid(_printable(name), "there is no such parameter")
        if name in found:
            raise Invalid(name, "is given twice")
        if len(value) > MAX_QUERY_VALUE or _CONTROL.search(value):
            raise Invalid(name, f"is not a line of at most {MAX_QUERY_VALUE} characters")
        if name == "after" and not _POSITION.fullmatch(value):
            raise Invalid(name, "is not a position")
        found[name] = value
    return found


def path_of(request: web.Request) -> Mapping[str, str]:
    """The path's values by name. Raises ``NotFound`` for what cannot be an id."""
    for value in request.match_info.values():
        if not _PATH_VALUE.fullmatch(value):
            raise NotFound
    return request.match_info


def key_of(request: web.Request, call: Call) -> str:
    """The idempotency key, '' when none was given."""
    keys = request.headers.getall("Idempotency-Key", [])
    if not keys or not call.creates:
        return ""
    if len(keys) > 1 or not keys[0] or len(keys[0]) > MAX_KEY or not keys[0].isprintable():
        raise Invalid("Idempotency-Key", "give one key of at most 200 printable characters")
    return keys[0]


def limit_of(query: Mapping[str, str]) -> int:
    """The page size asked for. Raises ``Invalid`` unless it is 1 to 100."""
    text = query.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_LIMIT:
        raise Invalid("limit", "must be a number from 1 to 100")
    return int(text)


def encode(answer: Any) -> bytes:
    """An answer's bytes."""
    return msgspec.json.encode(answer)


def _field(message: str) -> str:
    """The field msgspec complains about: ``… - at `$.to[0].value` `` or ``… field `x` ``; never a value."""
    at = re.search(r" - at (?:`key` in )?`\$\.?([^`]{0,200})`$", message)
    named = re.search(r"field `([^`]{0,100})`", message)
    inside = at.group(1) if at else ""
    return _printable(".".join(part for part in (inside, named.group(1) if named else "") if part))


def _reason(message: str) -> str:
    if " matching regex " in message:
        return "holds a character that is not allowed here"
    return _printable(message.split(" - at `", 1)[0])


def _printable(text: str) -> str:
    return "".join(ch if ch.isprintable() else "?" for ch in text)[:200]
