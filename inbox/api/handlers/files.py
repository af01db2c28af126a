"""Files: taken in as streams of limited size, given out so that nothing of a stranger's ever runs under our name."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import unicodedata
from collections.abc import AsyncIterator
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from inbox.api import ranges, sniffing
from inbox.api import structs as s
from inbox.api.access import get_file as find_file
from inbox.api.auth import UPLOADS
from inbox.api.bodies import READ_SECONDS, TooSlow, WrongType
from inbox.api.parts import ApiParts, Signed
from inbox.core.errors import Invalid, KeyReused, NotFound, TooLarge
from inbox.core.ids import digest
from inbox.records import StoredFile

FILE_POLICY = "sandbox; default-src 'none'; img-src 'self'; frame-ancestors 'none'"
CHUNK = 64 * 1024
MAX_NAME = 150
OCTETS = "application/octet-stream"
BROKEN = (ValueError, AssertionError, HttpProcessingError)
"""What aiohttp raises for a form that is none."""


async def upload(asked: Signed[None]) -> s.FileRow:
    """Store the one file of a multipart body as the caller's own, until a message names it."""
    parts, http = asked.parts, asked.http
    if http.content_type != "multipart/form-data":
        raise WrongType("Send multipart/form-data.")
    await parts.auth.count(UPLOADS, asked.actor.id)
    if (http.content_length or 0) > parts.settings.max_upload + 64 * 1024:
        raise TooLarge(f"At most {parts.settings.max_upload} bytes.")
    form = await _form(http)
    part = await _file_part(form)
    name, kind = clean_name(_as_named(part.filename or "")), _media_type(part)
    content = _limited(form, part, parts.settings.max_upload)
    id = digest("upload", asked.actor.id, asked.key) if asked.key else secrets.token_hex(16)
    if asked.key and (known := await parts.files.find(id)) is not None:
        return await _same(parts, known, content, name)
    draft = StoredFile(id, name, kind, 0, f"agent:{asked.actor.id}", parts.clock.now())
    return _row(await parts.files.store(draft, content))


async def _form(http: web.Request) -> MultipartReader:
    try:
        return await http.multipart()
    except BROKEN:
        raise _broken() from None


async def _file_part(form: MultipartReader) -> BodyPartReader:
    try:
        part = await form.next()
    except BROKEN:
        raise _broken() from None
    if not isinstance(part, BodyPartReader) or part.name != "file" or not part.filename:
        raise Invalid("file", "send one file in the field `file`")
    return part


async def _limited(form: MultipartReader, part: BodyPartReader, most: int) -> AsyncIterator[bytes]:
    """The part's bytes; an error, not an end, when the form breaks off or goes on with another part."""
    size = 0
    try:
        while chunk := await _chunk(part):
            size += len(chunk)
            if size > most:
                raise TooLarge(f"At most {most} bytes.")
            yield chunk
        if await form.next() is not None:
            raise Invalid("file", "send one file only")
    except BROKEN:
        raise _broken() from None


async def _chunk(part: BodyPartReader) -> bytes:
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await part.read_chunk(CHUNK)
    except TimeoutError:
        raise TooSlow from None


def _broken() -> Invalid:
    return Invalid("file", "the body is not valid multipart/form-data")


async def _same(parts: ApiParts, known: StoredFile, content: AsyncIterator[bytes], name: str) -> s.FileRow:
    """The first answer again, if it is the same file again."""
    now, before = hashlib.sha256(), hashlib.sha256()
    async for chunk in content:
        now.update(chunk)
    async for chunk in parts.files.open(known.id):
        before.update(chunk)
    if now.digest() != before.digest() or name != known.name:
        raise KeyReused
    return _row(known)


def _media_type(part: BodyPartReader) -> str:
    """What the browser says it is: shown, never believed."""
    kind = part.headers.get("Content-Type", OCTETS).partition(";")[0].strip().lower()
    main, slash, sub = kind.partition("/")
    plain = all(c.isascii() and (c.isalnum() or c in "!#$&^_.+-") for c in main + sub)
    return kind if slash and main and sub and plain and len(kind) <= 100 else OCTETS


def _as_named(sent: str) -> str:
    """A file's name without the escapes of forms: of three characters, and not of ``%`` (HTML standard, multipart/form-data)."""
    return sent.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def clean_name(name: str) -> str:
    """A name for display and for saving: no path, nothing invisible, no leading dot, at most 150 characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    kept = " ".join(kept.split()).lstrip(". ").rstrip(". ")
    if len(kept) > MAX_NAME:
        stem, dot, extension = kept.rpartition(".")
        short = f".{extension}" if dot and stem and len(extension) <= 10 else ""
        kept = kept[: MAX_NAME - len(short)] + short
    return kept or "file"


async def get_file(asked: Signed[None]) -> web.StreamResponse:
    """The bytes, or the range of them that is asked for. Only pictures and recordings that are what they say are shown and played in
    place; all else is saved.

    A browser may keep them, but has to ask, and so has the gate, before it shows them again.
    """
    found, files = await find_file(asked.parts, asked.actor, asked.path["id"]), asked.parts.files
    kept = {"ETag": f'"{found.id}"', "Cache-Control": "private, no-cache", "Accept-Ranges": "bytes"}
    if any(tag.value == found.id for tag in asked.http.if_none_match or ()):
        raise web.HTTPNotModified(headers=kept)
    part = ranges.wanted(asked.http, found.size, found.id)
    content = files.open(found.id)
    head = await anext(aiter(content), b"")
    kind = sniffing.picture(head) or sniffing.recording(head, found.type)
    response = web.StreamResponse(
        status=HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT,
        headers={
            "Content-Type": kind or OCTETS,
            "Content-Disposition": f"inline; {_filename(found.name)}" if kind else attachment(found.name),
            "Content-Security-Policy": FILE_POLICY,
            "Content-Length": str(found.size if part is None else part.end - part.start),
            **({} if part is None else {"Content-Range": part.header}),
            **kept,
        },
    )
    await response.prepare(asked.http)
    if part is None:
        await response.write(head)
    else:
        content = ranges.cut(files.open(found.id, part.start), part.end - part.start)
    async for chunk in content:
        await response.write(chunk)
    await response.write_eof()
    return response


async def picture(parts: ApiParts, id: str) -> str:
    """A stored picture as a ``data:`` address, '' when it is none."""
    try:
        content = b"".join([chunk async for chunk in parts.files.open(id)])
    except NotFound:
        return ""
    kind = sniffing.picture(content)
    return f"data:{kind};base64,{base64.b64encode(content).decode()}" if kind else ""


def attachment(name: str) -> str:
    """A Content-Disposition that saves (RFC 6266), with the name for old and new readers."""
    return f"attachment; {_filename(name)}"


def _filename(name: str) -> str:
    safe = clean_name(name)
    plain = "".join(c if c.isascii() and c not in '"\\%' else "_" for c in safe)
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def _row(stored: StoredFile) -> s.FileRow:
    return s.FileRow(stored.id, stored.name, stored.type, stored.size)
