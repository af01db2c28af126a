"""What an agent writes in markdown as the text and the HTML of a mail."""

from __future__ import annotations

import datetime
import html
from collections.abc import Sequence
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from inbox.connector import OutboundMessage, Quoted

_PAGE: Final = (
    '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>\n'
    '<body style="font-family:sans-serif;font-size:14px;line-height:1.5">\n{}</body></html>\n'
)
_QUOTE_STYLE: Final = "margin:0 0 0 .8ex;border-left:2px solid #ccc;padding-left:1ex;color:#555"


def _picture(tokens: Sequence[Token], i: int, options: Any, env: Any) -> str:
    """Pictures that travel with the mail are shown, others are named: nothing is loaded from elsewhere."""
    source, alt = str(tokens[i].attrs.get("src", "")), html.escape(tokens[i].content)
    return f'<img src="{html.escape(source)}" alt="{alt}" style="max-width:100%">' if source.startswith("cid:") else alt


def _renderer() -> MarkdownIt:
    # Raw HTML stays text; links to scripts are refused by the library's own validation.
    made = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": True}).enable(["table", "strikethrough", "linkify"])
    made.add_render_rule("image", lambda self, tokens, i, options, env: _picture(tokens, i, options, env))
    return made


_MARKDOWN: Final = _renderer()


def _introduction(quoted: Quoted) -> str:
    at = datetime.datetime.fromtimestamp(quoted.at / 1000, datetime.UTC)
    return f"On {at:%a, %d %b %Y at %H:%M} UTC, {quoted.sender} wrote:"


def as_text(message: OutboundMessage) -> str:
    """Answer, signature and quotation as plain text; markdown is left as it was written."""
    pieces = [message.text.strip()]
    if message.signature.strip():
        pieces.append(f"-- \n{message.signature.strip()}")
    if message.quoted:
        lines = (f"> {line}".rstrip() for line in message.quoted.text.strip().splitlines())
        pieces.append("\n".join([_introduction(message.quoted), *lines]))
    return "\n\n".join(pieces) + "\n"


def as_html(message: OutboundMessage) -> str:
    """The same as an HTML page."""
    pieces = [_MARKDOWN.render(message.text.strip())]
    if message.signature.strip():
        pieces.append(f'<div class="signature">--<br>{_MARKDOWN.render(message.signature.strip())}</div>\n')
    if message.quoted:
        words = html.escape(message.quoted.text.strip()).replace("\n", "<br>\n")
        pieces.append(f'<div>{html.escape(_introduction(message.quoted))}</div>\n<blockquote type="cite" style="{_QUOTE_STYLE}">')
        pieces.append(f"{words}</blockquote>\n")
    return _PAGE.format("".join(pieces))
