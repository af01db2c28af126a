"""A message ends up the same in whatever order the news of its changes arrive, and nothing it said is lost but what was taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core import revisions as r
from inbox.core.conversation import LastMessage
from inbox.core.events import EventType
from inbox.core.ids import FileId, MessageId
from inbox.core.message import Attachment, Author, Card, Kind, Message, Reason, Wording
from inbox.testing.builders import a_conversation, a_message

ANNA, BEN = Author("customer", "anna"), Author("customer", "ben")
Step = Callable[[Message], Message]


def said(**fields: object) -> Message:
    return a_message("m", text="helo", at=100, arrived_at=100, **fields)


def test_a_new_wording_keeps_the_one_before() -> None:
    once = r.reworded(said(html="<p>helo</p>", fresh=2), "hello", 200)
    assert (once.text, once.html, once.fresh, once.edited_at, once.earlier) == ("hello", "", None, 200, (Wording("helo", 100),))
    twice = r.reworded(once, "hello!", 300)
    assert (twice.text, twice.earlier) == ("hello!", (Wording("helo", 100), Wording("hello", 200)))


def test_the_same_wording_changes_nothing_and_an_older_one_joins_the_earlier_ones() -> None:
    now = r.reworded(said(), "third", 300)
    assert r.reworded(now, "third", 300) is now
    late = r.reworded(now, "second", 200)
    assert (late.text, late.earlier) == ("third", (Wording("helo", 100), Wording("second", 200)))
    assert r.reworded(late, "second", 200) is late
    assert r.reworded(said(), "helo", 200) == said()


def test_the_oldest_of_many_wordings_are_forgotten() -> None:
    message = said()
    for n in range(30):
        message = r.reworded(message, f"{n}", 200 + n)
    assert [w.text for w in message.earlier] == [f"{n}" for n in range(9, 29)]


def test_what_is_taken_back_is_gone_and_stays_so() -> None:
    full = said(attachments=(Attachment(FileId("f"), "a", "b", 1),), cards=(Card("location"),), subject="s", html="h", fresh=1)
    gone = r.withdrawn(r.reworded(full, "hello", 200), 300)
    left = (gone.text, gone.html, gone.subject, gone.attachments, gone.cards, gone.earlier, gone.deleted_at)
    assert left == ("", "", "", (), (), (), 300)
    assert r.withdrawn(gone, 400) is gone
    assert r.reworded(gone, "again", 400) is gone


def test_everybody_has_one_reaction_and_the_newest_counts() -> None:
    message = r.reacted(r.reacted(said(), ANNA, "👍", 10), BEN, "❤", 11)
    assert [(x.author, x.emoji) for x in message.reactions] == [(ANNA, "👍"), (BEN, "❤")]
    assert r.reacted(message, ANNA, "😀", 9) is message
    assert [x.emoji for x in r.reacted(message, ANNA, "", 12).reactions] == ["❤", ""]


def test_a_crowd_is_bounded_but_whoever_is_in_it_may_change_his_mind() -> None:
    message = said()
    for n in range(60):
        message = r.reacted(message, Author("customer", f"{n}"), "👍", n)
    assert len(message.reactions) == r.MAX_REACTIONS
    assert r.reacted(message, Author("customer", "0"), "x" * 99, 100).reactions[-1].emoji == "x" * 32


STEPS: list[Step] = [
    lambda m: r.reworded(m, "two", 200),
    lambda m: r.reworded(m, "three", 300),
    lambda m: r.reacted(m, ANNA, "👍", 210),
    lambda m: r.reacted(m, ANNA, "", 220),
    lambda m: r.reacted(m, BEN, "❤", 230),
]


@pytest.mark.parametrize("deleted", [False, True])
@given(order=st.permutations(range(len(STEPS))), again=st.lists(st.integers(0, len(STEPS) - 1), max_size=5), cut=st.integers(0, 5))
def test_order_and_repetition_make_no_difference(deleted: bool, order: list[int], again: list[int], cut: int) -> None:
    steps = [STEPS[n] for n in [*order, *again]]
    if deleted:
        steps.insert(cut, lambda m: r.withdrawn(m, 400))
    message = said()
    for step in steps:
        message = step(message)
    assert {(x.author, x.emoji) for x in message.reactions} == {(ANNA, ""), (BEN, "❤")}
    assert (message.text, len(message.earlier)) == (("", 0) if deleted else ("three", 2))


def test_lists_show_what_their_newest_message_says_now() -> None:
    message = r.reworded(said(), "hello", 200)
    last = LastMessage(MessageId("m"), 100, Kind.CUSTOMER, "anna", "helo")
    changed = r.in_conversation(a_conversation("c", last=last), message, Reason("edited"))
    assert changed.conversation.last is not None
    assert changed.conversation.last.preview == "hello"
    assert changed.types == (EventType.MESSAGE_CHANGED,)
    other = a_conversation("c", last=LastMessage(MessageId("n"), 100, Kind.CUSTOMER, "anna", "newer"))
    assert r.in_conversation(other, message, Reason("edited")).conversation == other
    assert r.in_conversation(a_conversation("c", last=None), message, Reason("edited")).conversation.last is None
