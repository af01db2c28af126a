"""Calls of webhooks and mails about alerts: what they say, who may try them, and when they end."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from inbox.core import dispatching
from inbox.core.alerts import Alert, AlertState, Measure
from inbox.core.delivery import MAX_TRIED_FOR
from inbox.core.dispatching import DONE, ENDED, FAILED, PENDING, Webhook, checked, of_alarm, of_alert
from inbox.core.errors import Conflict, Invalid
from inbox.core.events import Event, EventType
from inbox.core.message import Author, Reason
from tests.core.strategies import NOW, begun

MINUTE, LEASE = 60_000, 30_000
CALL = dispatching.test_call("hook", "k", NOW)


def test_one_worker_at_a_time_has_it_and_whose_lease_ran_out_reports_nothing() -> None:
    first = dispatching.claimed(CALL, NOW, LEASE)
    assert first is not None
    assert dispatching.claimed(first, NOW + LEASE - 1, LEASE) is None
    second = dispatching.claimed(first, NOW + LEASE, LEASE)
    assert second is not None
    assert (second.attempts, second.fence, second.tried_at) == (2, 2, NOW + LEASE)
    for outcome in (dispatching.done, lambda d, fence: dispatching.refused(d, fence, "no")):
        with pytest.raises(Conflict):
            outcome(second, first.fence)
    assert dispatching.done(second, 2).state == DONE
    assert dispatching.claimed(dispatching.done(second, 2), NOW + MAX_TRIED_FOR, LEASE) is None


def test_it_is_put_off_longer_and_longer_until_it_is_given_up() -> None:
    once = dispatching.put_off(replace(CALL, attempts=1), 0, "http_500", NOW, 0, 0.0)
    assert (once.state, once.error, once.due_at) == (PENDING, "http_500", NOW + 30_000)
    assert dispatching.put_off(replace(CALL, attempts=2), 0, "", NOW, 0, 0.0).due_at == NOW + MINUTE
    assert dispatching.put_off(replace(CALL, attempts=1), 0, "", NOW, 5 * MINUTE, 0.0).due_at == NOW + 5 * MINUTE
    over = dispatching.put_off(replace(CALL, attempts=60), 0, "http_500", NOW + MAX_TRIED_FOR, 0, 0.0)
    assert (over.state, over.due_at, over.error) == (FAILED, None, "http_500")
    assert (dispatching.ended(once).state, dispatching.ended(once).due_at) == (ENDED, None)


def test_a_secret_is_one_of_standard_webhooks_or_the_one_that_stands() -> None:
    assert checked(Webhook("h", "H", "https://h.example")).secret == ""
    with pytest.raises(Invalid, match="secret"):
        checked(Webhook("h", "H", "https://h.example", secret="whsec_short"))


def test_a_breach_says_of_which_promise_and_nothing_of_what_was_written() -> None:
    c = replace(begun(), subject="Private words")
    reason = Reason("sla_breached", ("first_response", "gold"), {"due_at": NOW})
    event = Event(
        EventType.SLA_BREACHED, NOW + 5, Author("system", ""), conversation=c.id, version=3, reason=reason, data={"call": "one,two"}
    )
    first, second = of_alarm(event, c)
    assert {first.target, second.target} == {"one", "two"}
    told = json.loads(first.body)
    assert (told["type"], told["data"]["policy"], told["data"]["due_at"]) == ("sla.breached", "gold", told["data"]["due_at"])
    assert told["data"]["metric"] == "first_response"
    assert "Private" not in first.body
    assert of_alarm(event, c) == (first, second), "the same breach is the same call"
    assert of_alarm(event, None) == () == of_alarm(replace(event, data={}), c)
    bare = json.loads(of_alarm(replace(event, reason=None), c)[0].body)["data"]
    assert (bare["metric"], bare["due_at"]) == ("", None)


def test_mails_say_what_is_measured_in_words() -> None:
    words = {
        Alert("a", "A", Measure.WAITING, above=5, mails=("x@y.z",)): "In Billing: more than 5 conversations wait.",
        Alert("a", "A", Measure.WAITING, above=1, mails=("x@y.z",)): "In Billing: more than 1 conversation waits.",
        Alert("a", "A", Measure.LONGEST_WAIT, above=MINUTE, mails=("x@y.z",)): "In Billing: somebody waits for more than 1 minute.",
        Alert("a", "A", Measure.LATE, above=2, mails=("x@y.z",)): "In Billing: more than 2 conversations are late.",
        Alert("a", "A", Measure.NOBODY, mails=("x@y.z",)): "In Billing: nobody is on duty.",
        Alert("a", "A", Measure.LONGEST_WAIT, above=10 * MINUTE, mails=("x@y.z",)): "In Billing: somebody waits for more than 10 minutes.",
    }
    for alert, text in words.items():
        (mail,) = of_alert(alert, AlertState("a", 1, 1, 6), "Billing", raised=True, now=1)
        assert mail.body.startswith(text)
        (over,) = of_alert(alert, AlertState("a", 1, 1, 6), "Billing", raised=False, now=2)
        assert over.subject == "Over: A"
        assert over.id != mail.id
    (wide,) = of_alert(Alert("a", "A", Measure.WAITING, mails=("x@y.z",)), AlertState("a", 1, 1, 6), "", raised=True, now=1)
    assert wide.body.startswith("In all queues together")
