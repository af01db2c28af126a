"""Search words: what is typed finds what was written, in any script, in linear time."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core.conversation import Category, Priority
from inbox.core.errors import Invalid
from inbox.core.ids import ChannelId, CustomerId, QueueId, TeamId
from inbox.core.views import ACTIVE, UNFINISHED, View
from inbox.core.words import ALL_HISTORY, MAX_TEXT, MAX_WORD, MAX_WORDS, SearchQuery, field_words, normalised, query, words
from tests.core import strategies as some


def found(typed: str, written: str) -> bool:
    """Whether a text is found by what was typed."""
    asked, there = query(typed), words(written)
    return set(asked.words) <= there and all(any(word.startswith(p) for word in there) for p in asked.prefixes)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("REFUND", "a refund, please"),
        ("refu", "a refund, please"),
        ("cafe", "Café"),
        ("café", "CAFE\u0301"),
        ("strasse", "Straße 5"),
        ("istanbul", "İSTANBUL"),
        ("smorrebrod", "Smørrebrød"),
        ("lodz", "Łódź"),
        ("елка", "Ёлка"),
        ("fine", "ﬁne"),
        ("2", "②"),
        ("A-1042", "order a-1042/7"),
        ("alice@example.com", "write to Alice@Example.com!"),
        ("猫", "黒猫が好き"),
        ("黒猫", "私は黒猫が好き"),
        ("猫が好", "黒猫が好き"),
        ("ガ", "カ\u3099"),
        ("고객", "고객이 왔다"),
        ("สวัส", "สวัสดีครับ"),
        ("हिन्दी", "हिन्दी भाषा"),
        ("محمد", "مُحَمَّد"),
        ("don't", "Don’t"),
        ("x" * 60, "x" * 60),
        ("abc猫", "abc猫が"),
        ("half", "ｈａｌｆ"),
        ("2026", "سال ۲۰۲۶"),
    ],
)
def test_what_is_typed_finds_what_was_written(typed: str, written: str) -> None:
    assert found(typed, written)


@pytest.mark.parametrize(
    ("typed", "written"), [("refund ", "refunds"), ("犬", "黒猫"), ("हिन्द", "हन्दी"), ("cafe bar", "cafe"), ('"pay now"', "pay later")]
)
def test_what_was_not_written_is_not_found(typed: str, written: str) -> None:
    assert not found(typed, written)


@given(some.texts)
def test_a_text_finds_itself(text: str) -> None:
    if len(text) <= 1000 and not any(sign in text for sign in ':#"'):
        assert found(text, text)


@given(some.texts)
def test_words_are_normal_short_and_final(text: str) -> None:
    for word in words(text):
        assert 0 < len(word) <= MAX_WORD
        assert not any(ch.isspace() or ch in "\ud800:_" for ch in word)
        assert normalised(word) == word


@given(st.lists(some.texts, max_size=4))
def test_joined_texts_have_the_words_of_both(parts: list[str]) -> None:
    assert words(" ".join(parts)) == frozenset().union(*(words(part) for part in parts))


def test_separators_join_nothing_and_are_no_words() -> None:
    assert words("a_b-c.d/e f'g\x00h\ud800i") == set("abcdefghi")
    assert words("— … !? 👍 _") == frozenset()
    assert words("so\u00adft zero\u200bwidth") == {"soft", "zerowidth"}


def test_scripts_without_blanks_are_cut_into_pairs_and_a_last_one() -> None:
    assert words("黒猫x日本") == {"黒猫", "猫", "x", "日本", "本"}


def test_there_are_limits() -> None:
    assert words("y" * 41) == {"y" * 40}
    many = words(" ".join(f"w{n}" for n in range(MAX_WORDS + 9)))
    assert many == {f"w{n}" for n in range(MAX_WORDS)}
    assert words(" " * MAX_TEXT + "late") == frozenset()
    assert words(" " * (MAX_TEXT - 1) + "x") == {"x"}
    assert len(normalised("\ufdfa" * MAX_TEXT)) <= 2 * MAX_TEXT


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "hostile",
    [
        "a" + "\u0301\u0316" * 100_000,
        "\ufdfa" * 200_000,
        "\u1100\u1161" * 100_000,
        "ก\u0e38\u0e48" * 70_000,
        '"' * 200_000,
        "\u0344" * 200_000,
    ],
    ids=["marks", "ligature", "jamo", "thai", "quotes", "double marks"],
)
def test_hostile_texts_take_no_longer_than_others(hostile: str) -> None:
    """Sorting 200,000 marks of one letter takes 20 seconds where nothing limits their number."""
    assert len(words(hostile)) <= MAX_WORDS


def test_marks_beyond_thirty_are_dropped_and_the_letter_is_still_found() -> None:
    assert words("a" + "\u0301" * 500 + "b") == {"ab"}
    assert len(normalised("क" + "\u093f" * 100)) == 31


def test_words_of_a_field_are_not_those_of_the_text() -> None:
    assert field_words("from", "Alice <alice@x.org>") == {"from:alice", "from:x", "from:org"}


# --- queries


def test_plain_words_the_last_one_is_still_being_typed() -> None:
    assert query("Order refund") == SearchQuery(words=("order",), prefixes=("refund",))
    assert query("Order refund ") == SearchQuery(words=("order", "refund"))
    assert query("b a b a ") == SearchQuery(words=("a", "b"))
    assert query("") == query(" \n ") == query('""') == query("!") == SearchQuery()


def test_a_phrase_is_exact() -> None:
    assert query('say "Pay NOW"') == SearchQuery(words=("now", "pay", "say"), phrases=("pay now",))
    assert query('"unclosed phrase') == SearchQuery(words=("unclosed",), prefixes=("phrase",))


def test_senders_and_recipients_are_words_of_their_fields() -> None:
    assert query("from:alice@ex x") == SearchQuery(words=("from:alice",), prefixes=("from:ex", "x"))
    assert query('to:"Bob Smith"') == SearchQuery(words=("to:bob", "to:smith"))
    assert set(query('from:"alice"').words) <= field_words("from", "Alice")


def test_conditions_on_the_conversation() -> None:
    asked = query('TAG:vip tag:"big deal" tag:vip is:open is:Waiting is:open assignee:bea assignee:me channel:mail customer:"Kim L"')
    assert asked == SearchQuery(
        where=View(
            "search",
            (Category.OPEN, Category.WAITING),
            tags=("vip", "big deal"),
            assignee="me",
            channel=ChannelId("mail"),
            customer=CustomerId("Kim L"),
        )
    )
    assert query("is:unassigned is:closed").where == View("search", (Category.RESOLVED,), assignee="none", bot=False)


def test_searches_take_every_operator_of_filters() -> None:
    where = query("zip priority:urgent team:sales queue:none is:mine ").where
    assert where == replace(ALL_HISTORY, priority=Priority.URGENT, team=TeamId("sales"), queue=QueueId("none"), assignee="me")
    for text, categories in (
        ("is:late", ACTIVE),
        ("is:queued", ACTIVE),
        ("is:mentioned", UNFINISHED),
        ("is:late is:closed", (Category.RESOLVED,)),
    ):
        assert query(text).where.categories == categories, text
    for text in ("is:nothing", "priority:huge"):
        with pytest.raises(Invalid, match="takes"):
            query(text)


def test_days_begin_at_midnight_utc() -> None:
    assert query("after:2026-01-01 before:2026-02-01") == SearchQuery(after=1_767_225_600_000, before=1_769_904_000_000)
    assert query("after:1969-12-31").after == -86_400_000


def test_a_conversations_number() -> None:
    assert query("#1042") == SearchQuery(number=1042)
    assert query("#1042 #7").number == 7
    assert query("#1234567890") == SearchQuery(prefixes=("1234567890",))
    assert query("#٣") == SearchQuery(prefixes=("3",))
    assert query('"#1042"') == SearchQuery(words=("1042",), phrases=("#1042",))


def test_what_is_no_operator_is_text() -> None:
    assert query("https://x.org/a ") == SearchQuery(words=("a", "https", "org", "x"))
    assert query('re:"big order"') == SearchQuery(words=("big", "order", "re"))


def test_an_operator_without_a_value_waits_for_it() -> None:
    for operator in ("from", "to", "tag", "is", "assignee", "channel", "customer", "before", "after", "From"):
        assert query(f"{operator}:") == SearchQuery()
    assert query("is: x") == SearchQuery(prefixes=("x",))


@pytest.mark.parametrize(
    "bad", ["is:never", "before:yesterday", "after:2026-13-01", "after:2026-1-1", "before:2026-02-30", "after:٢٠٢٦-01-01", "x" * 1001]
)
def test_what_an_operator_does_not_take_is_said(bad: str) -> None:
    with pytest.raises(Invalid) as refused:
        query(bad)
    assert refused.value.field == "q"
    assert str(refused.value).startswith("q: " + (bad.partition(":")[0] + ": takes" if ":" in bad else "at most"))


def test_a_query_has_limits() -> None:
    assert query("x" * 1000).prefixes == ("x" * 40,)
    asked = query(" ".join(f"{n:03}" for n in range(99)))
    assert len(asked.words) == 32
    assert len(query("猫 " * 200 + " ".join(chr(0x4E00 + n) for n in range(99))).prefixes) == 32


@given(some.texts | st.text('abis:"# tofrm-19猫\u0301', max_size=40))
@example('"\u0300"')
def test_any_text_is_a_query_or_refused(text: str) -> None:
    try:
        asked = query(text)
    except Invalid:
        return
    assert "" not in asked.words + asked.prefixes + asked.phrases


def test_characters_of_scripts_without_blanks_in_a_query() -> None:
    assert query("黒猫 ") == query("黒猫") == SearchQuery(words=("黒猫",))
    assert query("猫 ") == query("猫") == SearchQuery(prefixes=("猫",))
    assert query("黒猫が ") == SearchQuery(words=("猫が", "黒猫"))
    assert query("abc猫犬") == SearchQuery(words=("abc", "猫犬"))
    assert query("abc猫") == SearchQuery(words=("abc",), prefixes=("猫",))
    assert query("猫abc") == SearchQuery(prefixes=("abc", "猫"))
