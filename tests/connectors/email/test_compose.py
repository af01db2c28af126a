"""What leaves the house is correct mail, the same at every attempt, and holds no field that was not meant."""

import email
import email.policy
import re
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from connectors.email.compose import Composed, compose
from connectors.email.heading import ascii_domain
from connectors.email.mime import parse_mail
from inbox.connector import InboundMessage, OutboundFile, OutboundMessage, Quoted
from inbox.core.errors import Rejected
from inbox.core.message import Address
from tests.connectors.email.cases import raw
from tests.connectors.email.outgoing import AT, MESSAGE_TOKEN, SETTINGS, TOKEN, mail_to, reply

FIELDS = [
    "From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "X-Inbox-Message",
    "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
]  # fmt: skip
WHOLE = reply(
    author="Jörg Müller",
    to=(Address("email", "jo@customer.test", 'Doe, "Jo"'),),
    cc=(Address("email", "用户@müller.test", "用户"),),
    bcc=mail_to("archive@example.test"),
    text="Liebe **Jo**,\n\nsiehe [hier](https://example.test/a?b=1).\n\n![](cid:p1@example.test)\n\n.\nFrom Bonn: Grüße",
    subject="Re: Größe " + "ändern " * 20,
    references=tuple(f"{n}.{'x' * 60}@customer.test" for n in range(40)),
    files=(
        OutboundFile("f1", "Bericht für Jo.pdf", "application/pdf", 3),
        OutboundFile("f2", "bild.png", "image/png", 4, "p1@example.test", True),
        OutboundFile("f3", "weiter.eml", "message/rfc822", 9),
    ),
    signature="Jörg\n*Support*",
    quoted=Quoted("Jo", AT, "Wie groß ist er?\n<b>Und wie breit?</b>"),
)
CONTENTS = {"f1": b"PDF", "f2": b"\x89PNG", "f3": b"A: b\r\n\r\nc"}


def composed(message: OutboundMessage) -> Composed:
    return compose(message, SETTINGS, CONTENTS)


def read(mail: Composed) -> EmailMessage:
    return email.message_from_bytes(mail.data, policy=email.policy.default)


def sent_back(mail: Composed) -> InboundMessage:
    (item,) = parse_mail(raw(mail.data))
    assert isinstance(item, InboundMessage)
    return item


def test_what_we_write_we_read() -> None:
    item = sent_back(composed(WHOLE))
    assert item.sender == Address("email", "support@example.test", "Jörg Müller (Example Support)")
    assert item.to == (Address("email", "jo@customer.test", 'Doe, "Jo"'),)
    assert item.cc == (Address("email", "用户@xn--mller-kva.test", "用户"),)
    assert item.subject == WHOLE.subject.strip()
    assert item.at == AT
    assert item.external_id == f"inbox.{MESSAGE_TOKEN}@example.test"
    assert item.echo == MESSAGE_TOKEN
    assert item.references[0] == WHOLE.references[-1]
    assert item.references[-1] == WHOLE.references[0]
    assert item.reply_to[0].value == f"support+{TOKEN}@example.test"
    assert item.text[: item.fresh] == WHOLE.text
    assert [(f.name, f.type, f.content, f.inline) for f in item.files] == [
        ("bild.png", "image/png", b"\x89PNG", True),
        ("Bericht für Jo.pdf", "application/pdf", b"PDF", False),
        ("weiter.eml", "application/octet-stream", b"A: b\r\n\r\nc", False),
    ]


def test_another_reader_reads_the_same() -> None:
    mail = read(composed(WHOLE))
    assert mail["subject"] == WHOLE.subject.strip()
    assert mail["to"].addresses[0].display_name == 'Doe, "Jo"'
    assert mail["from"].addresses[0].addr_spec == "support@example.test"
    assert not [defect for part in mail.walk() for defect in part.defects]
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert "> Wie groß ist er?" in plain.get_content()
    assert "<strong>Jo</strong>" in rich.get_content()


def test_every_attempt_gives_the_same_bytes() -> None:
    assert composed(WHOLE) == composed(replace(WHOLE, attempt=7))
    assert composed(WHOLE).data != composed(replace(WHOLE, text="other")).data


def test_lines_are_ended_and_short_enough_for_any_server() -> None:
    data = composed(replace(WHOLE, text="x" * 5_000 + "\nä" * 2_000, subject="y" * 900)).data
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", data)
    assert max(map(len, data.split(b"\r\n"))) <= 998


def test_hidden_copies_are_in_the_envelope_only() -> None:
    mail = composed(WHOLE)
    assert [*mail.recipients] == ["jo@customer.test", "用户@xn--mller-kva.test", "archive@example.test"]
    assert b"archive@" not in mail.data
    assert b"\r\nTo: undisclosed-recipients:;\r\n" in composed(reply(to=(), bcc=mail_to("a@x.test"))).data


