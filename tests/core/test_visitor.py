"""Who may open whose thread, which pages may embed a chat, and what counts as a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.ids import ChannelId
from inbox.core.visitor import (
    Known,
    Newcomer,
    Visitor,
    VisitorId,
    admit,
    line_key,
    origin_allowed,
    picture_matches,
)
from inbox.core.widget import WidgetSettings


def visitor(id: str, subject: str = "") -> Visitor:
    return Visitor(VisitorId(id), ChannelId("shop"), secret=f"hash of {id}", created_at=0, subject=subject)


ANONYMOUS = visitor("browser")
ADAS = visitor("ada", "ada")
BOBS = visitor("bob", "bob")


@pytest.mark.parametrize(
    ("by_token", "by_subject", "subject", "expected"),
    [
        (None, None, "", Newcomer("unknown")),
        (ANONYMOUS, None, "", Known(ANONYMOUS)),
        (ADAS, None, "", Newcomer("locked")),
        (None, None, "ada", Newcomer("unknown")),
        (ANONYMOUS, None, "ada", Known(ANONYMOUS, bind=True)),
        (ANONYMOUS, ADAS, "ada", Known(ADAS)),
        (None, ADAS, "ada", Known(ADAS)),
        (BOBS, ADAS, "ada", Known(ADAS)),
        (BOBS, None, "ada", Newcomer("other_user")),
    ],
)
def test_whose_thread_opens(by_token: Visitor | None, by_subject: Visitor | None, subject: str, expected: Known | Newcomer) -> None:
    assert admit(by_token, by_subject, subject) == expected


@given(st.sampled_from([None, ANONYMOUS, ADAS, BOBS]), st.sampled_from(["", "ada", "bob", "eve"]))
def test_a_thread_bound_to_a_user_opens_for_that_user_only(by_token: Visitor | None, subject: str) -> None:
    by_subject = {"ada": ADAS, "bob": BOBS}.get(subject)
    match admit(by_token, by_subject, subject):
        case Known(opened):
            assert opened.subject in ("", subject)
        case Newcomer():
            assert by_token != ANONYMOUS


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example", True),
        ("https://SHOP.example", True),
        ("http://shop.example", False),
        ("https://shop.example:8443", False),
        ("https://shop.example.evil.test", False),
        ("https://evil.test/https://shop.example", False),
        ("https://evilshop.example", False),
        ("https://a.b.partner.example", True),
        ("https://partner.example", False),
        ("https://.partner.example", False),
        ("https://evilpartner.example", False),
        ("http://a.partner.example", False),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("null", False),
        ("", False),
        (None, False),
    ],
)
def test_only_listed_origins_may_embed(origin: str | None, allowed: bool) -> None:
    origins = ("https://shop.example", "https://*.partner.example", "http://127.0.0.1:8080", "http://[::1]:8080")
    assert origin_allowed(origin, WidgetSettings(origins=origins).origins) is allowed


@given(st.text())
def test_a_channel_without_origins_is_embedded_nowhere(origin: str) -> None:
    assert not origin_allowed(origin, ())


@pytest.mark.parametrize(
    ("type", "head", "matches"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", True),
        ("image/jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF", True),
        ("image/gif", b"GIF89a", True),
        ("image/webp", b"RIFF\x24\0\0\0WEBPVP8 ", True),
        ("image/avif", b"\0\0\0\x20ftypavif", True),
        ("image/png", b"<html><script>", False),
        ("image/webp", b"RIFF\x24\0\0\0WAVEfmt ", False),
        ("image/avif", b"\0\0\0\x20ftypheic", False),
        ("image/png", b"", False),
        ("application/pdf", b"<html>", True),
    ],
)
def test_what_is_shown_as_a_picture_begins_like_one(type: str, head: bytes, matches: bool) -> None:
    assert picture_matches(type, head) is matches


def test_a_line_is_its_visitors_own() -> None:
    assert line_key("a", "12345678") != line_key("b", "12345678")
