"""Mails made to exhaust or to break a parser: each is answered in a fraction of the processor time that the sandbox gives, its
sender is still known, nothing is raised."""

import time

import pytest

from connectors.email import limits
from connectors.email.mime import parse_mail
from inbox.connector import InboundMessage
from tests.connectors.email.cases import raw

HEAD = b"From: Jo <jo@customer.test>\r\nSubject: hello\r\n"
SECONDS = 4.0  # measured: 0.7 s at most; the sandbox gives 5, and coverage costs a factor of four
MIXED = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'


def nested(depth: int, lines: int = 0) -> bytes:
    parts = (b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i) for i in range(depth))
    return HEAD + b"".join(parts) + b"\r\n" + b"x\n" * lines


def parse(body: bytes) -> InboundMessage:
    started = time.process_time()
    (item,) = parse_mail(raw(body))
    assert time.process_time() - started < SECONDS
    assert isinstance(item, InboundMessage)
    assert item.sender.value == "jo@customer.test"
    return item


UNREADABLE = {
    "40,000 encoded words in the subject": (
        b"Subject: " + b"=?utf-8?q?word?= " * 40_000 + b"\r\nFrom: jo@customer.test\r\n\r\nx",
        "header_too_large",
    ),
    "40,000 recipients": (HEAD + b"To: " + b", ".join(b"u%d@x.test" % i for i in range(40_000)) + b"\r\n\r\nx", "header_too_large"),
    "20,000 pieces of a parameter": (
        HEAD + b"Content-Type: text/plain" + b"".join(b"; a*%d=x" % i for i in range(20_000)) + b"\r\n\r\nx",
        "header_too_large",
    ),
    "300,000 folded lines": (HEAD + b"X-Long: y\r\n" + b" z\r\n" * 300_000 + b"\r\nx", "header_too_large"),
    "30,000 header fields": (HEAD + b"X: y\r\n" * 30_000 + b"\r\nx", "too_many_headers"),
    "header block over the cap": (HEAD + (b"X: " + b"y" * 60_000 + b"\r\n") * 6 + b"\r\nx", "headers_too_large"),
    "100,000 parts": (HEAD + MIXED + b"--b\r\n\r\nx\r\n" * 100_000, "too_many_parts"),
    "10,000,000 lines like a boundary": (HEAD + MIXED + b"--\n" * 10_000_000, "too_many_parts"),
    "200 nested boundaries and 200,000 lines": (nested(200, 200_000), "too_deep"),
    "1,000 nested multiparts": (nested(1_000), "too_deep"),
    "part headers over the cap": (HEAD + MIXED + (b"--b\r\nX: " + b"y" * 60_000 + b"\r\n\r\n") * 20, "headers_too_large"),
    "more than 35 MiB": (HEAD + b"\r\n" + b"x" * (limits.MESSAGE + 1), "too_large"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_over_a_cap_it_is_kept_as_unreadable(name: str) -> None:
    body, reason = UNREADABLE[name]
    item = parse(body)
    assert item.unreadable == reason
    assert (item.text, item.html, item.files) == ("", "", ())


def html(source: bytes) -> bytes:
    return HEAD + b"Content-Type: text/html\r\n\r\n" + source


READABLE = {
    "49 nested boundaries and 5,000,000 lines": nested(49, 5_000_000),
    "3,000 nested attached mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 3_000 + b"x",
    "60,000 parentheses in To": HEAD + b"To: " + b"(" * 30_000 + b")" * 30_000 + b"a@x.test\r\n\r\nx",
    "60,000 open parentheses": HEAD + b"To: " + b"(" * 60_000 + b"\r\n\r\nx",
    "60,000 open angles and quotes": HEAD + b"To: " + b'<"' * 30_000 + b"\r\n\r\nx",
    "addresses that break others": HEAD + b"Message-ID: <>\r\nTo: a@[::\r\nCc: <@,:x@>, @, <<>>\r\n\r\nx",
    "60,000 semicolons in quotes": HEAD + b'Content-Type: text/plain; name="' + b";" * 60_000 + b"\r\n\r\nx",
    "charset idna": HEAD + b"Content-Type: text/plain; charset=idna\r\n\r\nxn--\xff",
    "charset punycode in a word": HEAD + b"X: =?punycode?q?a-?=\r\nTo: =?unicode_escape?q?=5Cu003c?= <a@x.test>\r\n\r\nx",
    "25 MiB attachment": HEAD + MIXED + b"--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + (b"QUJD" * 19 + b"\r\n") * 330_000 + b"--b--",
    "15,000,000 empty lines": HEAD + b"\r\n" + b"\n" * 15_000_000,
    "25 MiB of text": HEAD + b"\r\n" + b"hello world\r\n" * 2_000_000,
    "500,000 flowed lines": HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \n" * 500_000,
    "3 MB of quoted-printable": HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=3D" * 1_000_000,
    "2,000 header blocks in quotes": HEAD + b"\r\n" + b"> From: a Sent: b To: " * 2_000,
    "16,000 beginnings of an attribution": HEAD + b"\r\n" + b"On \n" * 16_000,
    "attributions without an end": HEAD + b"\r\n" + b"On 1 wrote\n" * 6_000,
    "From lines of Outlook": HEAD + b"\r\n" + b"From: x\n" * 8_000,
    "200,000 quoted lines": HEAD + b"\r\n" + b"> From:\n" * 200_000,
    "60,000 nested div": html(b"<div>" * 60_000),
    "300,000 open comments": html(b"<!--" * 300_000),
    "300,000 open quotes in tags": html(b"<a \"'" * 300_000),
    "300,000 scripts": html(b"<script>" * 300_000),
    "300,000 ampersands": html(b"&#" * 300_000),
    "2 MB of tags": html(b"<p>hello <b>x</b></p>\n" * 90_000),
    "one tag of 2 MB": html(b"<a " + b"class=gmail_quote " * 120_000 + b">"),
}  # fmt: skip


@pytest.mark.parametrize("name", READABLE)
def test_costly_but_allowed_it_is_read(name: str) -> None:
    assert parse(READABLE[name]).unreadable == ""


def test_escapes_of_python_never_become_markup() -> None:
    item = parse(HEAD + b"Content-Type: text/html; charset=unicode_escape\r\n\r\n\\u003cscript\\u003e")
    assert item.html == "\\u003cscript\\u003e"


def test_html_too_deep_for_the_sanitiser_goes_along_as_a_file() -> None:
    item = parse(html(b"<div>" * 257 + b"words"))
    assert (item.html, item.text, [f.name for f in item.files]) == ("", "words", ["message.html"])
    assert parse(html(b"<div>" * 256 + b"words")).html


def test_html_too_large_for_the_sanitiser_goes_along_as_a_file() -> None:
    item = parse(html(b"<p>" + b"x" * limits.HTML))
    assert item.html == ""
    assert len(item.files[0].content) == limits.HTML + 3
    assert item.text.startswith("xxx")


def test_more_than_a_hundred_files_are_said_to_be_too_many() -> None:
    files = b"".join(b"--b\r\nContent-Type: application/pdf\r\n\r\nx\r\n" for _ in range(101))
    item = parse(HEAD + MIXED + b"--b\r\n\r\nwords\r\n" + files)
    assert (item.unreadable, item.text, len(item.files)) == ("too_many_files", "words", 100)
