"""Where the fresh part of a mail's text ends: before quoted history, before a signature. Linear, and it only ever folds.

What follows is hidden behind a click and never cut off. An answer below the quotation is put in front of it; when something was
written between the quoted lines, or the mail is a forward, everything counts as fresh.
"""

from __future__ import annotations

import re
from typing import Final

from connectors.email.phrases import ATTRIBUTIONS, COLONS, FORWARD_PREFIXES, FORWARDED, FROM, MOBILE, ORIGINAL, OTHER

_SEEN: Final = 64 * 1024
"""Characters in which the beginning of history is looked for."""

_LINE: Final = 300
_ATTRIBUTION_LINES: Final = 4
_LEADING_LINES: Final = 6
_HEADER_LINES: Final = 8
_SIGNATURE_LINES: Final = 25
_FOOTER_LINES: Final = 4
_MARKS: Final = "-_*=> \t\u2013\u2014"


def answer_first(text: str, subject: str = "", history_at: int | None = None) -> tuple[str, int | None]:
    """The text with an answer that stands below its one quotation put in front of that, and ``fresh_length`` of it.

    Nothing is lost: the signature and then the quotation with its introduction follow the answer.
    """
    length = fresh_length(text, subject, history_at)
    if length is not None or _is_forward(subject):
        return text, length
    lines = text.split("\n")
    first = _quotation_on_top([line[:_LINE].rstrip() for line in lines[: _ATTRIBUTION_LINES + _LEADING_LINES]])
    if first is None or _all_quoted(text, first):
        return text, None
    last = max(i for i, line in enumerate(lines) if line.startswith(">"))
    if not _all_quoted("\n".join(lines[: last + 1]), first):
        return text, None
    below = re.sub(r"\A(?:[^\S\n]*\n)+", "", "\n".join(lines[last + 1 :])).rstrip()
    above = "\n".join(lines[: last + 1]).strip("\n")
    return f"{below}\n\n{above}", fresh_length(below) or len(below)


def fresh_length(text: str, subject: str = "", history_at: int | None = None) -> int | None:
    """How many leading characters of ``text`` its sender wrote just now; None when that is all of it or cannot be told.

    ``history_at`` is where the mail program's own mark-up says that history begins.
    """
    if _is_forward(subject):
        return None
    lines = [line[:_LINE].rstrip() for line in text[:_SEEN].split("\n")]
    end = _history(lines, text) if history_at is None else _line_of(text, history_at)
    if end is None or any(_says(line, FORWARDED) for line in lines[end : end + 3]):
        return None
    end = _without_signature(lines, end)
    offset = sum(len(line) + 1 for line in text[:_SEEN].split("\n")[:end])
    kept = text[:offset].rstrip()
    return len(kept) if kept and len(kept) < len(text.rstrip()) else None


def _is_forward(subject: str) -> bool:
    prefix, colon, _ = subject.replace(COLONS[1], COLONS[0]).partition(":")
    return bool(colon) and prefix.strip().lower() in FORWARD_PREFIXES


def _line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, min(offset, _SEEN))


def _history(lines: list[str], text: str) -> int | None:
    """The number of the line that begins the history, ``len(lines)`` without any; None when the answer is between the lines."""
    for i, line in enumerate(lines):
        if line.startswith(">"):
            return _attribution_before(lines, i) if _all_quoted(text, i) else None
        if _begins_history(lines, i):
            quote = _introduced(lines, i)
            return i if quote is None or _all_quoted(text, quote) else None
    return len(lines)


def _begins_history(lines: list[str], i: int) -> bool:
    line = lines[i]
    if not line:
        return False
    if line.count("-") >= 4 and _says(line, ORIGINAL + FORWARDED):
        return True
    if _says(line, FORWARDED) and line.endswith(":"):
        return True
    if not line.strip("_-\u2014 ") and len(line) >= 10:  # Outlook's rule above its header lines
        return _header_block(lines, i + 1 + (lines[i + 1 : i + 2] == [""]))
    return _header_block(lines, i) or _is_attribution(lines, i)


def _says(line: str, phrases: tuple[str, ...]) -> bool:
    words = line.strip(_MARKS + ":").lower()
    return any(words.startswith(phrase) for phrase in phrases) if len(words) < 80 else False


