"""Markdown as an agent writes it in WhatsApp's own marks.

Lists, quotations and paragraphs read well as they are written and stay so, line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_FENCE: Final = "```"
_HEADING: Final = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)


class _AsWritten(MarkdownIt):
    """Addresses stay as they are written; nobody clicks them here."""

    def normalizeLink(self, url: str) -> str:
        """Not percent-encoded, which would make it longer."""
        return url

    def normalizeLinkText(self, link: str) -> str:
        """Not decoded either."""
        return link


_INLINE: Final = _AsWritten("zero").enable(["emphasis", "strikethrough", "backticks", "link", "image", "autolink", "escape", "newline"])


_MARKS: Final = {"strong": "*", "em": "_", "s": "~"}
_CODE: Final = "`"


def rendered(markdown: str) -> str:
    """The text as it is sent; links keep their address, pictures their description."""
    pieces = markdown.strip().split(_FENCE)
    if len(pieces) % 2 == 0:  # the last fence is never closed, so it is none
        pieces[-2:] = [_FENCE.join(pieces[-2:])]
    return "".join(_code(piece) if n % 2 else _words(piece) for n, piece in enumerate(pieces))


def _code(block: str) -> str:
    language, newline, rest = block.partition("\n")
    lines = rest if newline and len(language.split()) <= 1 else block
    return f"{_FENCE}{lines.rstrip()}{_FENCE}"


def _words(text: str) -> str:
    return "".join(f"*{_line(piece, marked=False)}*" if n % 2 else _line(piece) for n, piece in enumerate(_HEADING.split(text)))


def _line(text: str, *, marked: bool = True) -> str:
    """Marks do not nest in headings, which are bold as a whole."""
    if not text.strip():
        return text
    [block] = _INLINE.parseInline(text)
    return "".join(_spans([child for child in block.children or () if marked or child.content or "link" in child.type]))


def _spans(children: Sequence[Token]) -> Iterator[str]:
    href, named = "", ""
    for child in children:
        written = _written(child)
        named += written
        yield written
        if child.type == "link_open":
            href, named = str(child.attrGet("href") or ""), ""
        elif child.type == "link_close" and named not in (href, href.removeprefix("mailto:")):
            yield f" ({href})"


def _written(child: Token) -> str:
    match child.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "code_inline":
            return f"{_CODE}{child.content}{_CODE}"
        case _:
            return child.content or _MARKS.get(child.type.rpartition("_")[0], "")
