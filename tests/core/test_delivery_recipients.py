"""Each recipient of a message stands for himself: he has it, is refused, or waits, and never gets it twice."""

from __future__ import annotations

import pytest

from inbox.core import delivery
from inbox.core.message import DeliveryState, Recipient
from tests.core.strategies import NOW
from tests.core.test_delivery import claimed, sending, states

S = DeliveryState
LATER = delivery.Later({"B@x.org": "452 too many"}, NOW + 30)


def test_one_refused_for_now_waits_alone_while_the_others_have_it() -> None:
    d = delivery.sent(sending(S.PENDING, S.PENDING, S.PENDING), 1, "p", {"c@x.org": "550 unknown"}, later=LATER)
    assert (d.state, d.due_at, d.lease_until, d.error, d.provider_id) == (S.PENDING, NOW + 30, None, "452 too many", "p")
    assert d.recipients == (
        Recipient("a@x.org", S.SENT),
        Recipient("b@x.org", S.PENDING, "452 too many"),
        Recipient("c@x.org", S.FAILED, "550 unknown"),
    )
    d = delivery.sent(claimed(d, NOW + 30).delivery, 2, "p")
    assert (d.state, d.error, d.due_at, states(d)) == (S.SENT, "", None, [S.SENT, S.SENT, S.FAILED])
    assert d.recipients[1].error == ""


@pytest.mark.parametrize("refused", [{}, {"B@x.org": "no room"}])
def test_who_waits_and_is_refused_at_last_fails_alone(refused: dict[str, str]) -> None:
    d = claimed(delivery.sent(sending(S.PENDING, S.PENDING), 1, "p", later=LATER), NOW + 30).delivery
    failed = delivery.failed(d, 2, "given up", refused)
    assert (failed.state, failed.error, failed.due_at, states(failed)) == (S.SENT, "", None, [S.SENT, S.FAILED])
    assert failed.recipients[1].error == (refused.get("B@x.org") or "given up")


@pytest.mark.parametrize("report", [delivery.put_off, delivery.unknown])
def test_who_is_refused_for_good_is_not_tried_again_with_the_others(report) -> None:  # type: ignore[no-untyped-def]  # one of two functions
    d = report(sending(S.PENDING, S.PENDING), 1, "busy", NOW + 30, {"A@x.org": "550 unknown"})
    assert (d.due_at, d.error, states(d), d.recipients[0].error) == (NOW + 30, "busy", [S.FAILED, S.PENDING], "550 unknown")
    d = report(sending(S.PENDING), 1, "busy", NOW + 30, {"A@x.org": "550 unknown"})
    assert (d.state, d.due_at, d.lease_until, d.error) == (S.FAILED, None, None, "550 unknown")


def test_nobody_waits_when_a_bounce_came_first() -> None:
    d = delivery.sent(delivery.merge(sending(S.PENDING, S.PENDING), S.FAILED, "b@x.org", "no"), 1, "p", later=LATER)
    assert (d.state, d.due_at, states(d)) == (S.SENT, None, [S.SENT, S.FAILED])


def test_a_receipt_without_recipient_is_not_about_one_who_waits() -> None:
    d = delivery.merge(delivery.sent(sending(S.PENDING, S.PENDING), 1, "p", later=LATER), S.READ)
    assert (d.state, d.due_at, states(d)) == (S.PENDING, NOW + 30, [S.READ, S.PENDING])


def test_calling_back_leaves_what_some_have() -> None:
    d = delivery.cancel(delivery.sent(sending(S.PENDING, S.PENDING), 1, "p", later=LATER))
    assert (d.state, d.due_at, d.error, d.fence) == (S.SENT, None, "", 2)
    assert d.recipients == (Recipient("a@x.org", S.SENT), Recipient("b@x.org", S.CANCELLED))
