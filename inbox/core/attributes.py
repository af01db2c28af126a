"""What the workspace keeps of customers: each attribute with a label and a kind, and which values are of that kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from inbox.core.errors import Invalid
from inbox.core.ids import digest
from inbox.core.words import normalised

Kind = Literal["text", "number", "date", "yes_no", "choice", "link"]
MOST = 100


class Attribute(Struct, frozen=True):
    """An attribute. ``key`` is its name with customers, forms and conditions, and never changes; ``name`` is what people read.
    They are shown by ``order``. ``choices`` go with the kind of that name. Values are texts, whatever the kind."""

    id: str
    name: str
    key: str
    version: int = 1
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    order: int = 0


def attribute_id(key: str) -> str:
    """The id of the attribute of this key; case makes no difference."""
    return digest("attribute", normalised(key))


def entered(own: Mapping[str, str], news: Mapping[str, str | None]) -> dict[str, str]:
    """What a customer has with what is told of him; None takes away. As case makes no difference, it stands under the key he has."""
    known = {attribute_id(key): key for key in own}
    told = {key if key in own else known.setdefault(attribute_id(key), key): value for key, value in news.items()}
    return {key: value for key, value in {**own, **told}.items() if value is not None}


def check(attribute: Attribute) -> None:
    """Raises ``Invalid`` for a choice of nothing, and for choices where there is nothing to choose."""
    if (attribute.kind == "choice") != bool(attribute.choices):
        raise Invalid("choices", "a choice needs choices, and nothing else has any")
    if len(set(map(normalised, attribute.choices))) < len(attribute.choices) or not all(map(str.strip, attribute.choices)):
        raise Invalid("choices", "each has to be another one, and say something")


def fits(attribute: Attribute, value: str) -> bool:
    """Whether a value is of the attribute's kind. Numbers are as ``-12.5``, dates as ``2026-11-22``."""
    if attribute.kind == "choice":
        return value in attribute.choices
    return _KINDS[attribute.kind](value)


def size_of(value: str) -> tuple[str, Decimal] | None:
    """By what numbers are compared with numbers and dates with dates; None for what is neither."""
    if _is_number(value):
        return "number", Decimal(value)
    return ("date", Decimal(date.fromisoformat(value).toordinal())) if _is_date(value) else None


def _is_number(value: str) -> bool:
    return re.fullmatch(r"-?\d{1,30}(\.\d{1,30})?", value, re.ASCII) is not None


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value  # it also takes 20261122 and weeks
    except ValueError:
        return False


def _is_link(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", value)


_KINDS: Mapping[str, Callable[[str], bool]] = {
    "text": lambda value: True,
    "number": _is_number,
    "date": _is_date,
    "yes_no": lambda value: value in ("yes", "no"),
    "link": _is_link,
}
WANTED: Mapping[str, str] = {
    "number": "must be a number such as 12.5",
    "date": "must be a date such as 2026-11-22",
    "yes_no": "must be yes or no",
    "choice": "must be one of the choices",
    "link": "must begin with https:// or http://",
}
