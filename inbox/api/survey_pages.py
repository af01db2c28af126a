"""The page behind a survey's address. Looking at it changes nothing, because mail scanners follow links; only a button does.

It is whole without JavaScript, and in the words of the survey.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from html import escape

from aiohttp import web

from inbox.api.parts import ApiParts
from inbox.core import rating
from inbox.core.errors import Conflict, Invalid, NotFound, Unavailable
from inbox.core.rating import Asked, SurveyKind
from inbox.flow.surveying import PATH

MAX_BODY = 64 * 1024
STYLE = """
:root{color-scheme:light dark;--text:light-dark(#1b1d22,#eceef2);--dim:light-dark(#565b66,#a9afbb);--line:light-dark(#c9cdd6,#444a56);
--fill:light-dark(#fff,#1f2229);--back:light-dark(#f4f5f8,#14161b);--accent:light-dark(#2f5bd8,#8fb0ff);--on:light-dark(#fff,#10131a)}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:start center;padding:8vh 16px 32px;background:var(--back);
color:var(--text);font:16px/1.5 system-ui,sans-serif}main{inline-size:100%;max-inline-size:560px;padding:28px;background:var(--fill);
border:1px solid var(--line);border-radius:12px}h1{margin:0 0 20px;font-size:20px;line-height:1.4;white-space:pre-line}
.scores{display:flex;flex-wrap:wrap;gap:8px;padding:0;margin:0;border:0}button{font:inherit;color:inherit;cursor:pointer;padding:10px 14px;
min-block-size:44px;min-inline-size:44px;background:transparent;border:1px solid var(--line);border-radius:8px}
button:hover{border-color:var(--accent)}button:focus-visible,textarea:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
button[aria-pressed=true],.send{background:var(--accent);border-color:var(--accent);color:var(--on)}
.ends{display:flex;justify-content:space-between;gap:12px;color:var(--dim);font-size:14px;margin:6px 0 0}
label,p{display:block;margin:20px 0 8px;white-space:pre-line}textarea{display:block;inline-size:100%;min-block-size:96px;padding:10px;
font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:8px;margin-block-end:12px}
.nps{display:grid;grid-template-columns:repeat(6,1fr);gap:6px}
.nps button{padding:10px 0}
blockquote{margin:0;padding-inline-start:12px;border-inline-start:3px solid var(--accent);white-space:pre-line;overflow-wrap:anywhere}
"""
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
GONE = "This address is not valid", "The link is not complete, or what it was about is gone."
AWAY = "This did not work just now", "Nothing was stored. Go back and try again in a minute."
WHOLE = "Answer not stored", "Go back, choose a score and try again."


Page = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(parts: ApiParts) -> list[web.RouteDef]:
    """``/s/{token}``: look and answer."""

    async def look(request: web.Request) -> web.Response:
        question = await parts.surveys.question(request.match_info["token"])
        return _page(question.survey, parts.clock.now(), thank=False)

    async def answer(request: web.Request) -> web.Response:
        question = await parts.surveys.question(request.match_info["token"])
        score, comment = await _said(request)
        try:
            asked = await parts.surveys.answer(question, score, comment)
        except Conflict:
            return _page(question.survey, parts.clock.now(), thank=False)
        return _page(asked, parts.clock.now(), thank=True, came=bool(comment and comment.strip()))

    address = PATH + "{token:[A-Za-z0-9]{1,100}}"
    return [web.get(address, _explained(look), name="survey"), web.post(address, _explained(answer), name="survey_answer")]


def _explained(page: Page) -> Page:
    async def explained(request: web.Request) -> web.StreamResponse:
        try:
            return await page(request)
        except NotFound:
            return _told(*GONE, status=404)
        except Invalid:
            return _told(*WHOLE, status=422)
        except Unavailable:
            return _told(*AWAY, status=503)

    return explained


async def _said(request: web.Request) -> tuple[int | None, str | None]:
    """Raises ``Invalid`` for what the page's own form does not send."""
    if request.content_type != "application/x-www-form-urlencoded" or (request.content_length or 0) > MAX_BODY:
        raise Invalid("body", "not the page's form")
    form = await request.post()
    score, comment = form.get("score"), form.get("comment")
    if score is not None and (not isinstance(score, str) or not score.isascii() or not score.isdigit() or len(score) > 2):
        raise Invalid("score", "there is no such score")
    if score is None and comment is None:
        raise Invalid("score", "choose one")
    return (None if score is None else int(score)), (comment if isinstance(comment, str) else None)


def _page(asked: Asked | None, now: int, *, thank: bool, came: bool = False) -> web.Response:
    """``came``: the comment has just been stored; it stands there as what was said, until the address is opened again to change it."""
    if asked is None:
        return _told(*GONE, status=404)
    words = asked.words
    if not rating.is_open(asked, now):
        return _html(words.language, words.question, f"<p>{escape(words.thanks if thank else words.closed)}</p>")
    scores = f'<div class="scores {asked.kind.value}" role="group" aria-labelledby="q">{_buttons(asked)}</div>'
    body = f'<form method="post">{scores}{_ends(asked)}</form>'
    if came:
        body += f'<p role="status">✓ {escape(words.thanks)}</p><blockquote dir="auto">{escape(asked.comment)}</blockquote>'
    elif asked.score is not None:
        body += (
            f'<p role="status">{escape(words.thanks)}</p><form method="post"><label for="c">{escape(words.comment_question)}</label>'
            f'<textarea id="c" name="comment" maxlength="{rating.LONGEST_COMMENT}">{escape(asked.comment)}</textarea>'
            f'<button class="send">{escape(words.send)}</button></form>'
        )
    return _html(words.language, words.question, body)


def _buttons(asked: Asked) -> str:
    scores = zip(rating.SCORES[asked.kind], rating.choices(asked), strict=True)
    return "".join(
        f'<button name="score" value="{score}" aria-pressed="{str(asked.score == score).lower()}">{escape(label)}</button>'
        for score, label in scores
    )


def _ends(asked: Asked) -> str:
    """What 0 and 10 stand for."""
    if asked.kind is SurveyKind.CSAT:
        return ""
    return '<div class="ends">' + "".join(f"<span>{escape(label)}</span>" for label in asked.words.labels) + "</div>"


def _told(heading: str, text: str, status: int) -> web.Response:
    return _html("en", heading, f"<p>{escape(text)}</p>", status)


def _html(language: str, heading: str, body: str, status: int = 200) -> web.Response:
    page = (
        f'<!doctype html><html lang="{escape(language or "en")}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(heading)}</title><style>{STYLE}</style></head>'
        f'<body><main><h1 id="q">{escape(heading)}</h1>{body}</main></body></html>'
    )
    return web.Response(text=page, content_type="text/html", status=status, headers=HEADERS)
