"""How accounts are protected: the workspace's rules, and the codes of a second factor (RFC 6238, and recovery codes)."""

from __future__ import annotations

import base64
import hmac
from typing import Literal

from msgspec import Struct
from pyotp import TOTP

from inbox.core.ids import Instant

STEP_MS = 30_000
SKEW = 1
"""So many steps an authenticator's clock may be ahead or behind."""
DIGITS = 6
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
"""Eighty bits: nobody finds one by trying, not even with its hash in hand."""


WORKSPACE = "workspace"
"""The id of the one entry there is."""


class Security(Struct, frozen=True, omit_defaults=True):
    """The workspace's rules. ``two_factor``: who logs in with a password needs a second factor. ``passwords``: who may log in with
    one where there is single sign-on."""

    id: str
    name: str = "security"
    version: int = 1
    two_factor: bool = False
    passwords: Literal["all", "admins"] = "all"


def takes_password(rules: Security, *, admin: bool, single_sign_on: bool) -> bool:
    """Whether an account may log in with its password; ``admin``: it may change these rules. Those keep theirs, for the day on which the
    provider is away. Without single sign-on there would be no other way in."""
    return rules.passwords == "all" or admin or not single_sign_on


def step_of(secret: str, code: str, now: Instant, used: int) -> int | None:
    """The time step whose code this is, None for a wrong one and for one at or before ``used``, the newest step that was used."""
    typed = code.replace(" ", "")
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    present, totp = now // STEP_MS, TOTP(secret)
    fitting = [step for step in range(present - SKEW, present + SKEW + 1) if hmac.compare_digest(totp.generate_otp(step), typed)]
    return next((step for step in fitting if step > used), None)


def recovery_code(random: bytes) -> str:
    """A recovery code to write down, out of ``RECOVERY_BYTES`` random bytes: four groups of letters and digits."""
    text = base64.b32encode(random).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def typed_recovery(code: str) -> str:
    """What somebody typed, as the code was made: without spaces and dashes, whatever the case."""
    plain = "".join(ch for ch in code.lower() if ch.isascii() and ch.isalnum())
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))
