"""One mail has one key, by whichever way it comes; another mail has another."""

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.email.key import mail_key
from connectors.email.mime import parse_mail
from inbox.connector import InboundMessage
from tests.connectors.email.cases import CASES, HERE, raw

MAIL = (
    b"From: jo@customer.test\r\nSubject: a\r\n b\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@x.test>\r\n\r\nHello\r\nJo\r\n"
)


def test_what_carriers_change_does_not_count() -> None:
    carried = (
        b"Return-Path: <jo@customer.test>\nDelivered-To: support@example.test\nReceived: from a by b;\n\tSat\n"
        b"Authentication-Results: mx; dkim=pass\nX-Spam-Score: 1\nSubject:  a b \nFrom: jo@customer.test\n"
        b"Message-ID: <1@x.test>\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n\nHello\nJo\n\n"
    )
    assert mail_key(carried) == mail_key(MAIL)


def test_everything_the_sender_wrote_counts() -> None:
    changed = [
        MAIL.replace(b"jo@", b"bo@"),
        MAIL.replace(b"a\r\n b", b"a"),
        MAIL.replace(b"10:00", b"10:01"),
        MAIL.replace(b"<1@", b"<2@"),
        MAIL.replace(b"Hello", b"Hallo"),
        MAIL.replace(b"Hello\r\n", b"Hello\r\n\r\n"),
        MAIL.replace(b"Subject", b"X-Subject"),
    ]
    assert len({mail_key(mail) for mail in [MAIL, *changed]}) == len(changed) + 1


def test_the_message_bears_the_key_that_the_ledger_knows() -> None:
    for case in CASES:
        body = (HERE / f"{case}.in.eml").read_bytes()
        items = parse_mail(raw(body))
        assert [item.key for item in items if isinstance(item, InboundMessage)] in ([], [mail_key(body)])


@settings(max_examples=30)
@given(st.lists(st.sampled_from([b"\r\n", b"\n", b"\rx", b"x", b"\r\n\r\n"]), max_size=40), st.integers(1, 5))
def test_line_ends_do_not_count_wherever_the_steps_fall(pieces: list[bytes], step: int) -> None:
    body = b"x" * ((1 << 20) - step) + b"".join(pieces)
    assert mail_key(b"A: b\r\n\r\n" + body) == mail_key(b"A: b\n\n" + body.replace(b"\r\n", b"\n").rstrip(b"\n"))
