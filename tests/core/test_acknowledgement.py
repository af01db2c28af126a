"""Who is told that his message has come in, and in which words."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from inbox.core.acknowledgement import HOUR_MS, LONGEST_NAME, Acknowledgement, nobody_reads, why_not, worded
from inbox.core.ids import ConversationId, MessageId
from inbox.core.message import Address, Author, Kind, Message

NOW = 1_767_600_000_000
ANNA = Address("email", "anna@example.org", "Anna Schmidt")
OWN = {"help@example.com"}


def written(sender: Address | None = ANNA, **fields: object) -> Message:
    message = Message(MessageId("m"), ConversationId("c"), Kind.CUSTOMER, Author("customer", "anna"), NOW, NOW, sender=sender)
    return replace(message, **fields)


def test_a_person_is_told_once_in_a_while() -> None:
    assert why_not(written(), OWN, 0, 24, NOW) == ""
    assert why_not(written(), OWN, NOW - 24 * HOUR_MS + 1, 24, NOW) == "told_lately"
    assert why_not(written(), OWN, NOW - 24 * HOUR_MS, 24, NOW) == ""


@pytest.mark.parametrize("why", ["auto-reply", "out-of-office", "auto-generated", "bounce", "complaint", "list"])
def test_a_machine_is_never_told(why: str) -> None:
    assert why_not(written(automatic=why), OWN, 0, 24, NOW) == "automatic"


def test_nobody_is_told_of_old_unreadable_or_own_mail() -> None:
    assert why_not(written(late=True), OWN, 0, 24, NOW) == "late"
    assert why_not(written(unreadable="too_large"), OWN, 0, 24, NOW) == "unreadable"
    for own in ("help@example.com", "Help+token@Example.com"):
        assert why_not(written(Address("email", own)), OWN, 0, 24, NOW) == "own_address"
    assert why_not(written(None), OWN, 0, 24, NOW) == "no_sender"
    assert why_not(written(Address("email", "")), OWN, 0, 24, NOW) == "no_sender"


@pytest.mark.parametrize(
    "local",
    [
        "noreply", "no-reply", "no_reply", "NoReply", "donotreply", "do-not-reply", "notreply", "news-noreply", "noreply+x",
        "no-reply-1a2b",
        "mailer-daemon", "MAILER-DAEMON", "daemon", "postmaster", "bounce", "bounces", "bounces+7=b.org", "list-bounces", "owner-list",
        "list-owner", "list-request", "listserv", "majordomo", "root", "never-reply",
    ],
)  # fmt: skip
def test_addresses_that_nobody_reads(local: str) -> None:
    assert nobody_reads(Address("email", f"{local}@example.org"))
    assert why_not(written(Address("email", f"{local}@example.org")), OWN, 0, 24, NOW) == "nobody_reads"


@pytest.mark.parametrize("local", ["anna", "reply", "nora.reply", "rooter", "owner", "bouncer", "noah.replyson", "request", "rebounces"])
def test_addresses_that_only_look_like_it(local: str) -> None:
    assert not nobody_reads(Address("email", f"{local}@example.org"))


def test_what_is_no_mail_address_is_somebody() -> None:
    assert not nobody_reads(Address("telegram", "noreply"))


def test_the_words_and_their_variables() -> None:
    said = Acknowledgement("Dear {{name}}, {{ number }} about {{subject}} is with {{channel}}.", "Closed. {{number}}", "office")
    values = {"number": "#7", "name": "Anna", "subject": "My order", "channel": "Support"}
    assert worded(said, values, is_open=True) == "Dear Anna, #7 about My order is with Support."
    assert worded(said, values, is_open=False) == "Closed. #7"
    assert worded(said, {**values, "channel": "shop.example"}, is_open=True).endswith("with shop.example.")
    assert worded(replace(said, outside_hours_text=""), values, is_open=False).startswith("Dear Anna")


@pytest.mark.parametrize(
    "name", ["win at https://spam.example", "www.spam.example", "spam.example now", "a@b", "<b>x</b>", "half\\off", "x/y"]
)
def test_what_a_stranger_calls_himself_leads_nowhere(name: str) -> None:
    assert worded(Acknowledgement("Dear {{name}}!"), {"name": name}, is_open=True) == "Dear!"


def test_a_strangers_words_are_one_short_line() -> None:
    assert worded(Acknowledgement("{{name}}"), {"name": "Anna\r\n\tSchmidt"}, is_open=True) == "Anna Schmidt"
    assert len(worded(Acknowledgement("{{name}}"), {"name": "A" * 900}, is_open=True)) == LONGEST_NAME
    assert worded(Acknowledgement("{{name}}"), {"name": "{{number}}", "number": "#7"}, is_open=True) == "{{number}}", "not filled in twice"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"text": ""}, "text"),
        ({"text": "Dear {{customer}}"}, "{{customer}} is none of number, name, subject, channel"),
        ({"text": "Hello", "outside_hours_text": "Closed {{x}}", "calendar": "office"}, "outside_hours_text"),
        ({"text": "Hello", "outside_hours_text": "Closed"}, "calendar"),
        ({"text": "Hello", "again_hours": 0}, "again_hours"),
        ({"text": "Hello", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_meant_is_refused(told: dict[str, object], said: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(told, Acknowledgement)
    assert said in str(refused.value)
