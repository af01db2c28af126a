"""The few words around what a search found, and which of them it found."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inbox.core.triage import one_line
from inbox.core.words import SearchQuery, normalised

BEFORE = 20
"""So little stands before the first word found that a narrow row shows it."""
LENGTH = 180
LOOKED_AT = 50_000

_WORD = re.compile(r"\w+")


def snippet(text: str, query: SearchQuery) -> tuple[str, ...]:
    """One line of at most 182 characters around the first word of the text that was asked for, else its beginning.

    It is cut so that every second piece is a word that was found; the pieces together are the line.
    """
    looked = text[:LOOKED_AT]
    first = next((start for start, _ in _found(looked, query)), 0)
    start = max(0, first - BEFORE)
    if start:
        blank = looked.find(" ", start, first)
        start = blank + 1 if blank >= 0 else start
    line = one_line(looked[start : start + LENGTH])
    return _cut(("…" if start else "") + line + ("…" if start + LENGTH < len(text) else ""), query)


def _cut(line: str, query: SearchQuery) -> tuple[str, ...]:
    pieces: list[str] = []
    done = 0
    for start, end in _found(line, query):
        pieces += [line[done:start], line[start:end]]
        done = end
    return (*pieces, line[done:])


def _found(text: str, query: SearchQuery) -> Iterator[tuple[int, int]]:
    """Where words that were asked for begin and end. Of a script without blanks that is the stretch the word stands in."""
    whole = frozenset(word for word in query.words if ":" not in word)
    begun = tuple(word for word in query.prefixes if ":" not in word)
    for match in _WORD.finditer(text):
        word = normalised(match.group())
        if word in whole or (begun and word.startswith(begun)):
            yield match.span()
        elif pairs := [at for pair in whole if not pair.isascii() and (at := word.find(pair)) >= 0]:
            at = match.start() + min(pairs)
            yield (at, at + 2) if len(word) == len(match.group()) else match.span()
