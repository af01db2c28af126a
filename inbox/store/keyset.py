"""Where a page ended, as an opaque string: the sort key of its last row, so that the next page begins behind it."""

from __future__ import annotations

import base64
import binascii

import msgspec

from inbox.core.errors import Invalid

MAX_TOKEN = 2_000


def pack(*key: int | str) -> str:
    """The token of a position."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def unpack(token: str, *types: type[int] | type[str]) -> tuple[int | str, ...]:
    """The position a token stands for, checked against the types it must hold. Raises ``Invalid`` for what ``pack`` did not make."""
    if len(token) > MAX_TOKEN:
        raise Invalid("after", "is not a position")
    try:
        key = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)), type=list[int | str])
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise Invalid("after", "is not a position") from error
    if len(key) != len(types) or any(type(part) is not kind for part, kind in zip(key, types, strict=True)):
        raise Invalid("after", "is not a position")
    if any(isinstance(part, int) and abs(part) >= 2**63 for part in key):
        raise Invalid("after", "is not a position")
    return tuple(key)


def position_of_number(token: str) -> tuple[int, str]:
    """A position whose key is (integer, id)."""
    number, id = unpack(token, int, str)
    return int(number), str(id)


def position_of_numbers(token: str) -> tuple[int, int]:
    """A position whose key is two integers."""
    first, second = unpack(token, int, int)
    return int(first), int(second)
