"""The one tree of errors; the type says what happens next.

InboxError
 +- Refused          the caller asked for something that is not allowed or not valid: tell him, change nothing
 |   +- Denied       the gate said no to this actor
 |   +- NotFound     it is not there, or this actor may not know that it is
 |   +- Invalid      a field is wrong; ``field`` names it
 |   |   +- KeyReused    an idempotency key came with another request than before
 |   +- NotWorking   settings were tried out and do not work; saying so again saves them anyway
 |   +- TooLarge     over a stated limit
 |   +- TooMany      over a rate; try again ``after`` milliseconds
 |   +- Unauthenticated  say who you are first
 |       +- CodeNeeded    the password was right: give a code of the second factor too
 |       +- CodeWrong     the password was right, the code was not
 |       +- FactorNeeded  the password was right: set up a second factor, then come again with a code
 +- Conflict         the state moved on: load again and decide again
 |   +- Prevented    something that stays is in the way: ``reason`` is its code, ``by`` its name
 |   +- NewerReply   somebody else answered first; ``newer`` holds the message ids
 +- TryLater         the other side is not able now; try again ``after`` milliseconds
 |   +- Unavailable  our own database is away: nothing was acknowledged
 +- NeedsLogin       credentials are missing or refused: an admin has to act
 +- Rejected         the other side said no for good; ``reason`` is its code
 +- Unknown          nobody knows whether the effect happened: look it up before anything is repeated
 +- NotAuthentic     a delivery's signature is absent or wrong
 +- Unsupported      a known kind of item that is deliberately not handled
 +- Malformed        bytes that the parser cannot turn into messages
 +- CannotStart      the service cannot run like this; ``remedy`` says what to do
 +- Fenced           another process took over this slot: stop at once
"""

from __future__ import annotations


class InboxError(Exception):
    """Root of every error this project raises on purpose; ``code`` is stable and machine-readable."""

    code = "error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").split("\n", 1)[0])


class Refused(InboxError):
    """The request is not allowed or not valid."""

    code = "refused"


class Denied(Refused):
    """You may not do this."""

    code = "denied"

    def __init__(self, reason: str = "not_allowed") -> None:
        super().__init__(f"You may not do this ({reason}).")
        self.reason = reason


class NotFound(Refused):
    """There is no such thing, or you may not see it."""

    code = "not_found"


class Unauthenticated(Refused):
    """Log in first."""

    code = "unauthenticated"


class CodeNeeded(Unauthenticated):
    """Give a code of your second factor."""

    code = "code_needed"


class CodeWrong(Unauthenticated):
    """This code is wrong, or was used before."""

    code = "code_wrong"


class FactorNeeded(Unauthenticated):
    """Set up a second factor first."""

    code = "factor_needed"


class Invalid(Refused):
    """A field is wrong."""

    code = "invalid"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field


class KeyReused(Invalid):
    """This idempotency key was used for another request."""

    code = "idempotency_mismatch"

    def __init__(self) -> None:
        super().__init__("Idempotency-Key", "this key was used for another request")


class NotWorking(Refused):
    """These settings do not work: what the other side said, and what to do."""

    code = "not_working"


class TooLarge(Refused):
    """This is over the size limit."""

    code = "too_large"


class TooMany(Refused):
    """Too many requests; try again later."""

    code = "too_many"

    def __init__(self, after: int) -> None:
        super().__init__(f"Too many requests; try again in {max(1, after // 1000)} s.")
        self.after = after


class Conflict(InboxError):
    """The state has changed; load it again."""

    code = "conflict"


class Prevented(Conflict):
    """Something else is in the way."""

    code = "prevented"

    def __init__(self, reason: str, message: str, by: str = "") -> None:
        """``reason`` is a code, ``by`` the name or number of what is in the way. Loading again changes nothing."""
        super().__init__(message)
        self.reason = reason
        self.by = by


class NewerReply(Conflict):
    """Somebody else wrote after the last message you saw."""

    code = "newer_reply"

    def __init__(self, newer: tuple[str, ...]) -> None:
        super().__init__("Somebody else wrote after the last message you saw.")
        self.newer = newer


class TryLater(InboxError):
    """Not possible now; ``after`` is the advised wait in milliseconds, None when the other side gave none.

    ``recipients`` has the reasons of those who were refused for good all the same. ``away``: it takes nothing from anybody at
    present, so that it is not about this message.
    """

    code = "try_later"

    def __init__(self, reason: str = "", after: int | None = None, recipients: dict[str, str] | None = None, *, away: bool = False) -> None:
        super().__init__(reason)
        self.away = away
        self.reason = reason
        self.after = after
        self.recipients = recipients or {}


class Unavailable(TryLater):
    """The database did not answer in time; nothing was acknowledged."""

    code = "unavailable"


class NeedsLogin(InboxError):
    """Credentials are missing or were refused."""

    code = "needs_login"

    def __init__(self, reason: str = "", remedy: str = "") -> None:
        """``remedy``: what an admin has to do, where it is known."""
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class Rejected(InboxError):
    """The other side refused for good."""

    code = "rejected"

    def __init__(self, reason: str, recipients: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.recipients = recipients or {}


class Unknown(InboxError):
    """It is not known whether the other side accepted; ``recipients`` has the reasons of those for whom it certainly did not."""

    code = "unknown"

    def __init__(self, reason: str = "", recipients: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.recipients = recipients or {}


class NotAuthentic(InboxError):
    """The signature is absent or wrong."""

    code = "not_authentic"


class Unsupported(InboxError):
    """A known kind of item that is not handled."""

    code = "unsupported"


class Malformed(InboxError):
    """These bytes are not what this channel sends."""

    code = "malformed"


class CannotStart(InboxError):
    """The service cannot start."""

    code = "cannot_start"

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class Fenced(InboxError):
    """Another process holds this slot now."""

    code = "fenced"
