"""Plain text of an HTML body in one linear pass: for search, bots and previews, and to find where quoted history begins.

Nothing here makes HTML safe to show; that is the sanitiser's work.
"""

from __future__ import annotations

import html
import re
from typing import Final, NamedTuple

_TAG: Final = re.compile(r"<(?:!--|[!?]|(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30}))")
_TAG_STOP: Final = re.compile("[>\"']")
_ATTRIBUTE: Final = re.compile(r"\b(class|id|alt|type)\s*=\s*(?:\"([^\"]{0,500})\"|'([^']{0,500})'|([^\s\"'>]{1,500}))", re.IGNORECASE)
_SPACE: Final = re.compile(r"[ \t\n\r\f]+")

_VOID: Final = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
))  # fmt: skip
_SELF_CLOSING: Final = frozenset((
    "p", "li", "dt", "dd", "option", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup",
))  # fmt: skip
_SKIPPED: Final = frozenset((
    "script", "style", "title", "template", "noscript", "svg", "math", "object",
))  # fmt: skip
_LINE: Final = frozenset((
    "div", "tr", "ul", "ol", "dl", "dt", "dd", "table", "section", "article", "header", "footer", "main", "nav", "aside",
    "address", "form", "figure", "center", "blockquote", "pre", "hr", "br", "li",
))  # fmt: skip
_PARAGRAPH: Final = frozenset((
    "p", "h1", "h2", "h3", "h4", "h5", "h6",
))  # fmt: skip

_HISTORY_CLASSES: Final = frozenset((
    "gmail_quote", "gmail_extra", "yahoo_quoted", "protonmail_quote", "tutanota_quote", "zmail_extra", "moz-cite-prefix",
    "hcms-quote", "OutlookMessageHeader",
    "gmail_signature", "moz-signature", "protonmail_signature_block-user",
))  # fmt: skip
_HISTORY_IDS: Final = frozenset((
    "divRplyFwdMsg", "appendonsend", "OLK_SRC_BODY_SECTION", "mail-editor-reference-message-container", "reply-intro",
    "isReplyContent",
))  # fmt: skip
_SIGNATURE_IDS: Final = frozenset(("Signature", "signature"))


class Plain(NamedTuple):
    """``text``; ``history_at``, the offset in it where a mailer's own mark says that a signature or history begins, None without one or
    when something was written below it; ``depth``, how deep the elements are nested."""

    text: str
    history_at: int | None
    depth: int


