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
_INLINE: Final = MarkdownIt("zero").enable(["emphasis", "strikethrough", "backticks", "link", "image", "autolink", "escape", "newline"])


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
    headed = _HEADING.sub(r"**\1**", text)
    [block] = _INLINE.parseInline(headed)
    return "".join(_spans(block.children or ())) if headed.strip() else headed


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
