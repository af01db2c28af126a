"""An outbound message as the bytes of a mail; the same message gives the same bytes at every attempt (RFC 5322, 2045, 3834)."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from msgspec import Struct

from connectors.email import heading
from connectors.email.bounces import OURS, TOKEN_FIELD
from connectors.email.files import file_name
from connectors.email.markup import as_html, as_text
from connectors.email.settings import EmailSettings
from inbox.connector import OutboundFile, OutboundMessage
from inbox.core.errors import Rejected
from inbox.core.ids import digest

_OPAQUE: Final = frozenset(("message", "multipart"))


class Composed(Struct, frozen=True):
    """A mail ready to go: its envelope and its bytes. ``utf8``: an address needs SMTPUTF8 (RFC 6531).

    ``recipients`` maps the addresses of the envelope to how the message wrote them.
    """

    sender: str
    recipients: dict[str, tuple[str, ...]]
    data: bytes
    message_id: str
    utf8: bool


def message_id(message: OutboundMessage, settings: EmailSettings) -> str:
    """The Message-ID without its brackets: ``inbox.`` and the signed token, or the plain id of a mail nobody need answer."""
    local = f"{OURS}{message.message_token}" if message.message_token else f"note.{message.id}"
    return f"{local}@{heading.ascii_domain('x@' + settings.id_domain).partition('@')[2]}"


def compose(message: OutboundMessage, settings: EmailSettings, contents: Mapping[str, bytes]) -> Composed:
    """``contents`` has the bytes of every file of the message by its id.

    Raises ``Rejected`` for an address that is none and for control characters in anything that becomes a header field.
    """
    named = (*message.to, *message.cc, *message.bcc)
    wanted = message.envelope or tuple(address.value for address in named)
    recipients: dict[str, tuple[str, ...]] = {}
    for address in wanted:
        named_so = heading.ascii_domain(address)
        recipients[named_so] = (*recipients.get(named_so, ()), address)
    if not recipients:
        raise Rejected("no_recipient")
    own_id = message_id(message, settings)
    head = heading.block(_fields(message, settings, own_id))
    body = _body(message, contents).as_bytes()
    return Composed(
        sender=heading.ascii_domain(settings.address),
        recipients=recipients,
        data=head.encode("utf-8") + body,
        message_id=own_id,
        utf8=not (head.isascii() and all(address.isascii() for address in recipients)),
    )


def _fields(message: OutboundMessage, settings: EmailSettings, own_id: str) -> list[tuple[str, str]]:
    known = heading.references(message.references)
    fields = [
        ("From", heading.mailbox("From", settings.address, _shown_name(message, settings))),
        ("To", heading.mailboxes("To", message.to) or "undisclosed-recipients:;"),
        ("Cc", heading.mailboxes("Cc", message.cc)),
        ("Reply-To", _reply_to(message, settings)),
        ("Subject", heading.encoded("Subject", message.subject.strip())),
        ("Date", heading.date(message.at)),
        ("Message-ID", f"<{own_id}>"),
        ("In-Reply-To", known[-1] if known else ""),
        ("References", "\r\n ".join(known)),
        (TOKEN_FIELD.title(), message.message_token),
    ]
    if message.automatic:
        fields += [("Auto-Submitted", "auto-replied" if known else "auto-generated"), ("X-Auto-Response-Suppress", "All")]
    return [(name, value) for name, value in fields if value or name == "Subject"]


def _shown_name(message: OutboundMessage, settings: EmailSettings) -> str:
    if message.author and settings.name:
        return f"{message.author} ({settings.name})"
    return message.author or settings.name


def _reply_to(message: OutboundMessage, settings: EmailSettings) -> str:
    if not (settings.plus_addressing and message.token):
        return ""
    local, _, domain = settings.address.rpartition("@")
    return heading.mailbox("Reply-To", f"{local}+{message.token}@{domain}", settings.name)


def _body(message: OutboundMessage, contents: Mapping[str, bytes]) -> EmailMessage:
    """The MIME body: text and HTML, pictures within the HTML, files beside them."""
    mail = EmailMessage(policy=SMTP)
    mail.set_content(as_text(message))
    mail.add_alternative(as_html(message), subtype="html")
    inline = [file for file in message.files if file.inline and file.content_id]
    rich = next(part for part in mail.iter_parts() if part.get_content_type() == "text/html")
    for file in inline:
        main, sub = _media_type(file)
        heading.refuse_controls("Content-ID", file.content_id)
        name = file_name(file.name, file.type)
        rich.add_related(contents[file.file], main, sub, cid=f"<{file.content_id}>", filename=name, disposition="inline")
    for file in message.files:
        if file not in inline:
            main, sub = _media_type(file)
            mail.add_attachment(contents[file.file], main, sub, filename=file_name(file.name, file.type))
    for n, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=_{digest('boundary', message.id, str(n))}")
    return mail


def _media_type(file: OutboundFile) -> tuple[str, str]:
    """The file's type; mails and multiparts may not be encoded (RFC 2046 section 5.2.1), so they travel as plain bytes."""
    main, _, sub = file.type.partition("/")
    known = main.isascii() and sub.isascii() and main.isalnum() and sub.replace("-", "").replace(".", "").replace("+", "").isalnum()
    return (main, sub) if known and main not in _OPAQUE else ("application", "octet-stream")
