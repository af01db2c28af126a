"""Bodies and answers about logging in and what protects accounts: logins, second factors, the workspace's rules."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from inbox.api.structs import Count, Input, Name, Secret, Short
from inbox.core.ids import Instant

Code = Short


class Login(Input, frozen=True):
    """Who logs in. ``code``: of the second factor, or a recovery code; asked for by 401 ``code_needed``."""

    email: Short
    password: Secret
    code: Code = ""


class Prove(Input, frozen=True):
    """The own password once more."""

    password: Secret


class ProveTwice(Input, frozen=True):
    """The own password and a code of the second factor, or a recovery code."""

    password: Secret
    code: Code


class GiveCode(Input, frozen=True):
    """The first code of a second factor that was begun."""

    code: Code


class NeedFactor(Input, frozen=True):
    """Who cannot log in before he has a second factor."""

    email: Short
    password: Secret


class FactorState(Struct, frozen=True):
    """The own second factor. ``since`` 0: there is none; ``recovery`` codes are left; ``required`` by the workspace."""

    since: Instant
    recovery: int
    required: bool


class FactorSetup(Struct, frozen=True):
    """Shown once. ``picture`` is a QR code as a data address; ``recovery`` works from the moment the factor is confirmed."""

    secret: str
    uri: str
    picture: str
    recovery: tuple[str, ...]


class RecoveryCodes(Struct, frozen=True):
    """Shown once; each works once in the place of a code."""

    recovery: tuple[str, ...]


class SessionRow(Struct, frozen=True):
    """A login that is alive. ``seen_at`` is up to ten minutes old, ``browser`` what the browser calls itself."""

    id: str
    current: bool
    browser: str
    address: str
    created_at: Instant
    seen_at: Instant


class SecurityRow(Struct, frozen=True):
    """The workspace's rules. ``single_sign_on``: the providers' names, '' when none is set up."""

    version: int
    two_factor: bool
    passwords: str
    single_sign_on: str


class EditSecurity(Input, frozen=True):
    """The rules as they shall be; ``version`` is what was seen, 0 when they were never set."""

    version: Count
    two_factor: bool
    passwords: Literal["all", "admins"]


class PersonSecurity(Struct, frozen=True):
    """How an account is protected: since when it has a second factor (0: not), how many passkeys, how many logins are alive, when it was
    last used."""

    id: str
    name: str
    email: str
    role: str
    active: bool
    two_factor: Instant
    passkeys: int
    sessions: int
    seen_at: Instant


class TokenRow(Struct, frozen=True):
    """A program's token. ``reach``: read, write or admin, and never more than its account may; ``expires_at`` 0: never."""

    id: str
    name: str
    agent: str
    reach: str
    created_at: Instant
    expires_at: Instant
    used_at: Instant


class CreateToken(Input, frozen=True):
    """A token for a program that acts for the account that makes it. ``days`` 0: it never expires."""

    name: Name
    reach: Literal["read", "write", "admin"]
    days: Annotated[int, Meta(ge=0, le=3650)]


class NewToken(Struct, frozen=True):
    """The token, told this once."""

    token: str
    row: TokenRow


class AuditRow(Struct, frozen=True):
    """A line of the audit record: who (id and name, '' for a stranger) did what to what, from which network address."""

    id: str
    at: Instant
    actor: str
    actor_name: str
    action: str
    target: str
    target_name: str
    address: str
    data: dict[str, str]


class AuditPage(Struct, frozen=True):
    """Lines, newest first; ``next`` continues."""

    rows: tuple[AuditRow, ...]
    next: str | None
