"""Texts and queries as sets of normalised words, so that what is typed finds what was written, in any script.

Words are runs of letters, digits and their marks. Scripts written without blanks are cut into pairs of characters, and
their last character stands alone as well, so that every stretch of such a text starts an indexed word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from inbox.core import filters
from inbox.core.conversation import Category
from inbox.core.errors import Invalid
from inbox.core.ids import Instant
from inbox.core.views import ACTIVE, BUT_SPAM, UNFINISHED, View

MAX_WORD = 40
MAX_WORDS = 5_000
MAX_TEXT = 200_000
MAX_QUERY = 1_000
MAX_QUERY_WORDS = 32
_MAX_MARKS = 30
"""Longest run of marks kept, as in the Stream-Safe Text Format (UAX 15): sorting a longer one takes quadratic time."""


def _class_of_marks() -> str:
    """All marks as a regular expression's class. In ranges: as single characters it is ten times slower."""
    numbers = (n for n in (*range(0x20000), *range(0xE0100, 0xE01F0)) if unicodedata.category(chr(n))[0] == "M")
    ranges = (tuple(group) for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]))
    return "".join(f"{chr(group[0][1])}-{chr(group[-1][1])}" for group in ranges)


_MARKS = _class_of_marks()

_FOLDED = (
    *range(0x0300, 0x0370),  # accents of Latin, Greek and Cyrillic
    *range(0x0591, 0x05C8),  # Hebrew points
    *range(0x0610, 0x061B),  # Arabic signs and vowels
    *range(0x064B, 0x0660),
    0x0670,
    *range(0x1AB0, 0x1B00),
    *range(0x1DC0, 0x1E00),
    *range(0x20D0, 0x2100),
    *range(0xFE00, 0xFE10),  # variation selectors
    *range(0xFE20, 0xFE30),
    *range(0xE0100, 0xE01F0),
)
"""Marks that readers leave out when they search. Vowel signs of Indic and South-East Asian scripts are not among them."""

_FOLDS: dict[int, str | None] = {
    **{n: str(unicodedata.decimal(chr(n))) for n in range(0x80, 0x20000) if unicodedata.category(chr(n)) == "Nd"},
    **{n: None for n in _FOLDED if unicodedata.category(chr(n))[0] == "M"},
    **{n: None for n in (0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)},  # invisible inside a word
    **{
        ord(letter): folded for letter, folded in zip("øłđħŧ\u0131æœþð", ("o", "l", "d", "h", "t", "i", "ae", "oe", "th", "d"), strict=True)
    },
}

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
"""Thai, Lao, Burmese, Khmer, Kana, Han, and Hangul, whose particles grow onto the words."""

_LONG_MARKS = re.compile(f"([{_MARKS}]{{{_MAX_MARKS}}})[{_MARKS}]+")
_WORD = re.compile(f"(?:[^\\W_]|[{_MARKS}])+")
_RUN = re.compile(f"([{_UNSPACED}]+)|[^{_UNSPACED}]+")


def normalised(text: str) -> str:
    """The text in the form in which words are compared: compatible characters, case and accents are one. Linear time."""
    if text.isascii():
        return text.lower()
    compatible = unicodedata.normalize("NFKC", _LONG_MARKS.sub(r"\1", text))[:MAX_TEXT]  # one character can become eighteen
    folded = compatible.casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", _LONG_MARKS.sub(r"\1", folded)).translate(_FOLDS))


def words(text: str) -> frozenset[str]:
    """The words a text is found by: at most 5,000, the first ones, from its first 200,000 characters."""
    found: set[str] = set()
    for word in _indexed(text):
        found.add(word)
        if len(found) == MAX_WORDS:
            break
    return frozenset(found)


def field_words(field: str, text: str) -> frozenset[str]:
    """The words of an address or name, marked as belonging to a field such as ``from``; no ordinary word has a colon."""
    return frozenset(f"{field}:{word}" for word in words(text))


_NUMBER = "#"
_SEARCHED = frozenset({"", "from", "to"})
_OPERATORS = frozenset({"from", "to", "before", "after", *filters.CONDITIONS})


ALL_HISTORY = View("search", tuple(Category))


class SearchQuery(Struct, frozen=True, omit_defaults=True):
    """What is asked for; all of it must hold.

    ``words`` must be in the text, and for each of ``prefixes`` a word that starts so. ``phrases`` are the quoted texts,
    normalised; their words are among ``words``, their order is not in the index. Words of ``from:`` and ``to:`` are as in
    ``field_words``. The conversation is as ``where`` asks, with names as they were typed and tags in any spelling, and has that
    number. ``after`` is inclusive, ``before`` exclusive.
    """

    words: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    where: View = ALL_HISTORY
    number: int | None = None
    after: Instant | None = None
    before: Instant | None = None


