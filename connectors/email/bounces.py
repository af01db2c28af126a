"""Reports about mails we sent: bounces (RFC 3464 and what older MTAs write), read receipts (RFC 8098), complaints (RFC 5965)."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from connectors.email import limits
from connectors.email.addresses import normal, parse_addresses
from connectors.email.charsets import decode
from connectors.email.headers import Fields, message_ids, one_line, parameters, read_fields
from connectors.email.structure import Part
from inbox.connector import Receipt
from inbox.core.message import DeliveryState

OURS: Final = "inbox."
"""How the local part of a Message-ID of ours begins; a signed message token follows."""

TOKEN_FIELD: Final = "x-inbox-message"
"""Our own field with the same token, for relays that put Message-IDs of their own."""

_OUR_ID: Final = re.compile(r"\binbox\.([A-Za-z0-9_~.-]{8,120})@([A-Za-z0-9.-]{1,253})")
_STATUS: Final = re.compile(r"\b([45]\.\d{1,3}\.\d{1,3})\b")
_REPLY_CODE: Final = re.compile(r"\b([45]\d\d)[ -]")
_IN_ANGLES: Final = re.compile(r"<([^<>\s@]{1,64}@[^<>\s@]{1,255})>")
_SENDERS: Final = ("mailer-daemon@", "postmaster@", "mail-daemon@", "bounce", "microsoftexchange")
_SUBJECTS: Final = (
    "undelivered mail", "delivery status notification", "undeliverable", "failure notice", "mail delivery failed",
    "mail delivery failure", "returned mail", "delivery failure", "mail system error", "unzustellbar", "nicht zustellbar",
    "non remis", "non distribu", "échec de la remise", "no se puede entregar", "no se ha podido entregar", "não entregue",
    "impossibile recapitare", "onbestelbaar", "kan inte levereras", "не удается доставить", "недоставленное", "配信不能", "无法投递",
    "undelivered:", "message not delivered", "delivery has failed",
)  # fmt: skip
_SCANNED: Final = 64 * 1024


class Report(Struct, frozen=True):
    """What a report says: receipts for mails of ours, else why it is no human's mail; ``token`` of the mail it is about."""

    receipts: tuple[Receipt, ...] = ()
    automatic: str = ""
    token: str = ""


class _Original(Struct, frozen=True):
    """Which mail of ours a report is about."""

    token: str = ""
    message_id: str = ""


def token_of(message_id: str) -> str:
    """The signed token in a Message-ID of ours, '' in any other."""
    match = _OUR_ID.fullmatch(message_id)
    return match[1] if match else ""


def leaves(part: Part) -> list[Part]:
    """Every part below ``part`` that has no parts itself, in order."""
    found, todo = [], [part]
    while todo:
        one = todo.pop()
        todo += reversed(one.children)
        found += [] if one.children else [one]
    return found


def read_report(raw: bytes, root: Part, sender: str, subject: str, null_sender: bool) -> Report | None:
    """What the mail reports, None when it is no report."""
    kind = root.params.get("report-type", "").lower() if root.type == "multipart/report" else ""
    parts = leaves(root)
    types = {part.type for part in parts}
    if kind == "feedback-report" or "message/feedback-report" in types:
        return Report(automatic="complaint", token=_original(raw, parts, root.fields).token)
    if kind == "disposition-notification" or "message/disposition-notification" in types:
        return _read_receipt(raw, parts)
    if kind == "delivery-status" or types & {"message/delivery-status", "message/global-delivery-status"}:
        return _delivery_status(raw, parts, root.fields)
    failed = root.fields.first("x-failed-recipients")
    if failed is not None or _looks_bounced(sender, subject, null_sender):
        return _plain_bounce(raw, parts, root.fields, failed or b"")
    return None


def _looks_bounced(sender: str, subject: str, null_sender: bool) -> bool:
    told = subject.lower().startswith(_SUBJECTS)
    return told and (null_sender or sender.startswith(_SENDERS))


def _groups(content: bytes) -> list[Fields]:
    """The blocks of fields of a delivery-status body, the first being about the message, the others one recipient each."""
    found, at = [], 0
    for _ in range(limits.ADDRESSES * 2):
        if at >= len(content):
            break
        fields = read_fields(content, at, len(content))
        found += [fields] if fields.items else []
        at = fields.end if fields.end > at else (content.find(b"\n", at) + 1 or len(content))
    return found


