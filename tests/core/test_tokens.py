"""Tokens: only ours are believed, whatever a mail system or an attacker does to them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.ids import ConversationId, MessageId, command_message_id
from inbox.core.tokens import as_reply_token, reply_token, signed_message_token, verify_message_token
from tests.core import strategies as some

KEY, OLD, OTHER = (bytes([n]) * 32 for n in (1, 2, 3))
keys = st.binary(min_size=16, max_size=40)
ids = st.binary(min_size=16, max_size=16).map(lambda raw: MessageId(raw.hex()))
MESSAGE = command_message_id("ann", "1")


@given(keys, ids)
def test_a_signed_id_comes_back(key: bytes, message: MessageId) -> None:
    token = signed_message_token(key, message)
    assert re.fullmatch("[a-z2-7]{52}", token)
    assert verify_message_token([key], token) == message
    assert verify_message_token([OTHER, key], token.upper()) == message


def test_a_token_signed_before_the_key_changed_is_still_ours() -> None:
    assert verify_message_token([KEY, OLD], signed_message_token(OLD, MESSAGE)) == MESSAGE
    assert verify_message_token([KEY], signed_message_token(OLD, MESSAGE)) is None
    assert verify_message_token([], signed_message_token(KEY, MESSAGE)) is None


@given(ids, st.integers(0, 51), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_wrong_letter_is_enough(message: MessageId, at: int, letter: str) -> None:
    token = signed_message_token(KEY, message)
    forged = token[:at] + letter + token[at + 1 :]
    assert (verify_message_token([KEY], forged) is None) == (forged != token)


@given(some.texts | st.text("abcdefghijklmnopqrstuvwxyz234567=", min_size=50, max_size=54))
def test_any_text_is_no_token(text: str) -> None:
    assert verify_message_token([KEY], text) is None


@pytest.mark.parametrize("bad", ["", "zz", "AB" * 16, "ab" * 15, "ab" * 17, " " + "ab" * 16])
def test_only_message_ids_are_signed(bad: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        signed_message_token(KEY, MessageId(bad))


def test_short_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        reply_token(b"x" * 15, ConversationId("c1"))
    with pytest.raises(ValueError, match="16 bytes"):
        signed_message_token(b"", MESSAGE)
    with pytest.raises(ValueError, match="16 bytes"):
        verify_message_token([b""], signed_message_token(KEY, MESSAGE))
    assert reply_token(b"x" * 16, ConversationId("c1"))


def test_a_reply_token_is_the_conversations_own() -> None:
    token = reply_token(KEY, ConversationId("c1"))
    assert re.fullmatch("[a-z2-7]{26}", token)
    assert token == reply_token(KEY, ConversationId("c1"))
    assert len({token, reply_token(KEY, ConversationId("c2")), reply_token(OTHER, ConversationId("c1"))}) == 3


def test_tokens_that_are_out_in_the_world_keep_working() -> None:
    """RFC 2104 over "reply", a zero byte and the id; computed once with hashlib. Changing this cuts all threads by mail."""
    assert reply_token(KEY, ConversationId("c1")) == "zo64xuufzc6glrjgpypl3xb2x4"
    assert (
        signed_message_token(KEY, MessageId("00112233445566778899aabbccddeeff")) == "aaisem2ekvthpcezvk54zxpo77egfdik7riqyguhetdzajz2bs4a"
    )


def test_the_two_kinds_of_token_share_nothing() -> None:
    assert not signed_message_token(KEY, MESSAGE).endswith(reply_token(KEY, ConversationId(MESSAGE)))


def test_mail_systems_may_change_the_case_of_a_reply_token() -> None:
    token = reply_token(KEY, ConversationId("c1"))
    assert as_reply_token(token.upper()) == token
    for bad in ("", token[:-1], token + "a", token[:-1] + "1", token[:-1] + "é", token[:-1] + "="):
        assert as_reply_token(bad) is None
