"""Vonage's deliveries as items: messages, and news about messages of ours, of the Messages API and of the SMS API.

https://developer.vonage.com/en/api/messages, https://developer.vonage.com/en/messaging/sms/guides/inbound-sms
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from msgspec.structs import replace

from connectors.sms_vonage.fields import fields_of
from connectors.sms_vonage.refusals import of_messages, of_receipt
from inbox.connector import InboundFile, InboundMessage, Item, Part, RawDelivery, Receipt
from inbox.core.errors import Malformed, Unsupported
from inbox.core.ids import Instant
from inbox.core.message import Address, Card, DeliveryState
from inbox.core.phone import e164

KIND: Final = "phone"
CONSENT: Final = "sms_consent"
"""The customer's attribute that says whether he takes SMS: ``opted out`` or ``opted in``."""

_NEWS: Final = {
    "submitted": DeliveryState.SENT,
    "accepted": DeliveryState.SENT,
    "buffered": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "rejected": DeliveryState.FAILED,
    "undeliverable": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "expired": DeliveryState.FAILED,
}
_STOP: Final = frozenset({"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"})
_START: Final = frozenset({"start", "unstop"})
_SAYS: Final[Mapping[str, Literal["", "out", "in"]]] = {"opted out": "out", "opted in": "in"}
_STOPPED: Final = "The customer wants no more SMS. Nothing is sent to him until he sends START."
_MEDIA: Final = ("image", "audio", "video", "file", "vcard")
_TYPES: Final = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".vcf": "text/vcard"}
_MOST_PARTS: Final = 255


def parse(raw: RawDelivery) -> Sequence[Item]:
    """The items of a delivery. Raises ``Malformed`` or ``Unsupported``."""
    fields = fields_of(raw)
    if _text(fields, "message_uuid"):
        return _of_messages(fields)
    if _text(fields, "messageId"):
        return _of_sms(fields)
    raise Malformed("neither message_uuid nor messageId")


def _of_messages(fields: Mapping[str, Any]) -> Sequence[Item]:
    at = _instant(_text(fields, "timestamp"))
    status = _text(fields, "status").lower()
    if status:
        error = fields.get("error")
        told = error if isinstance(error, dict) else {}
        code = _number(_text(told, "title")) or _number(_text(told, "type").rpartition("#")[2])
        why = of_messages(code, _text(told, "detail"))
        return _news(status, _text(fields, "client_ref"), _text(fields, "message_uuid"), _text(fields, "to"), why, at)
    if _text(fields, "channel") not in ("sms", "mms"):
        raise Unsupported(f"channel {_text(fields, 'channel')}"[:60])
    files = tuple(file for kind in _MEDIA if (file := _file(kind, fields.get(kind))) is not None)
    said = [_text(fields, "text"), *(_text(medium, "caption") for kind in _MEDIA if isinstance(medium := fields.get(kind), dict))]
    message = _message(_text(fields, "message_uuid"), _text(fields, "from"), "\n".join(filter(None, said)), files)
    return [replace(message, at=at, received_at=at)]


def _of_sms(fields: Mapping[str, Any]) -> Sequence[Item]:
    at = _instant(_text(fields, "message-timestamp"))
    status = _text(fields, "status").lower()
    if status:
        why = of_receipt(_number(_text(fields, "err-code")), status)
        return _news(status, _text(fields, "client-ref"), _text(fields, "messageId"), _text(fields, "msisdn"), why, at)
    message = _message(_text(fields, "messageId"), _text(fields, "msisdn"), _text(fields, "text"), ())
    part = _part(fields)
    if part is not None:
        message = replace(message, automatic="", consent="", attributes={}, cards=(), part=part)
    return [replace(message, at=at)]


def _news(status: str, ours: str, theirs: str, to: str, why: str, at: Instant | None) -> Sequence[Item]:
    """Our own reference comes first: it is there even where we never heard which id the message got."""
    state = _NEWS.get(status)
    if state is None:
        return []
    error = why if state is DeliveryState.FAILED else ""
    return [Receipt(state, provider_id=ours or theirs, recipient=_address(to), error=error, at=at)]


def _message(id: str, sender: str, text: str, files: tuple[InboundFile, ...]) -> InboundMessage:
    if not sender:
        raise Malformed("no sender")
    address = _address(sender)
    word = text.strip().lower()
    cards: tuple[Card, ...] = ()
    quiet = consent = ""
    if word in _STOP:
        cards, quiet, consent = (Card("choice", "Opted out", _STOPPED),), "opt-out", "opted out"
    elif word in _START:
        cards, quiet, consent = (Card("choice", "Opted in", "The customer takes SMS again."),), "opt-in", "opted in"
    elif not word and not files:
        cards = (Card("unsupported", text="The message was empty, or of a kind that this channel cannot show."),)
    return InboundMessage(
        key=id,
        sender=Address(KIND, address),
        external_id=id,
        text=text,
        files=files,
        authenticated=address.startswith("+"),
        automatic=quiet,
        consent=_SAYS.get(consent, ""),
        attributes={CONSENT: consent} if consent else {},
        cards=cards,
    )


def _part(fields: Mapping[str, Any]) -> Part | None:
    """Which part of a long message it is: they come apart, in any order, and perhaps not all. A word in one of them means nothing."""
    part, total = _number(_text(fields, "concat-part")), _number(_text(fields, "concat-total"))
    if not 1 <= part <= total <= _MOST_PARTS or total < 2:
        return None
    return Part(f"{_text(fields, 'to')}:{_text(fields, 'concat-ref')}", part, total)


def _file(kind: str, medium: Any) -> InboundFile | None:
    url = _text(medium, "url") if isinstance(medium, dict) else ""
    if not url:
        return None
    name = _text(medium, "name") or url.partition("?")[0].rpartition("/")[2]
    if "." not in name:
        name = "contact.vcf" if kind == "vcard" else kind
    ending = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    return InboundFile(name=name[:200], type=_TYPES.get(ending, "application/octet-stream"), ref=url)


def _text(fields: Mapping[str, Any], name: str) -> str:
    """A field as text; '' when it is none. A number counts as one: Vonage writes some of them either way."""
    value = fields.get(name)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 0


def _instant(written: str) -> Instant | None:
    """ISO 8601, or ``2026-11-21 10:00:00`` in UTC, in milliseconds."""
    try:
        at = datetime.datetime.fromisoformat(written)
        return int((at if at.tzinfo else at.replace(tzinfo=datetime.UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _address(number: str) -> str:
    """Vonage leaves the plus out. Short codes and names stay as they are."""
    digits = number.strip()
    return (e164(f"+{digits}") if digits.isdecimal() and len(digits) > 8 else e164(digits)) or digits