def _label(line: str) -> str:
    head, colon, _ = line.lstrip("*> ").replace(COLONS[1], COLONS[0]).partition(":")
    return head.strip(" *\xa0").lower().replace(" ", "") if colon and len(head) < 20 else ""


def _header_block(lines: list[str], i: int) -> bool:
    """Whether a From line and two other labelled lines stand here, as in the header that Outlook copies into its replies."""
    if i >= len(lines) or _label(lines[i]) not in FROM:
        return False
    labels = {_label(line) for line in lines[i + 1 : i + _HEADER_LINES]}
    return len(labels & OTHER) >= 2


def _is_attribution(lines: list[str], i: int) -> bool:
    """Whether "On ... wrote:" begins at line ``i``; it may be broken over lines, and no quotation mark need follow."""
    start = lines[i].lower()
    pairs = [(intro, verb) for intro, verb in ATTRIBUTIONS if (intro and start.startswith(intro)) or (not intro and verb in start)]
    joined = ""
    for line in lines[i : i + _ATTRIBUTION_LINES] if pairs else []:
        joined += " " + line.lower()
        if not line:
            return False
        if joined.endswith(COLONS):
            return any(c.isdigit() for c in joined) and any(verb in joined for _, verb in pairs)
    return False


def _introduced(lines: list[str], i: int) -> int | None:
    """The line of the quotation that the paragraph at line ``i`` stands right above, None when unquoted lines come between."""
    paragraph = next((j for j in range(i, len(lines)) if not lines[j] or lines[j].startswith(">")), len(lines))
    quote = next((j for j in range(paragraph, len(lines)) if lines[j]), len(lines))
    return quote if paragraph - i <= _ATTRIBUTION_LINES and quote < len(lines) and lines[quote].startswith(">") else None


def _quotation_on_top(lines: list[str]) -> int | None:
    """The line of a quotation that stands, with what introduces it, above everything else."""
    begin = next((i for i, line in enumerate(lines) if line), len(lines))
    quote = _introduced(lines, begin)
    introduction = [line for line in lines[begin:quote] if line]
    if quote is None or not introduction or not introduction[-1].endswith(COLONS) or _says(introduction[0], FORWARDED):
        return None
    told = _is_attribution(introduction, 0)
    greeted = any(_is_attribution(introduction, k) for k in range(1, len(introduction)))
    return quote if told or ("@" in "".join(introduction) and not greeted) else None


def _attribution_before(lines: list[str], quote: int) -> int:
    """The first line of what introduces the quotation at line ``quote``; that line itself when nothing does."""
    last = quote - 1
    while last >= 0 and not lines[last] and quote - last <= 2:
        last -= 1
    if last < 0 or not lines[last].endswith(COLONS):
        return quote
    for first in range(last, max(-1, last - _ATTRIBUTION_LINES), -1):
        if not lines[first]:
            break
        if _is_attribution(lines, first):
            return first
    return last if any(c.isdigit() or c == "@" for c in lines[last]) else quote


def _all_quoted(text: str, first: int) -> bool:
    """Whether from line ``first`` on nothing fresh follows: quotations, empty lines, then at most a footer or signature."""
    rest = [line for line in text.split("\n")[first:] if line.strip()]
    for i, line in enumerate(rest):
        if line.rstrip() in ("--", "-- ", "__") or line.startswith("______"):
            return len(rest) - i <= _SIGNATURE_LINES
        if not line.startswith(">") and not _wrapped(rest, i):
            return line.lower().startswith(MOBILE) and len(rest) - i <= _FOOTER_LINES
    return True


def _wrapped(rest: list[str], i: int) -> bool:
    """Whether line ``i`` is the short overhang of a quoted line that a mailer broke: quotations before and after it."""
    if not 0 < i < len(rest) - 1 or len(rest[i]) >= 20:
        return False
    return rest[i - 1].startswith(">") and len(rest[i - 1]) > 60 and rest[i + 1].startswith(">")


def _without_signature(lines: list[str], end: int) -> int:
    """``end`` moved up over a signature ("-- ", RFC 3676 section 4.3) and over "Sent from my phone"."""
    for i in range(end - 1, max(-1, end - 1 - _SIGNATURE_LINES), -1):
        if lines[i] == "--":
            end = i
            break
    while end and (not lines[end - 1] or lines[end - 1].strip("_- ") == "" or lines[end - 1].lower().lstrip("> ").startswith(MOBILE)):
        end -= 1
    return end
