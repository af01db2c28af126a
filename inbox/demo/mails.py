"""What the world would have handed in: customers' mails, mails that came back, lines of visitors' chats; the parsers read all of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Any

import msgspec
from msgspec import Struct

from inbox.connector import RawDelivery
from inbox.core.ids import ChannelId, Instant, MessageId, digest
from inbox.core.visitor import VisitorDelivery, VisitorFile, VisitorSaid, VisitorSaw, line_key
from inbox.demo import files
from inbox.demo.workspace import Step, Story, milliseconds

SHOP = "https://shop.northwind.example/"

_CHARSETS: Mapping[str, str] = {"de": "iso-8859-1", "ja": "iso-2022-jp", "pl": "iso-8859-2"}
"""What older mail programs of these languages still write."""

_POLICY = SMTP.clone(max_line_length=900)
"""Python would encode a Message-ID that does not fit into a line, which no mail program does."""

_SPAN = re.compile(r"\{([0-9dhm ]+)\}")


class Mailbox(Struct, frozen=True):
    """The address customers write to, and the name under which its mail server says who is genuine."""

    channel: ChannelId
    address: str
    authserv_id: str


class Place(Struct, frozen=True):
    """Where a customer's message stands: when, as which of its story, and after which Message-IDs, oldest first."""

    at: Instant
    number: int
    before: tuple[str, ...] = ()


def mail(box: Mailbox, story: Story, step: Step, place: Place) -> RawDelivery:
    """A mail as a customer's mail program writes it and our mail server takes it in."""
    message = EmailMessage(policy=_POLICY)
    _fill(message, story, step, place.at + milliseconds(step.ago))
    sender = step.sender or story.sender
    subject = story.subject if not place.before else f"Re: {story.subject}"
    fields = {
        "Authentication-Results": f"{box.authserv_id}; dmarc={'pass' if story.proved else 'none'} header.from={sender.rpartition('@')[2]}",
        "From": Address(step.name or story.name, addr_spec=sender),
        "To": box.address,
        "Cc": ", ".join(step.cc),
        "Subject": subject,
        "Date": formatdate(place.at // 1000),
        "Message-ID": message_id(story, place.number),
        "In-Reply-To": place.before[-1] if place.before else "",
        "References": " ".join(place.before),
        "Content-Language": story.language,
        **step.headers,
    }
    for name, value in fields.items():
        if value:
            message[name] = value
    return _raw(box, message.as_bytes(), place.at, mail_from=sender)


def _fill(message: EmailMessage, story: Story, step: Step, now: Instant) -> None:
    below = _SPAN.sub(lambda span: _date(now - milliseconds(span[1])), step.below)
    text = f"{step.text.strip()}\n\n{below.strip()}".strip() + "\n"
    if text.strip() or not step.html:
        message.set_content(text, charset=_charset(story.language, text))
        if step.html:
            message.add_alternative(step.html.strip(), subtype="html")
    else:
        message.set_content(step.html.strip(), subtype="html")
    for file in step.files:
        kind, content = files.content(file)
        main, _, sub = kind.partition("/")
        if file.inline:
            rich = message.get_body(("html",))
            assert rich is not None, "an inline file stands in an HTML"
            rich.add_related(content, main, sub, cid=f"<{file.name}>", filename=file.name, disposition="inline")
        else:
            message.add_attachment(content, main, sub, filename=file.name)


def _date(at: Instant) -> str:
    """As mail programs write it above a quotation."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%d %b %Y, %H:%M")


def _charset(language: str, text: str) -> str:
    wanted = _CHARSETS.get(language, "utf-8")
    try:
        text.encode(wanted)
    except UnicodeEncodeError:
        return "utf-8"
    return wanted


def message_id(story: Story, number: int) -> str:
    """The Message-ID of a customer's mail."""
    return f"<{number}.{digest(story.sender, story.subject)[:16]}@{story.sender.rpartition('@')[2]}>"


def returned(box: Mailbox, step: Step, recipient: str, sent_as: str, at: Instant) -> RawDelivery:
    """A report that a mail of ours, ``sent_as``, could not be delivered (RFC 3464)."""
    head = {
        "From": "Mail Delivery System <mailer-daemon@mx.example.net>",
        "To": box.address,
        "Subject": "Undelivered Mail Returned to Sender",
        "Date": formatdate(at // 1000),
        "Message-ID": f"<{digest(sent_as)[:16]}@mx.example.net>",
        "Auto-Submitted": "auto-replied",
        "Content-Type": 'multipart/report; report-type=delivery-status; boundary="=_report"',
    }
    told = f"Your mail to {recipient} could not be delivered:\n\n    {step.returns}\n"
    facts = f"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; {recipient}\nAction: failed\n"
    facts += f"Status: {step.returns.split(' ')[1]}\nDiagnostic-Code: smtp; {step.returns}\n"
    original = f"Message-ID: {sent_as}\nTo: {recipient}\n"
    parts = (("text/plain; charset=utf-8", told), ("message/delivery-status", facts), ("text/rfc822-headers", original))
    lines = [f"{name}: {value}\n" for name, value in head.items()] + ["\n"]
    lines += [f"--=_report\nContent-Type: {kind}\n\n{part}\n" for kind, part in parts] + ["--=_report--\n"]
    return _raw(box, "".join(lines).replace("\n", "\r\n").encode(), at, mail_from="<>")


def _raw(box: Mailbox, body: bytes, at: Instant, mail_from: str) -> RawDelivery:
    context = {"authserv_id": box.authserv_id, "own": box.address, "mail_from": mail_from, "rcpt_to": box.address}
    return RawDelivery(box.channel, digest(body), body, at, context=context)


def visitor_of(story: Story) -> str:
    """The id of the browser a story's chat came from."""
    return digest("demo visitor", story.channel, story.sender)


def line(channel: ChannelId, story: Story, step: Step, place: Place, uploads: tuple[VisitorFile, ...]) -> RawDelivery:
    """A line of a chat as the visitor's widget hands it over; ``uploads`` are stored already."""
    client_id = f"{place.number}-{digest(story.sender, str(place.number))[:12]}"
    said = VisitorSaid(client_id, step.text.strip(), uploads, name=story.name, language=story.language)
    context = {"visitor": visitor_of(story), "page": SHOP, "name": story.name}
    if story.account:
        context |= {"subject": digest("demo account", story.account)[:12], "email": story.account}
    return _visit(channel, line_key(visitor_of(story), client_id), said, place.at, context)


def garbled(channel: ChannelId, story: Story, step: Step, at: Instant) -> RawDelivery:
    """Something that nobody here can read."""
    body = step.garbled.encode()
    return RawDelivery(channel, digest(body), body, at, context={"visitor": visitor_of(story), "page": SHOP})


def seen(channel: ChannelId, story: Story, message: MessageId, at: Instant) -> RawDelivery:
    """The widget's news that an answer was read."""
    return _visit(channel, f"saw:{message}", VisitorSaw((message,), "read"), at, {"visitor": visitor_of(story)})


def _visit(channel: ChannelId, key: str, what: VisitorDelivery, at: Instant, context: dict[str, Any]) -> RawDelivery:
    return RawDelivery(channel, key, msgspec.json.encode(what), at, context=context)
