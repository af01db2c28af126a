"""The few words around what a search found."""

from __future__ import annotations

import re

from inbox.core.triage import one_line
from inbox.core.words import SearchQuery, normalised

BEFORE = 50
LENGTH = 180
LOOKED_AT = 50_000

_WORD = re.compile(r"\w+")


def snippet(text: str, query: SearchQuery) -> str:
    """One line of at most 182 characters around the first word of the text that was asked for, else its beginning."""
    looked = text[:LOOKED_AT]
    start = max(0, _first(looked, query) - BEFORE)
    if start:
        blank = looked.find(" ", start, start + BEFORE)
        start = blank + 1 if blank >= 0 else start
    line = one_line(looked[start : start + LENGTH])
    return ("…" if start else "") + line + ("…" if start + LENGTH < len(text) else "")


def _first(text: str, query: SearchQuery) -> int:
    whole = frozenset(word for word in query.words if ":" not in word)
    begun = tuple(word for word in query.prefixes if ":" not in word)
    for match in _WORD.finditer(text):
        word = normalised(match.group())
        if word in whole or (begun and word.startswith(begun)) or any(pair in word for pair in whole if not pair.isascii()):
            return match.start()
    return 0
