"""Rates per key, and what counts as one address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.gateway import visitor_limits
from inbox.gateway.visitor_limits import Rate, network_of


@given(st.integers(1, 40), st.lists(st.integers(0, 5000), max_size=200))
def test_no_window_ever_holds_more_than_twice_the_rate(count: int, gaps: list[int]) -> None:
    rate, now, taken = Rate(count, per=1000 * count), 0, []
    for gap in gaps:
        now += gap
        if rate.take("a", now) == 0:
            taken.append(now)
    window = 1000 * count
    assert all(sum(start <= at < start + window for at in taken) <= 2 * count for start in taken)


def test_a_full_allowance_goes_at_once_and_comes_back_one_by_one() -> None:
    rate = Rate(3, per=3000)
    assert [rate.take("a", 0) for _ in range(4)] == [0, 0, 0, 1000]
    assert rate.take("b", 0) == 0
    assert rate.take("a", 999) == 1
    assert rate.take("a", 1000) == 0
    assert rate.take("a", 1000) == 1000
    assert [rate.take("a", 10_000) for _ in range(4)] == [0, 0, 0, 1000]


def test_memory_is_bounded_by_forgetting_who_acted_longest_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_limits, "KEYS", 2)
    rate = Rate(1, per=1000)
    assert [rate.take(key, 0) for key in ("a", "b", "c")] == [0, 0, 0]
    assert rate.take("c", 0) > 0
    assert rate.take("a", 0) == 0


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("not an address", ""),
    ],
)
def test_one_customer_counts_as_one_address(ip: str, network: str) -> None:
    assert network_of(ip) == network
