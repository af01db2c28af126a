"""A mail's bytes to the items it holds: one customer message, or receipts for mails of ours. Never raises, whatever the bytes."""

from __future__ import annotations

import re
from typing import Final

from connectors.email import limits
from connectors.email.addresses import parse_addresses, specs, tag
from connectors.email.authentication import proves
from connectors.email.automatic import why_automatic
from connectors.email.body import read_body
from connectors.email.bounces import TOKEN_FIELD, Report, read_report, token_of
from connectors.email.headers import Fields, instant, message_ids
from connectors.email.key import mail_key, top_fields
from connectors.email.quoting import answer_first
from connectors.email.structure import Breach, Part, split
from inbox.connector import InboundMessage, Item, RawDelivery
from inbox.core.message import Address

_TOKEN: Final = re.compile(r"[A-Za-z0-9_~.-]{8,120}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_ENVELOPE: Final = ("delivered-to", "x-original-to", "x-envelope-to", "envelope-to", "x-delivered-to")
UNREADABLE: Final = "unreadable"
"""Key of ``RawDelivery.context`` under which a receiver says why it could not hand over the whole mail."""

RECEIVED_AT: Final = "received_at"
"""The same for when the mailbox got it, in milliseconds UTC."""

BACKLOG: Final = "backlog"
"""The same for a mail that was there before the mailbox was first read."""


def parse_mail(raw: RawDelivery) -> tuple[Item, ...]:
    """Receipts if the mail is a report about mails of ours, else one message; over a cap it says so and has no body.

    What only our receivers know comes in ``raw.context``: ``mail_from`` (``<>`` for none) and ``rcpt_to`` of the envelope,
    ``authserv_id`` of our own mail server, ``own``: the channel's addresses, ``received_at``, ``backlog`` and ``unreadable``.
    """
    fields = top_fields(raw.body)
    reason = raw.context.get(UNREADABLE, "") or ("too_large" if len(raw.body) > limits.MESSAGE else fields.breach)
    root: Part | None = None
    if not reason and not raw.body:
        reason = "empty"
    if not reason:
        try:
            root = split(raw.body, fields)
        except Breach as breach:
            reason = str(breach)
    message = _Message(raw, fields)
    if root is None:
        return (message.build(reason),)
    report = read_report(raw.body, root, message.sender.value, message.subject, message.null_sender)
    return (report and report.receipts) or (message.build("", root, report),)


class _Message:
    """The parts of a customer message that its header tells."""

    def __init__(self, raw: RawDelivery, fields: Fields) -> None:
        self.raw = raw
        self.fields = fields
        self.subject = fields.text("subject")[: limits.SUBJECT]
        return_path = raw.context.get("mail_from") or (fields.first("return-path") or b"").decode("ascii", "replace").strip()
        self.null_sender = return_path == "<>"
        self.sender = self._sender(return_path)

    def _addresses(self, name: str) -> tuple[Address, ...]:
        return parse_addresses(self.fields.all(name))

    def _sender(self, return_path: str) -> Address:
        """The first address of the first From; of mails without one, the next best that says who sent it."""
        candidates = [self.fields.first(name) for name in ("from", "sender", "reply-to")]
        for value in [*candidates, return_path.encode("utf-8", "replace")]:
            if found := parse_addresses([value or b""]):
                return found[0]
        return Address("email", f"unknown:{self.raw.channel}")  # no address: nobody can be written to by it

    def _authenticated(self) -> bool:
        """Several From fields or addresses are nobody's proof (RFC 7489 section 6.6.1)."""
        whole = self.fields.all("from")
        if len(whole) != 1 or len(parse_addresses(whole)) != 1:
            return False
        return proves(self.fields.all("authentication-results"), self.raw.context.get("authserv_id", ""), self.sender.value)

    def _ids(self, *names: str) -> list[str]:
        return [found for name in names for found in message_ids(self.fields.first(name) or b"")]

    def references(self) -> tuple[str, ...]:
        newest_first = self._ids("in-reply-to") + self._ids("references")[::-1]
        return tuple(dict.fromkeys(newest_first))[: limits.REFERENCES]

    def tokens(self) -> tuple[str, ...]:
        """Whatever may be a reply token of ours: tags of the addresses it went to, signed ids that it answers."""
        values = [value for name in ("to", "cc", *_ENVELOPE) for value in self.fields.all(name)]
        values.append(self.raw.context.get("rcpt_to", "").encode("utf-8", "replace"))
        tags = (tag(spec) for spec in specs(values))
        answered = (token_of(found) for found in self.references())
        return tuple(dict.fromkeys(found for found in (*tags, *answered) if _TOKEN.fullmatch(found)))[: limits.TOKENS]

    def echo(self, external_id: str) -> str:
        """Our token in a mail that came back to us, even where a relay gave it a Message-ID of its own."""
        found = token_of(external_id) or self.fields.text(TOKEN_FIELD)
        return found if _TOKEN.fullmatch(found) else ""

    def _why_automatic(self) -> str:
        return why_automatic(self.fields, self.subject, self.null_sender, self.raw.context.get("own", "").split())

    def build(self, unreadable: str, root: Part | None = None, report: Report | None = None) -> InboundMessage:
        body = read_body(self.raw.body, root) if root else None
        text, fresh = answer_first(body.text, self.subject, body.history_at) if body else ("", None)
        external_id = next(iter(self._ids("message-id")), "")
        automatic = report.automatic if report else self._why_automatic()
        language = _LANGUAGE.match(self.fields.text("content-language"))
        received = self.raw.context.get(RECEIVED_AT, "")
        tokens = self.tokens()
        if report and report.token:
            tokens = tuple(dict.fromkeys((report.token, *tokens)))
        return InboundMessage(
            key=self.raw.key if UNREADABLE in self.raw.context else mail_key(self.raw.body),
            sender=self.sender,
            at=instant(self.fields.first("date") or b"", self.raw.arrived_at),
            received_at=int(received) if received.isascii() and received.isdigit() else None,
            backlog=BACKLOG in self.raw.context,
            external_id=external_id,
            to=self._addresses("to"),
            cc=self._addresses("cc"),
            reply_to=self._addresses("reply-to"),
            subject=self.subject,
            text=text,
            fresh=fresh,
            html=body.html if body else "",
            files=tuple(body.files) if body else (),
            tokens=tokens,
            references=self.references(),
            authenticated=self._authenticated(),
            automatic=automatic,
            unreadable=unreadable or ("too_many_files" if body and body.too_many else ""),
            language=language[0] if language else "",
            echo=self.echo(external_id),
        )
