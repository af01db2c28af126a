"""What an agent writes in markdown as the HTML that Telegram takes (https://core.telegram.org/bots/api#html-style)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("strikethrough")
_TAGS: Final = {
    "strong_open": "<b>",
    "strong_close": "</b>",
    "em_open": "<i>",
    "em_close": "</i>",
    "s_open": "<s>",
    "s_close": "</s>",
    "link_close": "</a>",
    "softbreak": "\n",
    "hardbreak": "\n",
    "heading_open": "<b>",
    "heading_close": "</b>\n\n",
    "hr": "———\n\n",
}
_BREAKS: Final = ("\n\n", "\n", " ")
_TAG: Final = re.compile(r"<[^>]*>")
_CODE: Final = re.compile(r"(<pre>.*?</pre>)", re.DOTALL)
_GAPS: Final = re.compile(r"\n{3,}")
_END_OF_QUOTE: Final = re.compile(r"\n+</blockquote>")


def as_html(text: str) -> str:
    """Telegram knows bold, italic, struck, code, links and quotes; headings become bold and lists get their marks as text."""
    made = "".join(_Renderer().blocks(_MARKDOWN.parse(text)))
    around = (code if code.startswith("<pre>") else _GAPS.sub("\n\n", code) for code in _CODE.split(made))
    return _END_OF_QUOTE.sub("</blockquote>", "".join(around)).strip()


def length(marked: str) -> int:
    """How much of it counts: UTF-16 code units without the tags."""
    return len(html.unescape(_TAG.sub("", marked)).encode("utf-16-le", "surrogatepass")) // 2


def pieces(text: str, most: int) -> list[str]:
    """The text in pieces that are no longer than ``most`` UTF-16 code units, cut between paragraphs, lines or words if possible."""
    found: list[str] = []
    while length_of(text) > most:
        head = _head(text, most)
        at = next((cut for mark in _BREAKS if (cut := head.rfind(mark)) > most // 4), len(head))
        found.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*found, text] if text.strip() or not found else found


def length_of(text: str) -> int:
    """In UTF-16 code units."""
    return len(text) + sum(ord(c) > 0xFFFF for c in text)


def _head(text: str, most: int) -> str:
    """As much of the beginning as fits."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * most].decode("utf-16-le", "ignore")


class _Renderer:
    """Keeps count of the lists and quotes a block stands in."""

    def __init__(self) -> None:
        self._lists: list[int | None] = []
        self._quotes = 0

    def blocks(self, tokens: Sequence[Token]) -> Iterator[str]:
        for token in tokens:
            match token.type:
                case "inline":
                    yield from self._inline(token.children or ())
                case "fence" | "code_block":
                    yield self._code(token)
                case "paragraph_close":
                    yield "\n" if token.hidden else "\n\n"
                case "blockquote_open" | "blockquote_close":
                    yield self._quote(token.nesting)
                case _:
                    yield self._listed(token)

    def _inline(self, tokens: Sequence[Token]) -> Iterator[str]:
        for token in tokens:
            match token.type:
                case "code_inline":
                    yield f"<code>{html.escape(token.content, quote=False)}</code>"
                case "link_open":
                    yield f'<a href="{html.escape(str(token.attrs.get("href", "")))}">'
                case "image":
                    alt, source = html.escape(token.content, quote=False), html.escape(str(token.attrs.get("src", "")))
                    yield f'<a href="{source}">{alt or source}</a>'
                case kind:
                    yield _TAGS.get(kind) or html.escape(token.content, quote=False)

    def _code(self, token: Token) -> str:
        language = re.sub(r"[^A-Za-z0-9+#-]", "", token.info.split(" ")[0])[:32]
        words = html.escape(token.content.rstrip("\n"), quote=False)
        inner = f'<code class="language-{language}">{words}</code>' if language else words
        return f"<pre>{inner}</pre>\n\n"

    def _quote(self, nesting: int) -> str:
        """Quotes may not stand in each other: only the outermost is one."""
        self._quotes += nesting
        if nesting > 0:
            return "<blockquote>" if self._quotes == 1 else ""
        return "</blockquote>\n\n" if self._quotes == 0 else ""

    def _listed(self, token: Token) -> str:
        match token.type:
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                return "" if self._lists else "\n"
            case "list_item_open":
                return self._mark()
            case kind:
                return _TAGS.get(kind, "")
        return ""

    def _mark(self) -> str:
        number = self._lists[-1]
        indent = "  " * (len(self._lists) - 1)
        if number is None:
            return f"{indent}• "
        self._lists[-1] = number + 1
        return f"{indent}{number}. "
