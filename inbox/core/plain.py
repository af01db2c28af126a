"""What an agent writes in markdown, for channels that show plain text."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^```[^`\n]*(?:\n|\Z)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)\*[ \t]+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(<?([^()<>\s]+)>?\)")
_BARE_LINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_CODE = re.compile(r"`([^`\n]+)`")
_STARS = re.compile(r"(?<![\w*\\])(\*{1,3})(?=\S)([^*\n]+)(?<=[^\s\\])\1(?![\w*])")
_LINES = re.compile(r"(?<![\w\\])(_{1,3})(?=\S)([^_\n]+)(?<=[^\s\\])\1(?!\w)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def plain(markdown: str) -> str:
    """The text without its markup: emphasis, code marks and headings lose theirs, a link becomes ``words (address)``, lists stay.

    Signs that are no markup are left alone (CommonMark 0.31: ``2 * 3``, ``snake_case``, a backslash before punctuation). Takes time
    in proportion to the length, whatever is written.
    """
    text = _FENCE.sub("", markdown)
    text = _HEADING.sub("", text)
    text = _BULLET.sub(r"\1- ", text)
    text = _LINK.sub(_spelled_out, text)
    text = _BARE_LINK.sub(r"\1", text)
    text = _CODE.sub(r"\1", text)
    text = _STARS.sub(r"\2", text)
    text = _LINES.sub(r"\2", text)
    return _ESCAPED.sub(r"\1", text).strip()


def _spelled_out(link: re.Match[str]) -> str:
    words, address = link[1].strip(), link[2]
    shown = address.removeprefix("mailto:")
    return shown if words in ("", address, shown) else f"{words} ({shown})"
