"""Who may be blocked, and which entries keep a sender away."""

from __future__ import annotations

import pytest

from inbox.core import blocking
from inbox.core.errors import Invalid

OWN = ("support@shop.example", "Mia@Shop.example", "boss@web.de")


def test_a_sender_is_kept_away_by_his_address_his_domain_and_those_above_it() -> None:
    found = blocking.ids("email", "", "eve@mail.spam.example")
    assert found == tuple(blocking.block_id("email", "", v) for v in ("eve@mail.spam.example", "@mail.spam.example", "@spam.example"))


def test_a_domain_with_very_many_labels_asks_for_no_more_than_a_few_entries() -> None:
    found = blocking.ids("email", "", f"eve@{'a.' * 100}example.com")
    assert len(found) == blocking.MAX_LABELS
    assert blocking.block_id("email", "", "@example.com") in found


@pytest.mark.parametrize(("kind", "scope", "value"), [("phone", "", "+4915112345678"), ("visitor", "chat", "v1"), ("email", "", "nobody")])
def test_other_addresses_have_no_domain(kind: str, scope: str, value: str) -> None:
    assert blocking.ids(kind, scope, value) == (blocking.block_id(kind, scope, value),)


@pytest.mark.parametrize(
    ("kind", "value", "domain", "stored"),
    [
        ("email", " Eve@Spam.Example ", False, "eve@spam.example"),
        ("email", "eve@Spam.example", True, "@spam.example"),
        ("email", "spam.example", True, "@spam.example"),
        ("visitor", "V1", False, "V1"),
        ("email", "eve@shop.example", False, "eve@shop.example"),
    ],
)
def test_what_is_stored_for_a_wish(kind: str, value: str, domain: bool, stored: str) -> None:
    assert blocking.wanted(kind, value, domain=domain, own=OWN) == stored


@pytest.mark.parametrize(
    ("kind", "value", "domain", "why"),
    [
        ("email", " ", False, "empty"),
        ("email", "SUPPORT@shop.example", False, "your own house"),
        ("email", "eve@shop.example", True, "your own house"),
        ("email", "eve@gmail.com", True, "very many people"),
        ("email", "eve@web.de", True, "very many people"),
        ("email", "eve@com", True, "not a mail domain"),
        ("email", "eve@-x.example", True, "not a mail domain"),
        ("phone", "+4915112345678", True, "not a mail domain"),
    ],
)
def test_what_cannot_be_blocked(kind: str, value: str, domain: bool, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        blocking.wanted(kind, value, domain=domain, own=OWN)


def test_a_domain_above_the_own_one_is_the_house_s_too() -> None:
    with pytest.raises(Invalid, match="your own house"):
        blocking.wanted("email", "shop.example", domain=True, own=("a@desk.shop.example",))
