"""What an operator may set for an email channel. Unknown keys are refused; secrets are marked and kept sealed."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

Security = Literal["tls", "starttls", "plain"]
"""``tls``: encrypted from the first byte. ``starttls``: encrypted before anything is said, or not at all. ``plain``: not encrypted."""

Secret = Annotated[str, Meta(extra={"secret": True})]
Port = Annotated[int, Meta(ge=0, le=65_535)]
Host = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=253,
        pattern=r"^[A-Za-z0-9.:_-]+$",
        description='the name of a host in quotes, such as "mail.example.com"',
    ),
]
MailAddress = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[^\s@<>\",;:()\[\]]+@[^\s@<>\",;:()\[\]]+$",
        description='a mail address in quotes, such as "help@example.com"',
    ),
]
OneLine = Annotated[str, Meta(max_length=200, pattern=r"^[^\r\n\x00]*$", description="one line of text in quotes, at most 200 characters")]

_IMAP_PORTS: Final = {"tls": 993, "starttls": 143, "plain": 143}
_SMTP_PORTS: Final = {"tls": 465, "starttls": 587, "plain": 25}


def _check_authority(ca_file: str) -> None:
    """Raises ``ValueError`` for a file that names no authority. What reads it is large, and loaded only if there is one."""
    if not ca_file:
        return
    from connectors.email.trust import NoAuthority, tls_context

    try:
        tls_context(ca_file)
    except NoAuthority as wrong:
        raise ValueError(f"ca_file: {wrong}") from None


class ImapSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where mail is read. ``port`` 0 is the usual one. ``ca_file``: trust this authority instead of the system's."""

    host: Host
    user: OneLine
    password: Secret
    security: Security = "tls"
    port: Port = 0
    ca_file: str = ""
    folders: Annotated[tuple[OneLine, ...], Meta(min_length=1, max_length=20)] = ("INBOX",)

    def __post_init__(self) -> None:
        _check_authority(self.ca_file)

    @property
    def at_port(self) -> int:
        """The port that is meant."""
        return self.port or _IMAP_PORTS[self.security]


class SmtpSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where mail is handed in for sending. Without ``user`` nobody logs in."""

    host: Host
    user: OneLine = ""
    password: Secret = ""
    security: Security = "starttls"
    port: Port = 0
    ca_file: str = ""

    def __post_init__(self) -> None:
        _check_authority(self.ca_file)

    @property
    def at_port(self) -> int:
        """The port that is meant."""
        return self.port or _SMTP_PORTS[self.security]


class ListenerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a mail server hands mail to us: plain LMTP or SMTP, meant for the same machine or a trusted network."""

    port: Port
    host: Host = "127.0.0.1"
    protocol: Literal["lmtp", "smtp"] = "lmtp"


class EmailSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One mailbox address. ``name`` is shown beside it. ``aliases`` are further addresses whose mail comes in here.

    ``domain``: right-hand side of Message-IDs, by default that of ``address``. ``authserv_id``: the name under which our own
    mail server writes Authentication-Results; without it no sender is ever taken as proved. ``plus_addressing``: answers come
    to ``local+token@``, which the mail server must accept.
    """

    address: MailAddress
    name: OneLine = ""
    aliases: tuple[MailAddress, ...] = ()
    domain: OneLine = ""
    authserv_id: OneLine = ""
    plus_addressing: bool = True
    imap: ImapSettings | None = None
    smtp: SmtpSettings | None = None
    listener: ListenerSettings | None = None

    @property
    def own(self) -> frozenset[str]:
        """Every address of the channel, in lower case."""
        return frozenset(address.lower() for address in (self.address, *self.aliases))

    @property
    def id_domain(self) -> str:
        """What stands on the right in our Message-IDs."""
        return self.domain or self.address.rpartition("@")[2]
