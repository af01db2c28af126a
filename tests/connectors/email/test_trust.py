"""Who is believed to have sent a mail, and what in it may join it to a conversation."""

import pytest

from connectors.email.authentication import proves
from connectors.email.mime import parse_mail
from inbox.connector import InboundMessage
from tests.connectors.email.cases import raw

US = "mx.example.test"


@pytest.mark.parametrize(
    ("field", "believed"),
    [
        (b"mx.example.test; dmarc=pass header.from=customer.test", True),
        (b"MX.example.test 1; dmarc=pass (p=none) header.from=Customer.Test", True),
        (b"mx.example.test; dmarc=fail; dkim=pass header.d=customer.test", False),
        (b"mx.example.test; dmarc=pass header.from=other.test", False),
        (b"mx.other.test; dmarc=pass header.from=customer.test", False),
        (b"mx.example.test.evil.test; dmarc=pass header.from=customer.test", False),
        (b"(mx.example.test) mx.evil.test; dmarc=pass header.from=customer.test", False),
        (b'mx.evil.test; x="; mx.example.test; dmarc=pass"; dmarc=pass', False),
        (b"mx.example.test; none", False),
        (b"mx.example.test; dmarc=none; dkim=pass header.d=customer.test", True),
        (b"mx.example.test; dkim=pass header.i=@customer.test", True),
        (b"mx.example.test; dkim=pass header.d=test", False),
        (b"mx.example.test; dkim=pass header.d=evil.customer.test", False),
        (b"mx.example.test; dkim=fail header.d=customer.test; dkim=pass header.d=sender.test", False),
        (b"mx.example.test; dkim=pass (good header.d=customer.test) header.d=evil.test", False),
        (b"mx.example.test; spf=pass smtp.mailfrom=jo@customer.test", True),
        (b"mx.example.test; spf=pass smtp.mailfrom=bounce.customer.test", False),
        (b"mx.example.test; spf=softfail smtp.mailfrom=customer.test", False),
    ],
)
def test_only_our_own_server_proves_a_sender(field: bytes, believed: bool) -> None:
    assert proves([field], US, "jo@customer.test") is believed


def test_the_topmost_verdict_counts() -> None:
    fail, forged = b"mx.example.test; dmarc=fail", b"mx.example.test; dmarc=pass header.from=customer.test"
    assert not proves([fail, forged], US, "jo@customer.test")


def test_without_a_configured_server_nobody_is_believed() -> None:
    assert not proves([b"mx.example.test; dmarc=pass header.from=customer.test"], "", "jo@customer.test")
    assert not proves([b"; dmarc=pass"], "", "jo@customer.test")


def message(head: str, **context: str) -> InboundMessage:
    (item,) = parse_mail(raw(f"{head}\n\nwords\n".encode(), **context))
    assert isinstance(item, InboundMessage)
    return item


@pytest.mark.parametrize("second", ["From: boss@bank.test", "From: jo@customer.test"])
def test_two_from_fields_prove_nothing(second: str) -> None:
    item = message(f"Authentication-Results: {US}; dmarc=pass header.from=customer.test\nFrom: jo@customer.test\n{second}")
    assert (item.sender.value, item.authenticated) == ("jo@customer.test", False)


def test_two_addresses_in_from_prove_nothing() -> None:
    assert not message(f"Authentication-Results: {US}; dmarc=pass header.from=x.test\nFrom: a@x.test, b@x.test").authenticated


TOKEN = "qaddhu7z6edojq5zuxlcbc3pqy"


@pytest.mark.parametrize(
    ("head", "context"),
    [
        (f"To: Support <support+{TOKEN}@example.test>", {}),
        (f"Cc: other@x.test, support+{TOKEN}@example.test", {}),
        (f"Delivered-To: support+{TOKEN}@example.test", {}),
        (f"X-Original-To: support+{TOKEN}@example.test", {}),
        ("To: support@example.test", {"rcpt_to": f"support+{TOKEN}@example.test"}),
        (f"In-Reply-To: <inbox.{TOKEN}@example.test>", {}),
        (f"References: <a@x.test> <inbox.{TOKEN}@example.test>\n\t<b@x.test>", {}),
    ],
)
def test_tokens_are_found_wherever_mail_carries_them(head: str, context: dict[str, str]) -> None:
    assert TOKEN in message(f"From: jo@customer.test\n{head}", **context).tokens


def test_tokens_keep_the_case_in_which_they_came() -> None:
    assert message("From: a@x.test\nTo: support+AbCdEfGh@example.test").tokens == ("AbCdEfGh",)


def test_references_come_nearest_first_each_once() -> None:
    item = message("From: a@x.test\nReferences: <1@x> <2@x> <3@x>\nIn-Reply-To: <3@x>")
    assert item.references == ("3@x", "2@x", "1@x")


def test_the_provider_group_through_which_our_mail_comes_is_no_list() -> None:
    group = "From: jo@customer.test\nList-ID: <support.example.test>\nList-Post: <mailto:support@example.test>\nPrecedence: list"
    assert message(group).automatic == "list"
    assert message(group, own="support@example.test sales@example.test").automatic == ""
    assert message(group, own="sales@example.test").automatic == "list"


def test_the_null_sender_of_the_envelope_marks_an_automatic_mail() -> None:
    assert message("From: jo@customer.test", mail_from="<>").automatic == "auto-reply"
    assert message("From: jo@customer.test\nReturn-Path: <>").automatic == "auto-reply"
    assert message("From: jo@customer.test", mail_from="jo@customer.test").automatic == ""


def test_our_own_mail_is_known_by_its_id_or_by_our_field() -> None:
    token = "a" * 52
    assert message(f"From: support@example.test\nMessage-ID: <inbox.{token}@example.test>").echo == token
    assert message(f"From: support@example.test\nMessage-ID: <1@relay.test>\nX-Inbox-Message: {token}").echo == token
    assert message(f"From: jo@customer.test\nMessage-ID: <1@x.test>\nIn-Reply-To: <inbox.{token}@example.test>").echo == ""
