"""Twilio's deliveries as items: messages, and news about messages of ours.

https://www.twilio.com/docs/messaging/guides/webhook-request, https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Final, Literal

import msgspec
from msgspec import Struct, field

from connectors.sms_twilio.refusals import sentence
from connectors.sms_twilio.signature import fields_of
from inbox.connector import InboundFile, InboundMessage, Item, RawDelivery, Receipt
from inbox.core.errors import Malformed, Unsupported
from inbox.core.ids import Instant
from inbox.core.message import Address, Card, DeliveryState
from inbox.core.phone import e164

KIND: Final = "phone"
CONSENT: Final = "sms_consent"
"""The customer's attribute that says whether he takes SMS: ``opted out`` or ``opted in``."""

_NEWS: Final = {
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}
_STOP: Final = frozenset({"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"})
_START: Final = frozenset({"start", "unstop"})
_SAYS: Final[Mapping[str, Literal["", "out", "in"]]] = {"opted out": "out", "opted in": "in"}
_STOPPED: Final = "The customer wants no more SMS. Nothing can be sent to him until he sends START."
_YES: Final = frozenset({"yes"})
_HELP: Final = frozenset({"help", "info"})
_QUIET: Final = {"stop": "opt-out", "start": "opt-in"}
"""Twilio has answered, and nobody has to."""

_MOST_FILES: Final = 10
_EXTENSIONS: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "video/quicktime": ".mov",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "text/calendar": ".ics",
    "text/plain": ".txt",
    "application/pdf": ".pdf",
}


class Medium(Struct, frozen=True):
    """One file of a listed message."""

    url: str
    content_type: str


class Resource(Struct, frozen=True, omit_defaults=True):
    """A message as Twilio's API shows it, as far as we look at it. ``media`` is ours: the files, which it lists apart."""

    sid: str
    sender: str | None = field(default=None, name="from")
    to: str | None = None
    body: str | None = None
    direction: str = ""
    status: str = ""
    date_created: str | None = None
    date_sent: str | None = None
    num_media: str | None = None
    error_code: int | None = None
    error_message: str | None = None
    messaging_service_sid: str | None = None
    media: tuple[Medium, ...] = ()

    @property
    def created_at(self) -> Instant | None:
        """When Twilio took it in."""
        return instant(self.date_created or self.date_sent or "")


_resources: msgspec.json.Decoder[Resource] = msgspec.json.Decoder(Resource, strict=False)


def parse(raw: RawDelivery) -> Sequence[Item]:
    """The items of a webhook's form, or of a message that was found by listing. Raises ``Malformed`` or ``Unsupported``."""
    match raw.body.lstrip()[:1]:
        case b"{":
            return [_listed(raw.body)]
        case b"[":
            raise Unsupported("a batch of another Twilio product")
    fields = dict(fields_of(raw.body or raw.context.get("query", "").encode()))
    sid = fields.get("MessageSid") or fields.get("SmsSid", "")
    if not sid:
        raise Malformed("no MessageSid")
    status = fields.get("MessageStatus", "received").lower()
    if status in ("received", "receiving"):
        return [_message(sid, fields)]
    return _news(sid, status, fields)


