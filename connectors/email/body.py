"""The readable body of a mail out of its parts: text, HTML and files, nothing lost on the way."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from connectors.email import limits
from connectors.email.charsets import decode, tidy
from connectors.email.files import file_name
from connectors.email.headers import parameters, read_fields
from connectors.email.htmltext import Plain, plain
from connectors.email.structure import Part
from inbox.connector import InboundFile

_CID: Final = re.compile(r"cid:([^\"'\s>)]{1,300})", re.IGNORECASE)
_PERCENT: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_META_CHARSET: Final = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,40})", re.IGNORECASE)
_CALENDAR: Final = frozenset(("text/calendar", "application/ics"))
_NO_ALTERNATIVE: Final = frozenset(("text/x-amp-html", "text/watch-html"))


@dataclass
class Segment:
    """A stretch of the body as text, as HTML or as both alternatives."""

    text: str = ""
    html: str = ""

    @cached_property
    def plain(self) -> Plain:
        """The HTML read as text."""
        return plain(self.html[: limits.HTML])


@dataclass
class Body:
    """What a mail says. ``history_at`` and ``too_many`` are filled by ``read_body`` only."""

    segments: list[Segment] = field(default_factory=list)
    files: list[InboundFile] = field(default_factory=list)
    text: str = ""
    html: str = ""
    history_at: int | None = None
    too_many: bool = False


def _disposition(part: Part) -> tuple[str, dict[str, str]]:
    return parameters(part.fields.first("content-disposition") or b"")


def _unflowed(text: str, delsp: bool) -> str:
    """``format=flowed`` text with its soft line ends taken out (RFC 3676 section 4)."""
    done: list[list[str]] = []
    depth, open_ = -1, False
    for line in text.split("\n"):
        words = line.lstrip(">")
        quotes = len(line) - len(words)
        words = words.removeprefix(" ")
        signature = words == "-- "
        soft = words.endswith(" ") and not signature
        kept = words[:-1] if soft and delsp else words
        if open_ and quotes == depth and not signature:
            done[-1].append(kept)
        else:
            done.append([">" * quotes + " " if quotes else "", kept])
        depth, open_ = quotes, soft
    lines = ("".join(pieces) for pieces in done)
    return "\n".join(line if line.endswith("-- ") else line.rstrip() for line in lines)


def _text(raw: bytes, part: Part) -> str:
    text = tidy(decode(part.content(raw), part.params.get("charset", "")))
    if part.params.get("format", "").lower() == "flowed":
        return _unflowed(text, part.params.get("delsp", "").lower() == "yes")
    return text


def _html(raw: bytes, part: Part) -> str:
    content = part.content(raw)
    label = part.params.get("charset", "")
    if not label and (match := _META_CHARSET.search(content[:1024])):
        label = match[1].decode("ascii")
    return tidy(decode(content, label))


def _file(raw: bytes, part: Part) -> InboundFile:
    content = part.content(raw)
    name = _disposition(part)[1].get("filename") or part.params.get("name", "")
    if part.type == "message/rfc822" and not name:
        subject = read_fields(content, 0, len(content)).text("subject")
        name = f"{subject.replace('/', ' ')[: limits.FILE_NAME - 4]}.eml" if subject else ""
    content_id = part.fields.text("content-id").strip("<> ")[:300]
    return InboundFile(file_name(name, part.type), part.type, content, content_id=content_id)


def _is_body(part: Part) -> bool:
    kind, params = _disposition(part)
    return part.type in ("text/plain", "text/html") and kind != "attachment" and not params.get("filename") and not part.params.get("name")


def _collect(raw: bytes, part: Part, body: Body) -> None:
    if part.children and part.type == "multipart/alternative":
        _choose(raw, part, body)
    elif part.children:
        for child in part.children:
            _collect(raw, child, body)
    elif part.type.startswith("multipart/"):  # its boundary never comes: whatever it is, it reads as text
        body.segments.append(Segment(text=_text(raw, part)))
    elif _is_body(part):
        body.segments.append(Segment(html=_html(raw, part)) if part.type == "text/html" else Segment(text=_text(raw, part)))
    elif len(body.files) < limits.FILES:
        body.files.append(_file(raw, part))
    else:
        body.too_many = True


def _choose(raw: bytes, part: Part, body: Body) -> None:
    """One stretch out of several renderings: the first that has text for text, the last that has HTML for HTML."""
    text = rich = ""
    for child in part.children:
        if child.type in _NO_ALTERNATIVE:
            continue
        sub = Body(files=body.files)
        _collect(raw, child, sub)
        body.too_many = body.too_many or sub.too_many
        if any(s.html for s in sub.segments):
            rich = _as_html(sub.segments)
        elif not text.strip():
            text = "\n".join(s.text for s in sub.segments)
    body.segments.append(Segment(text, rich))


def _as_html(segments: list[Segment]) -> str:
    if not any(s.html for s in segments):
        return ""
    return "\n".join(s.html or f"<pre>{html.escape(s.text)}</pre>" for s in segments if s.html or s.text.strip())


def _referenced(source: str) -> set[str]:
    """The Content-IDs that the HTML shows."""
    return {_PERCENT.sub(lambda m: chr(int(m[1], 16)), html.unescape(found)) for found in _CID.findall(source)}


def read_body(raw: bytes, root: Part) -> Body:
    """The body of the mail ``raw`` with the parts ``root``. Never raises.

    Text comes from the text parts, else from the HTML. HTML too long or too deep to be made safe, and text too long to be
    shown, go along as files. A picture is inline if the HTML shows it.
    """
    body = Body()
    _collect(raw, root, body)
    body.html = _as_html(body.segments)
    body.text = _as_text(body)
    if len(body.html.encode("utf-8", "replace")) > limits.HTML or any(s.plain.depth > limits.HTML_DEPTH for s in body.segments):
        body.files.append(InboundFile("message.html", "text/html", body.html.encode("utf-8", "replace")))
        body.html = ""
    if len(body.text) > limits.TEXT:
        body.files.append(InboundFile("message.txt", "text/plain", body.text.encode("utf-8", "replace")))
        body.text = body.text[: limits.TEXT]
    shown = _referenced(body.html)
    body.files = [_inline(file) if file.content_id in shown else file for file in _without_twins(body.files)]
    return body


def _without_twins(files: list[InboundFile]) -> list[InboundFile]:
    """An invitation comes as an alternative of the text and once more as a file; the file stays."""
    last = {file.content: i for i, file in enumerate(files) if file.type in _CALENDAR}
    return [file for i, file in enumerate(files) if file.type not in _CALENDAR or last[file.content] == i]


def _inline(file: InboundFile) -> InboundFile:
    return InboundFile(file.name, file.type, file.content, content_id=file.content_id, inline=True)


def _as_text(body: Body) -> str:
    pieces = []
    for segment in body.segments:
        if segment.text.strip() or not segment.html:
            pieces.append(segment.text.strip("\n"))
        else:
            body.history_at = segment.plain.history_at if len(body.segments) == 1 else None
            pieces.append(segment.plain.text)
    return "\n\n".join(piece for piece in pieces if piece.strip()).rstrip()