def query(text: str) -> SearchQuery:
    """What somebody typed into the search field. The last word counts as a beginning while it is being typed.

    Operators: ``from: to: before: after:`` and the conditions of filters, values with blanks in quotes; days are ``YYYY-MM-DD`` from 00:00
    UTC. Raises ``Invalid`` for a value that an operator does not take, and for a text over 1,000 characters. Anything else,
    whatever it is, is words.
    """
    if len(text) > MAX_QUERY:
        raise Invalid("q", f"at most {MAX_QUERY} characters")
    terms = [term for match in _TERM.finditer(text) if (term := _term(match))]
    split = [(term, *_split(term)) for term in terms if term.operator in _SEARCHED]

    def last(operator: str) -> str:
        return next((term.value for term in reversed(terms) if term.operator == operator), "")

    conditions = [(term.operator, term.value) for term in terms if term.operator in filters.CONDITIONS]
    return SearchQuery(
        words=tuple(sorted({_named(term, word) for term, exact, _ in split for word in exact})[:MAX_QUERY_WORDS]),
        prefixes=tuple(sorted({_named(term, word) for term, _, begun in split for word in begun})[:MAX_QUERY_WORDS]),
        phrases=tuple(said for term in terms if term.quoted and not term.operator and (said := normalised(term.value))),
        where=_where_it_can_be(filters.asked(ALL_HISTORY, conditions, "q")),
        number=int(last(_NUMBER)) if last(_NUMBER) else None,
        after=_midnight("after", last("after")),
        before=_midnight("before", last("before")),
    )


class _Term(Struct, frozen=True):
    """One thing typed; ``operator`` '' for plain words. ``open``: the cursor may still stand behind it."""

    operator: str
    value: str
    quoted: bool
    open: bool


_TERM = re.compile(r'(?:([A-Za-z]{2,10}):)?(?:"([^"]*)"|(\S+))')


def _term(match: re.Match[str]) -> _Term | None:
    """The term as it is meant: an operator we do not have is part of the text, one without a value is not finished yet."""
    operator, value, quoted = (match[1] or "").lower(), match[2] or match[3] or "", match[2] is not None
    if operator in _OPERATORS:
        return _Term(operator, value, quoted, not quoted)
    if match[0].removesuffix(":").lower() in _OPERATORS:
        return None
    if re.fullmatch("#[0-9]{1,9}", match[0]):
        return _Term(_NUMBER, value[1:], quoted, False)
    unfinished = not quoted and match.end() == len(match.string)
    return _Term("", match[0], False, unfinished) if operator else _Term("", value, quoted, unfinished)


def _split(term: _Term) -> tuple[list[str], list[str]]:
    """The exact words of a term and the beginnings of words. One character of a script without blanks is always a beginning."""
    exact: list[str] = []
    begun: list[str] = []
    for run, unspaced in _runs(term.value):
        if not unspaced:
            exact.append(run[:MAX_WORD])
        elif len(run) == 1:
            begun.append(run)
        else:
            exact += [run[i : i + 2] for i in range(len(run) - 1)]
    if term.open and exact and not unspaced:
        begun.append(exact.pop())
    return exact, begun


def _named(term: _Term, word: str) -> str:
    return f"{term.operator}:{word}" if term.operator else word


def _where_it_can_be(view: View) -> View:
    """What is only ever asked of unfinished conversations is not looked for among all the others."""
    if view.categories != ALL_HISTORY.categories:
        return view
    if view.sla or view.queued:
        return replace(view, categories=ACTIVE)
    if view.scheduled:
        return replace(view, categories=BUT_SPAM)
    return replace(view, categories=UNFINISHED) if view.mentioned or view.followed else view


def _midnight(operator: str, day: str) -> Instant | None:
    if not day:
        return None
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
            return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()) * 1000
    except ValueError:
        pass  # it looks like a day and is none
    raise Invalid("q", f"{operator}: takes a day such as 2026-01-31")


def _indexed(text: str) -> Iterator[str]:
    for run, unspaced in _runs(text):
        if unspaced:
            yield from (run[i : i + 2] for i in range(len(run)))
        else:
            yield run[:MAX_WORD]


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """The words in the order they stand, and whether each is of a script without blanks, still in one piece."""
    for word in _WORD.finditer(normalised(text[:MAX_TEXT])):
        for run in _RUN.finditer(word.group()):
            yield run.group(), run.group(1) is not None