def _original(raw: bytes, parts: list[Part], fields: Fields) -> _Original:
    """The mail that came back: from its returned header, else from what the report answers, else from its text."""
    for part in parts:
        if part.type in ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"):
            content = part.content(raw)
            returned = read_fields(content, 0, len(content))
            ids = message_ids(returned.first("message-id") or b"")
            token = token_of(ids[0]) if ids else ""
            if token or returned.first(TOKEN_FIELD):
                return _Original(token or returned.text(TOKEN_FIELD)[:120], ids[0] if ids else "")
    ids = [i for name in ("in-reply-to", "references") for i in message_ids(fields.first(name) or b"")]
    text = " ".join(ids) or " ".join(decode(part.content(raw)[:_SCANNED]) for part in parts[:5] if part.type.startswith("text/"))
    match = _OUR_ID.search(text)
    return _Original(match[1], match[0]) if match else _Original()


def _typed(fields: Fields, name: str) -> str:
    """A field like ``rfc822; user@host`` without its type."""
    value = fields.text(name)
    return value.partition(";")[2].strip() or value


def _recipient(fields: Fields) -> str:
    """The address as we wrote it, if the report still knows it."""
    found = (normal(_typed(fields, name).strip("<> ")) for name in ("original-recipient", "final-recipient"))
    return next((address for address in found if address), "")


_ACTIONS: Final = {"failed": DeliveryState.FAILED, "delivered": DeliveryState.DELIVERED}


def _delivery_status(raw: bytes, parts: list[Part], fields: Fields) -> Report:
    original = _original(raw, parts, fields)
    blocks = [g for part in parts if part.type.endswith("delivery-status") for g in _groups(part.content(raw))]
    told = [(parameters(block.first("action") or b"")[0], block) for block in blocks]
    final = [(_ACTIONS[action], block) for action, block in told if action in _ACTIONS]
    if not original.token:
        return Report(automatic="bounce")
    if not final:  # "delayed", "relayed": nothing is decided yet
        return Report(automatic="auto-reply", token=original.token)
    return Report(tuple(_receipt(state, original, _recipient(block), block) for state, block in final), token=original.token)


def _receipt(state: DeliveryState, original: _Original, recipient: str, block: Fields) -> Receipt:
    error = ""
    if state is DeliveryState.FAILED:
        status, diagnostic = block.text("status").split(" ")[0], _typed(block, "diagnostic-code")
        error = (diagnostic if status in diagnostic else f"{status} {diagnostic}".strip())[:500] or "failed"
    return Receipt(state, provider_id=original.message_id, token=original.token, recipient=recipient, error=error)


def _read_receipt(raw: bytes, parts: list[Part]) -> Report:
    for part in parts:
        if part.type == "message/disposition-notification":
            content = part.content(raw)
            fields = read_fields(content, 0, len(content))
            ids = message_ids(fields.first("original-message-id") or b"")
            token = token_of(ids[0]) if ids else ""
            if token and "displayed" in fields.text("disposition").lower():
                return Report((Receipt(DeliveryState.READ, ids[0], token, _recipient(fields)),), token=token)
    return Report(automatic="auto-reply")


def _plain_bounce(raw: bytes, parts: list[Part], fields: Fields, failed: bytes) -> Report:
    """A bounce written for people: the returned mail is quoted in its text, the reason stands somewhere before it."""
    original = _original(raw, parts, fields)
    text = decode(parts[0].content(raw)[:_SCANNED]) if parts else ""
    match = _OUR_ID.search(text)
    told = text[: match.start()] if match else text
    if not original.token:
        return Report(automatic="bounce")
    named = [a.value for a in parse_addresses([failed])] or [normal(a) for a in _IN_ANGLES.findall(told)[:1]]
    return Report(
        tuple(Receipt(DeliveryState.FAILED, original.message_id, original.token, name, _reason(told)) for name in named or [""]),
        token=original.token,
    )


def _reason(told: str) -> str:
    """The line of a bounce's text that holds a status or reply code, else its first line."""
    lines = [line for line in (one_line(line) for line in told.splitlines()[:200]) if line]
    coded = next((line for line in lines if _STATUS.search(line) or _REPLY_CODE.search(line)), "")
    return (coded or (lines[0] if lines else "failed"))[:500]
