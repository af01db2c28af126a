"""What an operator may set for an email channel. Unknown keys are refused; secrets are marked and kept sealed."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from connectors.email.oauth import OAuthSettings, Secret
from inbox.core.labels import label

Security = Literal["tls", "starttls", "plain"]
"""``tls``: encrypted from the first byte. ``starttls``: encrypted before anything is said, or not at all. ``plain``: not encrypted."""

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

    host: Annotated[Host, label("Host", "Such as imap.example.com.")]
    user: Annotated[OneLine, label("User")]
    password: Annotated[Secret, label("Password")] = ""
    security: Annotated[Security, label("Encryption")] = "tls"
    port: Annotated[Port, label("Port", "0: the usual one.")] = 0
    ca_file: Annotated[str, label("File with an authority of your own", "On the server of Inbox.")] = ""
    folders: Annotated[tuple[OneLine, ...], Meta(min_length=1, max_length=20), label("Folders")] = ("INBOX",)

    def __post_init__(self) -> None:
        _check_authority(self.ca_file)

    @property
    def at_port(self) -> int:
        """The port that is meant."""
        return self.port or _IMAP_PORTS[self.security]


class SmtpSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where mail is handed in for sending. Without ``user`` nobody logs in."""

    host: Annotated[Host, label("Host", "Such as smtp.example.com.")]
    user: Annotated[OneLine, label("User", "Empty: nobody logs in.")] = ""
    password: Annotated[Secret, label("Password")] = ""
    security: Annotated[Security, label("Encryption")] = "starttls"
    port: Annotated[Port, label("Port", "0: the usual one.")] = 0
    ca_file: Annotated[str, label("File with an authority of your own", "On the server of Inbox.")] = ""

    def __post_init__(self) -> None:
        _check_authority(self.ca_file)

    @property
    def at_port(self) -> int:
        """The port that is meant."""
        return self.port or _SMTP_PORTS[self.security]


class ListenerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a mail server hands mail to us: plain LMTP or SMTP, meant for the same machine or a trusted network."""

    port: Annotated[Port, label("Port")]
    host: Annotated[Host, label("Address to listen on")] = "127.0.0.1"
    protocol: Annotated[Literal["lmtp", "smtp"], label("Protocol")] = "lmtp"


class EmailSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One mailbox address. ``name`` is shown beside it. ``aliases`` are further addresses whose mail comes in here.

    ``domain``: right-hand side of Message-IDs, by default that of ``address``. ``authserv_id``: the name under which our own
    mail server writes Authentication-Results; without it no sender is ever taken as proved. ``plus_addressing``: answers come
    to ``local+token@``, which the mail server must accept. ``oauth``: wherever no password is set, a token is shown that somebody
    consented to.
    """

    address: Annotated[MailAddress, label("Mail address", "Such as help@example.com.")]
    name: Annotated[OneLine, label("Name of the sender", "Beside the address.")] = ""
    aliases: Annotated[tuple[MailAddress, ...], label("Further addresses", "Whose mail comes in here, too. One per line.")] = ()
    domain: Annotated[OneLine, label("Domain of Message-IDs", advanced=True)] = ""
    authserv_id: Annotated[
        OneLine, label("Name of your mail server in Authentication-Results", "Without it no sender is taken as proved.", advanced=True)
    ] = ""
    plus_addressing: Annotated[bool, label("Answers come to address+token", "The mail server must accept such addresses.")] = True
    imap: Annotated[ImapSettings | None, label("Read a mailbox (IMAP)", "Where mail is fetched.")] = None
    smtp: Annotated[SmtpSettings | None, label("Send by a mail server (SMTP)", "Without it nothing can be answered.")] = None
    listener: Annotated[
        ListenerSettings | None,
        label("Take mail on a port of our own", "For a mail server on the same machine or a trusted network.", advanced=True),
    ] = None
    oauth: Annotated[OAuthSettings | None, label("Log in by consent (OAuth)", "For Google and Microsoft 365, instead of passwords.")] = None

    def __post_init__(self) -> None:
        if self.imap is not None and not self.imap.password and self.oauth is None:
            raise ValueError("imap: a password is missing, or a right table oauth")
        if self.oauth is not None and len(self.users) != 1:
            raise ValueError("oauth: it needs imap or smtp with a user and without a password, the same user for both")

    @property
    def users(self) -> frozenset[str]:
        """Whose token is shown: the users who have no password."""
        parts = (self.imap, self.smtp)
        return frozenset(part.user for part in parts if part is not None and part.user and not part.password)

    @property
    def own(self) -> frozenset[str]:
        """Every address of the channel, in lower case."""
        return frozenset(address.lower() for address in (self.address, *self.aliases))

    @property
    def id_domain(self) -> str:
        """What stands on the right in our Message-IDs."""
        return self.domain or self.address.rpartition("@")[2]
