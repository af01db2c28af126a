"""Codes of a second factor: what fits, what fits no more, and who may do without."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyotp import TOTP

from inbox.core.security import RECOVERY_BYTES, STEP_MS, WORKSPACE, Security, recovery_code, step_of, takes_password, typed_recovery

RFC = base64.b32encode(b"12345678901234567890").decode()
"""The key of RFC 6238, appendix B."""


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert step_of(RFC, code, seconds * 1000, 0) == seconds // 30


@pytest.mark.parametrize(("off", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(off: int, fits: bool) -> None:
    now = 1_700_000_000_000
    code = TOTP(RFC).generate_otp(now // STEP_MS + off)
    assert step_of(RFC, code, now, 0) == (now // STEP_MS + off if fits else None)


def test_a_code_works_once_and_nothing_before_it_afterwards() -> None:
    now = 1_700_000_000_000
    step = now // STEP_MS
    codes = [TOTP(RFC).generate_otp(step + off) for off in (-1, 0, 1)]
    assert step_of(RFC, codes[1], now, step) is None
    assert step_of(RFC, codes[0], now, step) is None
    assert step_of(RFC, codes[2], now, step) == step + 1


@pytest.mark.parametrize("typed", ["", "28708", "2870822", "28708a", "\u0662\u0668\u0667\u0660\u0668\u0662", "-87082"])
def test_what_is_no_code_fits_nothing(typed: str) -> None:
    assert step_of(RFC, typed, 59_000, 0) is None


def test_a_code_may_be_typed_in_groups() -> None:
    assert step_of(RFC, "287 082", 59_000, 0) == 1


@given(st.binary(min_size=RECOVERY_BYTES, max_size=RECOVERY_BYTES))
def test_a_recovery_code_is_known_however_it_is_typed(random: bytes) -> None:
    code = recovery_code(random)
    assert len(code) == 19
    for typed in (code, code.upper(), code.replace("-", " "), f" {code.replace('-', '')} "):
        assert typed_recovery(typed) == code


@pytest.mark.parametrize(
    ("passwords", "admin", "single_sign_on", "may"),
    [
        ("all", False, True, True),
        ("admins", False, True, False),
        ("admins", True, True, True),
        ("admins", False, False, True),
    ],
)
def test_passwords_may_be_for_admins_only(passwords: str, admin: bool, single_sign_on: bool, may: bool) -> None:
    rules = Security(WORKSPACE, passwords="all" if passwords == "all" else "admins")
    assert takes_password(rules, admin=admin, single_sign_on=single_sign_on) is may
