"""Our own signed tokens: each is good for one purpose, one thing and a short time."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.errors import NotAuthentic
from inbox.core.ids import ChannelId, FileId
from inbox.core.visitor import VisitorFile, VisitorId
from inbox.gateway.visitor_tokens import Tickets, UploadTicket

NOW = 1_790_000_000_000
MINUTE = 60_000
TICKETS = Tickets(b"k" * 32)
OTHER = Tickets(b"o" * 32)
UPLOAD = UploadTicket("shop", "v1", "f1", "a.png", "image/png", 10)
FILE = VisitorFile(FileId("f1"), "a.png", "image/png", 10)


def upload(t: Tickets) -> str:
    return t.upload(UPLOAD, NOW)


def reference(t: Tickets) -> str:
    return t.reference(VisitorId("v1"), FILE, NOW)


def link(t: Tickets) -> str:
    return t.link(ChannelId("shop"), "f1", NOW)


READ: dict[Callable[[Tickets], str], Callable[[str, int], object]] = {
    upload: TICKETS.read_upload,
    reference: TICKETS.read_reference,
    link: TICKETS.read_link,
}


@pytest.mark.parametrize(("issue", "minutes"), [(upload, 5), (reference, 24 * 60), (link, 60)])
def test_each_is_good_until_its_time_is_over(issue: Callable[[Tickets], str], minutes: int) -> None:
    token = issue(TICKETS)
    assert READ[issue](token, NOW + minutes * MINUTE - 1000)
    with pytest.raises(NotAuthentic):
        READ[issue](token, NOW + 2 * minutes * MINUTE + 1000)


@pytest.mark.parametrize("issue", READ)
def test_none_passes_for_another_or_under_another_key(issue: Callable[[Tickets], str]) -> None:
    for purpose, read in READ.items():
        if purpose is not issue:
            with pytest.raises(NotAuthentic):
                read(issue(TICKETS), NOW)
    with pytest.raises(NotAuthentic):
        READ[issue](issue(OTHER), NOW)


@given(st.text(max_size=200), st.sampled_from(list(READ.values())))
def test_any_text_is_refused(token: str, read: Callable[[str, int], object]) -> None:
    with pytest.raises(NotAuthentic):
        read(token, NOW)


def test_a_link_stays_the_same_within_its_hour_so_that_browsers_may_keep_the_picture() -> None:
    hour = NOW - NOW % (60 * MINUTE)
    assert TICKETS.link(ChannelId("shop"), "f1", hour) == TICKETS.link(ChannelId("shop"), "f1", hour + 59 * MINUTE)


def test_addresses_are_kept_only_as_keyed_hashes() -> None:
    assert TICKETS.blind("203.0.113.9") == TICKETS.blind("203.0.113.9")
    assert len({TICKETS.blind("203.0.113.9"), TICKETS.blind("203.0.113.8"), OTHER.blind("203.0.113.9")}) == 3
    assert "203" not in TICKETS.blind("203.0.113.9")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        Tickets(b"short")