def test_a_repeated_send_goes_to_those_who_still_lack_it_and_looks_the_same() -> None:
    again = composed(replace(WHOLE, envelope=("archive@example.test",)))
    assert [*again.recipients] == ["archive@example.test"]
    assert again.data == composed(WHOLE).data


@pytest.mark.parametrize(
    ("message", "submitted"),
    [(reply(automatic=True), "auto-replied"), (reply(automatic=True, references=()), "auto-generated"), (reply(), None)],
)
def test_automatic_mails_say_so(message: OutboundMessage, submitted: str | None) -> None:
    mail = read(composed(message))
    assert mail["auto-submitted"] == submitted
    assert mail["x-auto-response-suppress"] == ("All" if submitted else None)


def test_markdown_lets_no_script_and_no_tracking_in() -> None:
    text = "<script>alert(1)</script> [x](javascript:alert(1)) ![pixel](https://evil.test/p.png) <img src=x onerror=alert(1)>"
    part = read(composed(reply(text=text, signature=text, quoted=Quoted(text, AT, text)))).get_body(("html",))
    assert part is not None
    tags = set(re.findall(r"<(/?\w+)([^>]*)", part.get_content()))
    assert {name.strip("/") for name, _ in tags} <= {"html", "head", "meta", "body", "p", "div", "br", "blockquote"}
    assert not [rest for _, rest in tags if "javascript" in rest or "onerror" in rest or "src" in rest]


def test_without_plus_addressing_answers_go_to_the_plain_address() -> None:
    assert b"\r\nReply-To" not in compose(reply(), replace(SETTINGS, plus_addressing=False), {}).data
    assert b"\r\nReply-To" not in composed(reply(token="")).data


def test_only_addresses_beyond_ascii_need_smtputf8() -> None:
    assert composed(WHOLE).utf8
    assert not composed(reply(to=(Address("email", "jo@müller.test", "用户"),))).utf8


INJECTIONS = ["a\r\nBcc: v@x.test", "a\nX: y", "a\rX: y", "a\x00b", "a\r\n\r\nbody"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_line_break_in_a_field_is_refused(text: str) -> None:
    for message in (
        reply(subject=text),
        reply(author=text),
        reply(to=(Address("email", "a@x.test", text),)),
        reply(to=mail_to(text)),
        reply(cc=mail_to(f"a@x.test{text}")),
        reply(token=text),
        reply(message_token=text),
        reply(files=(OutboundFile("f1", "n", "image/png", 1, text, True),)),
    ):
        with pytest.raises(Rejected):
            composed(message)


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_line_break_elsewhere_does_no_harm(text: str) -> None:
    mail = composed(reply(references=(text, f"a@x.test{text}"), files=(OutboundFile("f1", text, text, 1),)))
    assert read(mail).keys() == read(composed(reply(references=(), files=(OutboundFile("f1", "n", "a/b", 1),)))).keys()


@given(st.text(max_size=200), st.text(max_size=80), st.text(max_size=80), st.text(max_size=80), st.lists(st.text(max_size=60), max_size=4))
def test_whatever_is_written_no_other_field_appears(subject: str, name: str, author: str, file: str, ids: list[str]) -> None:
    message = reply(
        subject=subject,
        author=author,
        to=(Address("email", "a@x.test", name),),
        references=tuple(ids),
        files=(OutboundFile("f1", file, "application/pdf", 3),),
    )
    try:
        mail = composed(message)
    except Rejected:
        return
    head = mail.data.split(b"\r\n\r\n", 1)[0]
    names = [line.split(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert names == [name for name in FIELDS if name in names]
    assert max(map(len, head.split(b"\r\n"))) <= 998
    item = sent_back(mail)
    assert item.subject == " ".join(item.subject.split())
    assert [a.value for a in item.to] == ["a@x.test"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@",
        "@x.test",
        "a b@x.test",
        "a@x..test",
        "<a@x.test>",
        "a@x.test,b@x.test",
        "unknown:support",
        "a@-ä\u0300" + "x" * 80,
    ],
)
def test_what_is_no_address_is_refused_by_name(address: str) -> None:
    with pytest.raises(Rejected) as refused:
        composed(reply(to=mail_to("a@x.test", address)))
    assert refused.value.reason == "invalid_address"
    assert list(refused.value.recipients) == [address]


def test_domains_are_written_as_dns_knows_them() -> None:
    assert ascii_domain("Jo@MÜLLER.test") == "jo@xn--mller-kva.test"


def test_nobody_to_send_to_is_refused() -> None:
    with pytest.raises(Rejected, match="no_recipient"):
        composed(reply(to=()))