def instant(date: str) -> Instant | None:
    """A date of RFC 2822 in milliseconds UTC."""
    try:
        return int(parsedate_to_datetime(date).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _news(sid: str, status: str, fields: Mapping[str, str]) -> Sequence[Item]:
    """A message is queued and sending before it is sent, which says nothing new."""
    state = _NEWS.get(status)
    if state is None:
        return []
    error = ""
    if state is DeliveryState.FAILED:
        code = fields.get("ErrorCode", "")
        said = fields.get("ErrorMessage", "") or fields.get("ChannelStatusMessage", "")
        error = sentence(int(code) if code.isascii() and code.isdecimal() and len(code) < 8 else 0, said)
    return [Receipt(state, provider_id=sid, recipient=_number(fields.get("To", "")), error=error)]


def _message(sid: str, fields: Mapping[str, str]) -> InboundMessage:
    sender = fields.get("From", "").strip()
    if not sender:
        raise Malformed("no sender")
    cards = [*_choice(fields), *_location(fields)]
    replied = fields.get("OriginalRepliedMessageSid", "")
    return _inbound(
        sid,
        Address(KIND, _number(sender), fields.get("ProfileName", "")),
        fields.get("Body", ""),
        [Medium(fields.get(f"MediaUrl{n}", ""), fields.get(f"MediaContentType{n}", "")) for n in range(_MOST_FILES)],
        cards,
        keyword=fields.get("OptOutType", "").lower(),
        references=(replied,) if replied else (),
    )


def _listed(body: bytes) -> InboundMessage:
    try:
        found = _resources.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as bad:
        raise Malformed(str(bad)[:200]) from None
    if not found.sid or not (found.sender or "").strip():
        raise Malformed("neither id nor sender")
    if found.direction != "inbound":
        raise Unsupported("not an incoming message")
    at = found.created_at
    sender = Address(KIND, _number(found.sender or ""))
    message = _inbound(found.sid, sender, found.body or "", found.media, [])
    return msgspec.structs.replace(message, at=at, received_at=at)


def _inbound(
    sid: str,
    sender: Address,
    text: str,
    media: Sequence[Medium],
    cards: Sequence[Card],
    *,
    keyword: str = "",
    references: tuple[str, ...] = (),
) -> InboundMessage:
    files = tuple(_file(n, medium) for n, medium in enumerate((m for m in media if m.url), 1))
    word = keyword or _keyword(text)
    note, consent = _consent(word)
    shown = (*cards, *note)
    if not text.strip() and not files and not shown:
        shown = (Card("unsupported", text="The message was empty, or of a kind that Twilio does not pass on."),)
    return InboundMessage(
        key=sid,
        sender=sender,
        external_id=sid,
        text=text,
        files=files,
        references=references,
        authenticated=sender.value.startswith("+"),
        automatic=_QUIET.get(word, ""),
        consent=_SAYS.get(consent, ""),
        attributes={CONSENT: consent} if consent else {},
        cards=shown,
    )


def _keyword(text: str) -> str:
    """Which of Twilio's standard words the whole message is; it looks at neither case nor a space around it."""
    word = text.strip().lower()
    if word in _STOP:
        return "stop"
    if word in _START:
        return "start"
    if word in _YES:
        return "yes"
    return "help" if word in _HELP else ""


def _consent(keyword: str) -> tuple[tuple[Card, ...], str]:
    """What is shown of a word that Twilio answers by itself, and what it says of the customer's consent.

    YES undoes a STOP, but is usually an answer like any other.
    """
    match keyword:
        case "stop":
            return (Card("choice", "Opted out", _STOPPED),), "opted out"
        case "start":
            return (Card("choice", "Opted in", "The customer takes SMS again."),), "opted in"
        case "yes":
            return (), "opted in"
        case "help":
            return (Card("choice", "Asked for help", "Twilio has sent its standard answer, if it is set to answer this word."),), ""
        case _:
            return (), ""


def _file(n: int, medium: Medium) -> InboundFile:
    kind = medium.content_type.partition(";")[0].strip().lower()
    return InboundFile(name=f"file-{n}{_EXTENSIONS.get(kind, '')}", type=kind or "application/octet-stream", ref=medium.url)


def _choice(fields: Mapping[str, str]) -> list[Card]:
    chosen = fields.get("ButtonText", "")
    return [Card("choice", chosen, fields.get("ButtonPayload", ""))] if chosen else []


def _location(fields: Mapping[str, str]) -> list[Card]:
    try:
        latitude, longitude = float(fields.get("Latitude", "")), float(fields.get("Longitude", ""))
    except ValueError:
        return []
    if not math.isfinite(latitude) or not math.isfinite(longitude):
        return []
    place = f"{latitude:.6f},{longitude:.6f}"
    url = f"https://www.google.com/maps/search/?api=1&query={place}"
    return [Card("location", fields.get("Label", ""), fields.get("Address", "") or place, url)]


def _number(address: str) -> str:
    """A number in its one form; a short code, a sender's name as they are."""
    return e164(address.strip().removeprefix("rcs:")) or address.strip()
