"""A page of the service itself beside the screen: one card with words, dressed as the login pages are."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from typing import Final

from aiohttp import web

STYLE: Final = """
:root { color-scheme: light dark; --bg: light-dark(#f5f6f8, #0e1218); --surface: light-dark(#fff, #151a22);
  --line: light-dark(#dfe3e9, #2b3440); --text: light-dark(#1a2230, #e7ebf1); --text-2: light-dark(#475467, #b3bdca);
  --accent: light-dark(#2257bf, #8ab0ff); --on-accent: light-dark(#fff, #0e1218); }
* { box-sizing: border-box; margin: 0; }
body { display: grid; place-content: center; gap: 20px; min-block-size: 100vh; padding: 16px; background: var(--bg); color: var(--text);
  font: 400 14px/20px Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
.brand { text-align: center; font-size: 16px; font-weight: 600; }
main { display: grid; gap: 16px; inline-size: min(420px, calc(100vw - 32px)); padding: 24px; border: 1px solid var(--line);
  border-radius: 12px; background: var(--surface); overflow-wrap: anywhere; }
h1 { font-size: 20px; line-height: 28px; font-weight: 600; }
.more { font-size: 12px; line-height: 16px; color: var(--text-2); }
code { font: 12px/16px ui-monospace, "Cascadia Code", "Liberation Mono", monospace; }
a { display: inline-flex; align-items: center; justify-self: start; min-block-size: 32px; padding: 4px 12px; border-radius: 6px;
  background: var(--accent); color: var(--on-accent); font-weight: 500; text-decoration: none; }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (pointer: coarse) { a { min-block-size: 44px; } }
"""
_HASH: Final = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY: Final = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def shown(heading: str, lines: Iterable[str], more: str, code: str, way: tuple[str, str]) -> web.Response:
    """The card: a heading, sentences, ``more`` in small print with a ``code`` to copy, if any, and the way on as
    (address, words)."""
    href, words = way
    small = f'<p class="more">{escape(more)} <code>{escape(code)}</code></p>' if more else ""
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(heading)} · Inbox</title><style>{STYLE}</style></head><body>"
        f'<header class="brand">Inbox</header><main><h1>{escape(heading)}</h1>'
        f"{''.join(f'<p>{escape(line)}</p>' for line in lines)}"
        f"{small}"
        f'<a href="{escape(href)}">{escape(words)}</a></main></body></html>'
    )
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY}
    return web.Response(text=page, content_type="text/html", headers=headers)
