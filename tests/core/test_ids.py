"""Ids that are computed: the same for the same parts, different for all others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inbox.core.ids import ChannelId, command_message_id, delivery_id, digest, message_id
from tests.core import strategies as some


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
    }
    assert len(made) == 4
    assert message_id(mail, "1") == message_id(mail, "1")
