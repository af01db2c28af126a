"""Deliveries: one worker at a time, receipts in any order, nothing repeated blindly, and no trying for ever."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core import delivery
from inbox.core.delivery import Claim, GiveUp, NotDue
from inbox.core.errors import Conflict
from inbox.core.message import Delivery, DeliveryState, Reason, Recipient
from tests.core.strategies import HOUR, NOW

S = DeliveryState
LEASE = 1000
QUEUED = Delivery(S.PENDING, due_at=NOW)


def to(*states: DeliveryState, **more: object) -> Delivery:
    """A delivery to a@x.org, b@x.org, … in these states."""
    recipients = tuple(Recipient(f"{letter}@x.org", state) for letter, state in zip("abc", states, strict=False))
    return Delivery(**({"state": S.PENDING, "due_at": NOW, "recipients": recipients} | more))  # type: ignore[arg-type]  # builder's keywords


def claimed(d: Delivery, now: int = NOW) -> Claim:
    claim = delivery.claim(d, now, LEASE)
    assert isinstance(claim, Claim)
    return claim


def sending(*states: DeliveryState) -> Delivery:
    return claimed(to(*states)).delivery


def states(d: Delivery) -> list[DeliveryState]:
    return [r.state for r in d.recipients]


# --- claims


def test_a_claim_is_recorded_before_the_attempt() -> None:
    claim = claimed(QUEUED)
    assert claim.purpose == "send"
    assert claim.delivery == Delivery(S.SENDING, due_at=NOW, attempts=1, fence=1, lease_until=NOW + LEASE, tried_at=NOW)


@pytest.mark.parametrize("state", [S.SENT, S.DELIVERED, S.READ, S.FAILED, S.CANCELLED])
def test_what_is_settled_is_never_claimed(state: DeliveryState) -> None:
    assert delivery.claim(Delivery(state, due_at=0), NOW, LEASE) == NotDue(None)


def test_what_is_not_due_is_left_alone() -> None:
    assert delivery.claim(replace(QUEUED, due_at=NOW + 1), NOW, LEASE) == NotDue(NOW + 1)
    assert delivery.claim(replace(QUEUED, due_at=None), NOW, LEASE) == NotDue(None)


def test_a_held_one_is_left_until_the_lease_is_over_and_then_looked_up_not_sent() -> None:
    first = claimed(QUEUED).delivery
    assert delivery.claim(first, NOW + LEASE - 1, LEASE) == NotDue(NOW + LEASE)
    second = claimed(first, NOW + LEASE)
    assert second.purpose == "resolve"
    assert second.delivery == replace(first, state=S.UNKNOWN, fence=2, due_at=NOW + LEASE, lease_until=NOW + 2 * LEASE)


def test_a_lease_is_renewed_by_whoever_holds_it() -> None:
    held = claimed(QUEUED).delivery
    kept = delivery.keep(held, 1, NOW + 700, LEASE)
    assert kept == replace(held, lease_until=NOW + 700 + LEASE)
    with pytest.raises(Conflict, match="took this message over"):
        delivery.keep(claimed(held, NOW + LEASE).delivery, 1, NOW + LEASE, LEASE)
    with pytest.raises(Conflict, match="not being sent"):
        delivery.keep(delivery.merge(held, S.DELIVERED), 1, NOW, LEASE)


def test_an_unknown_one_is_looked_up_when_due_and_by_one_worker() -> None:
    lost = delivery.unknown(claimed(QUEUED).delivery, 1, "timeout", NOW + 50)
    assert (lost.state, lost.error, lost.lease_until) == (S.UNKNOWN, "timeout", None)
    assert delivery.claim(lost, NOW + 49, LEASE) == NotDue(NOW + 50)
    looking = claimed(lost, NOW + 50)
    assert (looking.purpose, looking.delivery.fence, looking.delivery.attempts) == ("resolve", 2, 1)
    assert delivery.claim(looking.delivery, NOW + 51, LEASE) == NotDue(NOW + 50 + LEASE)


def test_an_unknown_one_is_repeated_once_and_the_claim_records_it() -> None:
    lost = delivery.repeat(claimed(to(S.PENDING)).delivery, 1, "uncertain", NOW + 50)
    assert (lost.state, lost.due_at, lost.repeat_at, lost.error) == (S.UNKNOWN, NOW + 50, NOW + 50, "uncertain")
    assert delivery.claim(lost, NOW + 49, LEASE) == NotDue(NOW + 50)
    repetition = claimed(lost, NOW + 50)
    assert repetition.purpose == "send"
    d = repetition.delivery
    assert (d.state, d.attempts, d.fence, d.repeated, d.repeat_at) == (S.SENDING, 2, 2, True, None)
    assert claimed(d, NOW + 50 + LEASE).purpose == "resolve", "a crash leads to no further one"
    with pytest.raises(Conflict, match="may have been sent"):
        delivery.cancel(delivery.put_off(d, 2, "busy", NOW + 60))


def test_a_receipt_or_a_human_is_before_the_repetition() -> None:
    lost = delivery.repeat(sending(S.PENDING), 1, "uncertain", NOW + 50)
    told = delivery.merge(lost, S.DELIVERED)
    assert (told.state, told.repeat_at, told.due_at) == (S.DELIVERED, None, None)
    assert delivery.repeat(delivery.merge(sending(S.PENDING), S.DELIVERED), 1, "uncertain", NOW).repeat_at is None
    again = delivery.again(lost, NOW + 10)
    assert (again.state, again.due_at, again.repeat_at, again.repeated) == (S.PENDING, NOW + 10, None, True)


@pytest.mark.parametrize(
    "report",
    [
        lambda d, fence: delivery.repeat(d, fence, "lost", NOW + 1),
        lambda d, fence: delivery.sent(d, fence, "p1"),
        lambda d, fence: delivery.failed(d, fence, "no"),
        lambda d, fence: delivery.put_off(d, fence, "busy", NOW + 1),
        lambda d, fence: delivery.unknown(d, fence, "lost", NOW + 1),
    ],
)
def test_who_lost_the_lease_can_no_longer_report(report) -> None:  # type: ignore[no-untyped-def]  # lambdas above
    taken_over = claimed(claimed(QUEUED).delivery, NOW + LEASE).delivery
    with pytest.raises(Conflict):
        report(taken_over, 1)
    report(taken_over, 2)


# --- outcomes


def test_sent_is_settled_and_remembers_the_providers_id() -> None:
    d = delivery.sent(replace(sending(S.PENDING), provider_ids=("old",)), 1, "new")
    assert (d.state, d.provider_id, d.provider_ids, d.due_at, d.lease_until, states(d)) == (
        S.SENT,
        "new",
        ("old", "new"),
        None,
        None,
        [S.SENT],
    )
    assert delivery.sent(d, 1, "new").provider_ids == ("old", "new")
    assert delivery.sent(d, 1, "").provider_id == "new"


def test_one_refused_recipient_fails_alone() -> None:
    d = delivery.sent(sending(S.PENDING, S.PENDING), 1, "p", {"B@X.org": "no such user"})
    assert (d.state, d.error) == (S.SENT, "")
    assert d.recipients == (Recipient("a@x.org", S.SENT), Recipient("b@x.org", S.FAILED, "no such user"))


def test_all_refused_is_failed_with_a_reason() -> None:
    d = delivery.sent(sending(S.PENDING, S.PENDING), 1, "p", {"a@x.org": "full", "b@x.org": "no such user"})
    assert (d.state, d.error) == (S.FAILED, "no such user")
    assert delivery.sent(sending(S.PENDING, S.PENDING), 1, "p", {"a@x.org": "550 unknown", "b@x.org": "z"}).error == "550 unknown"


def test_refused_for_good() -> None:
    d = delivery.failed(sending(S.PENDING, S.PENDING), 1, "blocked", {"A@x.org": "unknown address"})
    assert (d.state, d.error, d.due_at, d.lease_until) == (S.FAILED, "unknown address", None, None)
    assert [r.error for r in d.recipients] == ["unknown address", "blocked"]
    assert delivery.failed(claimed(QUEUED).delivery, 1, "blocked").error == "blocked"


def test_put_off_waits_and_can_be_claimed_again() -> None:
    d = delivery.put_off(sending(S.PENDING), 1, "busy", NOW + 30)
    assert (d.state, d.due_at, d.lease_until, d.error, d.attempts) == (S.PENDING, NOW + 30, None, "busy", 1)
    assert claimed(d, NOW + 30).delivery.attempts == 2


def test_what_waits_for_credentials_is_brought_forward_and_nothing_else() -> None:
    held = sending(S.SENDING)
    waits = delivery.put_off(held, held.fence, "needs_login: expired", NOW + HOUR)
    assert delivery.bring_forward(waits, NOW) == replace(waits, due_at=NOW)
    assert delivery.bring_forward(waits, NOW + HOUR) is None, "it is due anyway"
    for other in (delivery.put_off(held, held.fence, "busy", NOW + HOUR), held, replace(waits, due_at=None), replace(waits, state=S.SENT)):
        assert delivery.bring_forward(other, NOW) is None


@pytest.mark.parametrize("report", [delivery.put_off, delivery.unknown])
def test_a_receipt_that_came_first_is_not_forgotten(report) -> None:  # type: ignore[no-untyped-def]  # one of two functions
    told = delivery.merge(sending(S.PENDING), S.DELIVERED)
    assert report(told, 1, "connection lost", NOW + 30) == told


def test_a_bounce_that_came_first_is_not_forgotten() -> None:
    d = delivery.sent(delivery.merge(sending(S.PENDING), S.FAILED, error="no such user"), 1, "p")
    assert (d.state, d.error, d.provider_id) == (S.FAILED, "no such user", "p")


def test_cancelling_works_until_somebody_took_it() -> None:
    d = delivery.cancel(replace(QUEUED, fence=3))
    assert (d.state, d.due_at, d.fence) == (S.CANCELLED, None, 4)
    for state in set(S) - {S.PENDING}:
        with pytest.raises(Conflict):
            delivery.cancel(Delivery(state))


def test_trying_again_is_for_those_who_did_not_get_it() -> None:
    d = delivery.again(to(S.DELIVERED, S.FAILED, state=S.DELIVERED, attempts=4, error="x"), NOW + 9)
    assert (d.state, d.due_at, d.attempts, d.error, states(d)) == (S.PENDING, NOW + 9, 0, "", [S.DELIVERED, S.PENDING])
    for state in (S.FAILED, S.UNKNOWN):
        assert delivery.again(Delivery(state), NOW).state is S.PENDING
    for state in (S.PENDING, S.SENT, S.READ, S.CANCELLED):
        with pytest.raises(Conflict, match="not fail"):
            delivery.again(Delivery(state), NOW)
    with pytest.raises(Conflict, match="not fail"):
        delivery.again(to(S.FAILED, S.PENDING, state=S.CANCELLED), NOW)
    with pytest.raises(Conflict, match="being sent"):
        delivery.again(Delivery(S.UNKNOWN, lease_until=NOW + 1), NOW)


def test_a_second_delivery_to_some_does_not_undo_what_others_got() -> None:
    d = delivery.again(to(S.READ, S.FAILED, state=S.READ), NOW)
    d = delivery.sent(claimed(d).delivery, 1, "p2")
    assert (d.state, states(d)) == (S.SENT, [S.READ, S.SENT])


# --- receipts

receipts = st.lists(
    st.tuples(
        st.sampled_from([S.SENT, S.DELIVERED, S.READ, S.FAILED]),
        st.sampled_from(["", "a@x.org", "B@x.org", "forwarded@y.org"]),
        st.sampled_from(["", "full", "no such user"]),
    ),
    max_size=6,
)
starts = st.sampled_from([to(S.PENDING, S.PENDING, state=S.SENDING), to(S.SENT, state=S.SENT), Delivery(S.SENT), Delivery(S.UNKNOWN)])


def told(d: Delivery, news: list[tuple[DeliveryState, str, str]]) -> Delivery:
    for state, recipient, error in news:
        d = delivery.merge(d, state, recipient, error)
    return d


@given(starts, receipts, st.data())
def test_receipts_in_any_order_and_repeated_end_in_one_state(
    start: Delivery, news: list[tuple[DeliveryState, str, str]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(news + news[:2]))
    one, other = told(start, news), told(start, shuffled)
    assert set(one.recipients) == set(other.recipients)
    assert replace(one, recipients=()) == replace(other, recipients=())


@given(starts, receipts)
def test_no_recipient_ever_falls_back(start: Delivery, news: list[tuple[DeliveryState, str, str]]) -> None:
    order = [S.PENDING, S.SENT, S.FAILED, S.DELIVERED, S.READ]
    for before, after in pairwise([told(start, news[:n]) for n in range(len(news) + 1)]):
        for old, new in zip(before.recipients, after.recipients, strict=False):
            assert order.index(old.state) <= order.index(new.state)
            assert bool(new.error) <= (new.state is S.FAILED)


@pytest.mark.parametrize(
    ("news", "state"),
    [
        ([S.READ, S.DELIVERED, S.SENT], S.READ),
        ([S.FAILED, S.SENT], S.FAILED),
        ([S.FAILED, S.DELIVERED], S.DELIVERED),
        ([S.DELIVERED, S.FAILED], S.DELIVERED),
        ([S.PENDING, S.SENDING, S.UNKNOWN, S.CANCELLED], S.SENT),
    ],
)
def test_the_lattice(news: list[DeliveryState], state: DeliveryState) -> None:
    for start in (Delivery(S.SENT), to(S.SENT, state=S.SENT)):
        assert told(start, [(n, "", "") for n in news]).state is state


def test_the_whole_is_as_far_as_its_slowest_recipient_who_did_not_fail() -> None:
    d = told(to(S.SENT, S.SENT, S.SENT, state=S.SENT), [(S.READ, "a@x.org", ""), (S.DELIVERED, "b@x.org", "")])
    assert d.state is S.SENT
    d = delivery.merge(d, S.FAILED, "c@x.org", "full")
    assert (d.state, d.error) == (S.DELIVERED, "")
    assert d.recipients[2].error == "full"


def test_a_message_still_in_a_workers_hands_stays_there() -> None:
    d = delivery.merge(sending(S.PENDING, S.PENDING), S.DELIVERED, "a@x.org")
    assert (d.state, d.lease_until, states(d)) == (S.SENDING, NOW + LEASE, [S.DELIVERED, S.PENDING])


def test_a_receipt_without_recipient_or_reason_is_about_all() -> None:
    d = delivery.merge(to(S.SENT, S.SENT, state=S.SENT), S.FAILED)
    assert (states(d), d.error) == ([S.FAILED, S.FAILED], "")
    assert delivery.merge(Delivery(S.SENT), S.FAILED).error == ""


def test_success_clears_the_error() -> None:
    d = told(to(S.SENT, state=S.SENT), [(S.FAILED, "", "full"), (S.DELIVERED, "", "")])
    assert (d.error, d.recipients[0].error) == ("", "")


def test_the_more_telling_reason_stays() -> None:
    assert (
        told(Delivery(S.SENT), [(S.FAILED, "", "550"), (S.FAILED, "", "550 no such user"), (S.FAILED, "", "")]).error == "550 no such user"
    )


def test_an_unknown_address_speaks_for_the_only_recipient_or_is_noted_beside_several() -> None:
    alone = delivery.merge(to(S.SENT, state=S.SENT), S.FAILED, "elsewhere@y.org", "full")
    assert (alone.state, alone.recipients) == (S.FAILED, (Recipient("a@x.org", S.FAILED, "full"),))
    several = delivery.merge(to(S.SENT, S.SENT, state=S.SENT), S.FAILED, "elsewhere@y.org", "full")
    stranger = Recipient("elsewhere@y.org", S.FAILED, "full", noted=True)
    assert (several.state, several.recipients[2]) == (S.SENT, stranger)
    assert delivery.merge(several, S.DELIVERED, "third@y.org", "ignored").recipients[3] == Recipient("third@y.org", S.DELIVERED, noted=True)


def test_what_happens_to_an_address_beside_ours_says_nothing_about_the_whole() -> None:
    d = delivery.merge(to(S.SENT, S.SENT, state=S.SENT), S.SENT, "elsewhere@y.org")
    d = told(d, [(S.DELIVERED, "", ""), (S.FAILED, "elsewhere@y.org", "full")])
    assert (d.state, states(d)) == (S.DELIVERED, [S.DELIVERED, S.DELIVERED, S.FAILED])
    with pytest.raises(Conflict, match="not fail"):
        delivery.again(d, NOW)
    both_failed = delivery.merge(d, S.FAILED)
    assert both_failed.state is S.DELIVERED


def test_strange_addresses_cannot_fill_a_message_without_end() -> None:
    d = to(S.SENT, S.SENT, state=S.SENT)
    for n in range(delivery.MAX_NOTED + 5):
        d = delivery.merge(d, S.FAILED, f"{n}@y.org")
    assert len(d.recipients) == 2 + delivery.MAX_NOTED


def test_news_of_a_cancelled_message_is_ignored() -> None:
    d = Delivery(S.CANCELLED)
    assert delivery.merge(d, S.FAILED) == d


# --- when to try again

attempts = st.integers(1, 80)
jitters = st.floats(0, 1, exclude_max=True)


@given(attempts, st.integers(0, 60 * HOUR), jitters, st.none() | st.integers(0, 60 * HOUR))
def test_the_wait_is_bounded_and_what_the_provider_asked_for_is_kept(n: int, age: int, jitter: float, asked: int | None) -> None:
    due = delivery.next_attempt(n, asked, NOW - age, NOW, jitter)
    if isinstance(due, GiveUp):
        assert age >= 48 * HOUR or age + (asked or 0) > 48 * HOUR
        assert due.reason == Reason("tried_long_enough", numbers={"attempts": n, "tried_for": age})
    else:
        assert NOW + (asked or 0) <= due <= NOW - age + 48 * HOUR
        assert due - NOW <= max(1.2 * HOUR, asked or 0)


@given(attempts, st.floats(0, 0.99))
def test_waits_never_shrink(n: int, jitter: float) -> None:
    one, next_one = (delivery.next_attempt(k, None, NOW, NOW, jitter) for k in (n, n + 1))
    assert isinstance(one, int)
    assert isinstance(next_one, int)
    assert one <= next_one


@pytest.mark.parametrize(("n", "wait"), [(0, 30_000), (1, 30_000), (2, 60_000), (7, 1_920_000), (8, HOUR), (500, HOUR)])
def test_thirty_seconds_doubling_to_an_hour(n: int, wait: int) -> None:
    assert delivery.next_attempt(n, None, NOW, NOW, 0.0) == NOW + wait
    assert delivery.next_attempt(n, None, NOW, NOW, 0.5) == NOW + wait + wait // 10


def test_the_last_attempt_is_at_the_very_end() -> None:
    deadline = NOW + 48 * HOUR
    assert delivery.next_attempt(60, None, NOW, deadline - 1, 0.0) == deadline
    assert isinstance(delivery.next_attempt(60, None, NOW, deadline, 0.0), GiveUp)
    assert delivery.next_attempt(1, 1, NOW, deadline - 1, 0.0) == deadline
    assert isinstance(delivery.next_attempt(1, 2, NOW, deadline - 1, 0.0), GiveUp)
