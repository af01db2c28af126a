"""Forms on websites: what visitors fill in becomes a conversation that is answered by mail.

A form proves nothing but the key that stands in its page's source. Who it says it is from is a claim like the From of a mail.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct

from connectors.form.fields import fields_of
from connectors.form.settings import SHAPE, FormSettings, FormShape
from inbox.connector import Answer, Capabilities, Connector, InboundMessage, Item, OutboundMessage, RawDelivery, Sent
from inbox.core.errors import Malformed, NotAuthentic, Rejected, Unsupported
from inbox.core.message import Address, Card

KIND: Final = "email"
NOBODY: Final = "form"
"""The kind of address of somebody who left none: one of his own, which leads nowhere."""

ELAPSED: Final = "_elapsed"
"""Optional field: for how many milliseconds the page was open, as its script measured it."""

_ADDRESS: Final = re.compile(r"[^\s@<>\",;:()\[\]]{1,64}@[^\s@<>\",;:()\[\]]{1,189}")
_LANGUAGE: Final = "_language"


class FormConnector(Connector):
    """One form, on any number of pages."""

    name: ClassVar[str] = "form"
    title: ClassVar[str] = "Website form"
    purpose: ClassVar[str] = "A form on your website; answers go out by mail."
    capabilities: Capabilities = Capabilities(address_kind="email", subject=True, media=False)
    Settings: ClassVar[type[Struct]] = FormSettings
    settings: FormSettings

    def verify(self, raw: RawDelivery) -> None:
        """The site's key, in the address or as ``X-Site-Key``, and a page of an allowed site."""
        given = raw.headers.get("x-site-key") or parse_qs(raw.context.get("query", "")).get("key", [""])[0]
        if raw.context.get("method", "POST") != "POST":
            raise NotAuthentic("a form is posted")
        if not hmac.compare_digest(given.encode(errors="replace"), self.settings.site_key.encode()):
            raise NotAuthentic("the site's key does not fit")
        if self.settings.origins and raw.headers.get("origin", "").lower() not in self.settings.origins:
            raise NotAuthentic("a page of another site")

    def per_hour(self) -> int | None:
        """As set."""
        return self.settings.per_hour

    def context(self) -> Mapping[str, str]:
        """Which field is what."""
        shape = FormShape(**{name: getattr(self.settings, name) for name in FormShape.__struct_fields__})
        return {SHAPE: msgspec.json.encode(shape).decode()}

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """One message. Raises ``Unsupported`` for what no human filled in."""
        shape = _shape(raw)
        fields, files = fields_of(raw.headers.get("content-type", ""), raw.body)
        if not any(fields.values()):
            raise Malformed("no field is filled in")
        _by_a_human(fields, shape)
        email = fields.get(shape.email, "").lower()
        known = _ADDRESS.fullmatch(email) is not None
        name = " ".join(fields.get(shape.name, "").split())[:200]
        message = InboundMessage(
            key=raw.key,
            sender=Address(KIND, email, name) if known else Address(NOBODY, raw.key, name),
            subject=" ".join((fields.get(shape.subject) or shape.title).split())[:500],
            text=_text(fields, shape, known),
            language=fields.get(_LANGUAGE, "")[:35],
            attributes={to: fields[field] for field, to in shape.attributes.items() if fields.get(field)},
            cards=tuple(Card("unsupported", file, "This form takes no files.") for file in files),
        )
        return [message]

    def answer(self, raw: RawDelivery) -> Answer:
        """What the visitor's browser shows."""
        return Answer("redirect", self.settings.thanks_url) if self.settings.thanks_url else Answer("accepted", self.settings.thanks)

    async def send(self, message: OutboundMessage) -> Sent:
        """Raises ``Rejected``: answers leave by the channel of ``reply_by``."""
        raise Rejected(f"A form cannot answer; write by the channel {self.settings.reply_by}.")


def _shape(raw: RawDelivery) -> FormShape:
    try:
        return msgspec.json.decode(raw.context.get(SHAPE, "{}"), type=FormShape)
    except msgspec.MsgspecError as bad:
        raise Malformed(f"the form's shape: {bad}"[:200]) from None


def _by_a_human(fields: Mapping[str, str], shape: FormShape) -> None:
    """Raises ``Unsupported``; the post stays in the ledger with the reason."""
    if shape.honeypot and fields.get(shape.honeypot):
        raise Unsupported(f"filled in by a machine: {shape.honeypot} is not empty")
    told = fields.get(ELAPSED, "")
    if told.isascii() and told.isdecimal() and int(told[:12]) < shape.min_seconds * 1000:
        raise Unsupported(f"filled in by a machine: after {told[:12]} ms")


def _text(fields: Mapping[str, str], shape: FormShape, known: bool) -> str:
    """The message, and a line for every other field, so that nothing is lost that nobody mapped."""
    own = {shape.message, shape.subject, shape.name, shape.honeypot} | ({shape.email} if known else set())
    lines = [f"{name}: {value}" for name, value in fields.items() if value and name not in own and not name.startswith("_")]
    return "\n\n".join(filter(None, (fields.get(shape.message, ""), "\n".join(lines))))


CONNECTORS = (FormConnector,)
