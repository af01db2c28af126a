"""Ids, identities, facets and errors: the values everything else is made of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core import errors
from inbox.core.customer import identity_id
from inbox.core.events import Facets, facets
from inbox.core.ids import AgentId, ChannelId, ConversationId, command_message_id, delivery_id, digest, message_id
from tests.core import strategies as some
from tests.core.strategies import NOW, seed


@given(st.lists(some.texts | st.binary(max_size=5)), st.lists(some.texts | st.binary(max_size=5)))
def test_different_parts_have_different_digests(one: list[str | bytes], other: list[str | bytes]) -> None:
    def raw(parts: list[str | bytes]) -> list[bytes]:
        return [p.encode("utf-8", "surrogatepass") if isinstance(p, str) else p for p in parts]

    assert (digest(*one) == digest(*other)) == (raw(one) == raw(other))


def test_parts_cannot_be_shifted_into_each_other() -> None:
    assert digest("ab", "c") != digest("a", "bc") != digest("abc")
    assert digest("") != digest()
    assert len(digest("a")) == 32


def test_ids_of_different_nouns_and_channels_differ() -> None:
    mail, chat = ChannelId("mail"), ChannelId("chat")
    made = {
        message_id(mail, "1"),
        message_id(chat, "1"),
        delivery_id(mail, "1"),
        command_message_id("mail", "1"),
        identity_id("mail", "", "1"),
    }
    assert len(made) == 5
    assert message_id(mail, "1") == message_id(mail, "1")


def test_facets_are_what_the_conversation_says() -> None:
    c = replace(seed(assignee="ann", bot="bot", team="red"), tags=("vip",), queued_at=NOW, merged_into=ConversationId("c2"))
    assert facets(c) == Facets(
        c.category, c.channel, c.customer, AgentId("ann"), c.team, c.priority, ("vip",), queued=True, bot=AgentId("bot"), merged=True
    )
    assert not facets(seed()).queued
    assert not facets(seed()).merged


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
    assert {"denied", "not_found", "conflict", "newer_reply", "try_later", "malformed", "fenced"} <= set(codes)


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
