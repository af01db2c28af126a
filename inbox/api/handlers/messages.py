"""Messages: sent again, stopped, and shown as HTML or as they came."""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import quote

from aiohttp import web

from inbox.api import show
from inbox.api.access import get_message
from inbox.api.amend_structs import EditMessage, React
from inbox.api.clean import Job
from inbox.api.handlers.files import attachment, picture
from inbox.api.parts import ApiParts, Signed
from inbox.core import commands as c
from inbox.core.errors import Invalid, Malformed, NotFound, Rejected, TooLarge, Unsupported
from inbox.core.ids import MessageId
from inbox.core.message import AmendKind, Message
from inbox.core.permissions import Action
from inbox.flow.rows import MessageRow

INLINE_FILES = 50
INLINE_BYTES = 8 * 1024 * 1024
RAW_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"

_PAGE = """<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>
html{color-scheme:light;background:#fff}body{margin:0;font:14px/1.43 system-ui,sans-serif;color:#1a2230;overflow-wrap:anywhere}
img{max-width:100%;height:auto}table{max-width:100%}blockquote{margin:8px 0;padding-left:12px;border-left:3px solid #dfe3e9}
pre{white-space:pre-wrap}</style></head><body>"""
_END = "</body></html>"


async def retry_message(asked: Signed[None]) -> MessageRow:
    """Send it again to those who did not get it."""
    return await _redelivered(asked, c.Retry)


async def cancel_message(asked: Signed[None]) -> MessageRow:
    """Call it back while it waits."""
    return await _redelivered(asked, c.CancelSend)


async def send_message_now(asked: Signed[None]) -> MessageRow:
    """Let it wait no longer."""
    return await _redelivered(asked, c.SendNow)


async def edit_message(asked: Signed[EditMessage]) -> MessageRow:
    """It is changed once the provider has done so."""
    return await _amended(asked, AmendKind.EDIT, asked.body.text)


async def withdraw_message(asked: Signed[None]) -> MessageRow:
    """It is gone once the provider has taken it away."""
    return await _amended(asked, AmendKind.DELETE)


async def react_to_message(asked: Signed[React]) -> MessageRow:
    """It is shown once the provider has it."""
    return await _amended(asked, AmendKind.REACT, asked.body.emoji)


async def _amended(asked: Signed[Any], kind: AmendKind, text: str = "") -> MessageRow:
    found, conversation = await get_message(asked.parts, asked.actor, asked.path["id"], Action.REPLY)
    outcome = await asked.parts.conversations.execute(asked.actor, c.Amend(conversation.id, MessageId(found.id), kind, text))
    if outcome.message is None:
        raise NotFound
    return await show.message(asked.parts, outcome.message)


async def _redelivered(asked: Signed[None], kind: type[c.Retry] | type[c.CancelSend] | type[c.SendNow]) -> MessageRow:
    found, conversation = await get_message(asked.parts, asked.actor, asked.path["id"], Action.REPLY)
    outcome = await asked.parts.conversations.execute(asked.actor, kind(conversation.id, MessageId(found.id)))
    if outcome.message is None:
        raise NotFound
    return await show.message(asked.parts, outcome.message)


async def message_html(asked: Signed[None]) -> web.Response:
    """A document of its own for a sandboxed frame, under a policy that lets nothing run and loads nothing unasked."""
    images = asked.query.get("images", "0")
    if images not in ("0", "1"):
        raise Invalid("images", "is 0 or 1")
    found, _ = await get_message(asked.parts, asked.actor, asked.path["id"])
    if not found.html:
        raise NotFound
    try:
        body = await asked.parts.cleaner.clean(Job(found.html, images == "1", await _inline(asked.parts, found)))
    except (Malformed, TooLarge):
        body = f"<pre>{html.escape(found.text)}</pre>"
    return web.Response(
        text=f"{_PAGE}{body}{_END}",
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": frame_policy(images=images == "1")},
    )


def frame_policy(*, images: bool) -> str:
    """The policy of a message's frame. Links open outside it; pictures of the mail itself come as ``data:``."""
    remote = " https: http:" if images else ""
    return (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
        f"img-src data:{remote}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


async def _inline(parts: ApiParts, found: Message) -> dict[str, str]:
    """The mail's own pictures by content id. A sandboxed frame sends no cookie, so they travel inside the document."""
    left = INLINE_BYTES
    inline: dict[str, str] = {}
    for file in found.attachments[:INLINE_FILES]:
        if file.content_id and file.size <= left:
            data = await picture(parts, file.file)
            if data:
                inline[file.content_id.strip("<>")] = data
                left -= file.size
    return inline


async def message_raw(asked: Signed[None]) -> web.Response:
    """The bytes of the delivery, or of the mail that went out; always as a file to be saved."""
    found, _ = await get_message(asked.parts, asked.actor, asked.path["id"], Action.SEE_RAW)
    row = await asked.parts.ledger.get(found.raw) if found.raw is not None else None
    body = row.raw.body if row is not None else await _written(asked.parts, found)
    headers = {"Content-Disposition": attachment(f"message-{quote(found.id)}.txt"), "Content-Security-Policy": RAW_POLICY}
    return web.Response(body=body, content_type="text/plain", charset="utf-8", headers=headers)


async def _written(parts: ApiParts, found: Message) -> bytes:
    """What went out is not kept; it is made once more of what it was made of. Raises ``NotFound`` where that is no document."""
    connector = parts.channels.find(found.channel) if found.channel is not None else None
    if connector is None or found.delivery is None or not found.delivery.attempts:
        raise NotFound
    try:
        with parts.channels.hold(connector):
            return await connector.written(await parts.composer.compose(found, connector))
    except (Rejected, Unsupported):
        raise NotFound from None