class _Writer:
    """Text with white space folded as a browser would, lines of quotations marked by ``> ``."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = 0
        self.feeds = 2  # line feeds at the end; two stand for the beginning
        self.owed = ""
        self.quotes = self.preformatted = 0

    def _put(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)

    def text(self, text: str) -> None:
        if self.preformatted:
            for i, line in enumerate(text.split("\n")):
                if i:
                    self.line(force=True)
                self._words(line)
            return
        folded = _SPACE.sub(" ", text)
        if folded.startswith(" ") and not self.feeds:
            self.owed = " "
        self._words(folded.strip(" "))
        if folded.endswith(" ") and not self.feeds:
            self.owed = " "

    def _words(self, words: str) -> None:
        if not words:
            return
        if self.feeds and self.quotes:
            self._put("> " * min(self.quotes, 10))
        self._put(self.owed + words)
        self.owed, self.feeds = "", 0

    def line(self, force: bool = False) -> None:
        """Ends the line, if one was begun or an empty one is wanted; never more than one empty line."""
        if self.feeds == 0 or (force and self.feeds < 2):
            self._put("\n")
            self.feeds += 1
        self.owed = ""

    def paragraph(self) -> None:
        self.line()
        self.line(force=True)


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.out = _Writer()
        self.depth = self.deepest = 0
        self.unclosed: set[str] = set()
        self.history_at: int | None = None
        self.container = ("", 0)  # the element that holds the history, and how many of its name are open inside it

    def read(self) -> Plain:
        at = 0
        while match := _TAG.search(self.source, at):
            self._text(self.source[at : match.start()])
            at = self._after(match)
        self._text(self.source[at:])
        text = "".join(self.out.pieces)
        history = self.history_at if self.history_at is not None and self.history_at < len(text.rstrip()) else None
        return Plain(text.rstrip(), history, self.deepest)

    def _text(self, text: str) -> None:
        if not text:
            return
        text = html.unescape(text).replace("\xa0", " ").replace("\x00", "")
        if self.history_at is not None and not self.container[0] and text.strip():
            self.history_at = None  # somebody wrote below the quotation: everything counts
        self.out.text(text)

    def _after(self, match: re.Match[str]) -> int:
        """Deals with a tag, comment or declaration; returns where it ends."""
        if match[2] is None:
            return self._past("-->" if match[0] == "<!--" else ">", match.end())
        name, end = match[2].lower(), self._tag_end(match.end())
        if match[1]:
            self._close(name)
        elif name in _SKIPPED and self.source[end - 2 : end] != "/>":
            return self._skip(name, end)
        else:
            self._open(name, self.source[match.end() : min(end, match.end() + 2000)])
        return end

    def _past(self, mark: str, at: int) -> int:
        found = self.source.find(mark, at)
        return len(self.source) if found < 0 else found + len(mark)

    def _skip(self, name: str, at: int) -> int:
        match = re.compile(f"</{name}", re.IGNORECASE).search(self.source, at)
        return len(self.source) if match is None else self._past(">", match.end())

    def _tag_end(self, at: int) -> int:
        """After the ``>`` that is in no attribute's quotes; a quotation mark that never closes is an ordinary character."""
        while stop := _TAG_STOP.search(self.source, at):
            mark, at = stop[0], stop.end()
            if mark == ">":
                return at
            closing = -1 if mark in self.unclosed else self.source.find(mark, at)
            if closing < 0:
                self.unclosed.add(mark)
            else:
                at = closing + 1
        return len(self.source)

    def _open(self, name: str, inside: str) -> None:
        if name not in _VOID and name not in _SELF_CLOSING:
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)
        self._block(name)
        self._begin(name)
        found = {m[1].lower(): m[2] or m[3] or m[4] or "" for m in _ATTRIBUTE.finditer(inside)} if "=" in inside else {}
        self._history(name, found)
        if name == "img" and found.get("alt"):
            self._text(f" [{found['alt']}] ")

    def _begin(self, name: str) -> None:
        if name == "li":
            self.out.text("- ")
        elif name in ("td", "th"):
            self.out.text(" ")
        elif name == "blockquote":
            self.out.quotes += 1
        elif name == "pre":
            self.out.preformatted += 1

    def _close(self, name: str) -> None:
        if name not in _SELF_CLOSING:
            self.depth = max(0, self.depth - 1)
        if name != "br":
            self._block(name)
        if name == "blockquote":
            self.out.quotes = max(0, self.out.quotes - 1)
        elif name == "pre":
            self.out.preformatted = max(0, self.out.preformatted - 1)
        holder, inner = self.container
        if name == holder:
            self.container = (holder, inner - 1) if inner else ("", 0)

    def _block(self, name: str) -> None:
        if name in _PARAGRAPH:
            self.out.paragraph()
        elif name in _LINE:
            self.out.line(force=name == "br")

    def _history(self, name: str, found: dict[str, str]) -> None:
        holder, inner = self.container
        if holder:
            if name == holder:
                self.container = (holder, inner + 1)
            return
        classes, id = set(found.get("class", "").split()), found.get("id", "").removeprefix("x_")
        # The line before Thunderbird's quotation is a sibling of it: from there on all is history, as with Outlook's ids.
        to_the_end = "moz-cite-prefix" in classes or id in _HISTORY_IDS
        if to_the_end or classes & _HISTORY_CLASSES or id in _SIGNATURE_IDS:
            self.container = ("(end)" if to_the_end else name, 0)
            self.history_at = self.out.length if self.history_at is None else self.history_at


def plain(source: str) -> Plain:
    """The text of an HTML source, at most as long as it. Never raises, whatever the source."""
    return _Reader(source).read()
