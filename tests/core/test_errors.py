"""The tree of errors: printed at its top, with stable codes, and with what the catcher needs."""

from __future__ import annotations

import re

import pytest

from inbox.core import errors

ERRORS = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.InboxError)]


def test_the_tree_of_errors_is_the_one_printed_at_its_top() -> None:
    printed = [("InboxError", "Exception")]
    above = ["InboxError"]
    for indent, name in re.findall(r"^([ |]*)\+- (\w+)", errors.__doc__ or "", re.MULTILINE):
        depth = len(indent) // 4
        printed.append((name, above[depth]))
        above[depth + 1 :] = [name]
    assert sorted(printed) == sorted((e.__name__, e.__bases__[0].__name__) for e in ERRORS)


def test_codes_of_errors_are_stable_and_different() -> None:
    codes = [error.code for error in ERRORS]
    assert len(set(codes)) == len(codes)
    assert {"denied", "not_found", "conflict", "prevented", "newer_reply", "try_later", "malformed", "fenced"} <= set(codes)


def test_an_error_without_words_uses_its_own() -> None:
    assert str(errors.NotFound()) == "There is no such thing, or you may not see it."
    assert str(errors.NotFound("No such view.")) == "No such view."


def test_errors_carry_what_the_catcher_needs() -> None:
    assert errors.KeyReused().field == "Idempotency-Key"
    invalid = errors.Invalid("until", "must be in the future")
    assert (invalid.field, str(invalid)) == ("until", "until: must be in the future")
    assert str(errors.Invalid("", "not JSON")) == "not JSON"
    assert (errors.Denied("role").reason, errors.Denied().reason) == ("role", "not_allowed")
    assert (errors.TooMany(2500).after, str(errors.TooMany(10))) == (2500, "Too many requests; try again in 1 s.")
    assert errors.NewerReply(("m1",)).newer == ("m1",)
    later = errors.TryLater("busy", 5)
    assert (later.reason, later.after, errors.Unavailable().after) == ("busy", 5, None)
    assert errors.NeedsLogin("expired").reason == "expired"
    no = errors.Rejected("blocked", {"a@x.org": "full"})
    assert (no.reason, no.recipients, errors.Rejected("x").recipients) == ("blocked", {"a@x.org": "full"}, {})
    assert errors.Unknown("timeout").reason == "timeout"
    assert errors.CannotStart("no disk", "free some").remedy == "free some"


@pytest.mark.parametrize("error", [errors.NotFound, errors.Denied, errors.Invalid, errors.TooLarge, errors.TooMany, errors.Unauthenticated])
def test_what_the_caller_did_wrong_is_refused(error: type[errors.InboxError]) -> None:
    assert issubclass(error, errors.Refused)
