"""An answer that became several messages at its provider is as far as the slowest of them, whatever order the receipts come in."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from inbox.core import delivery as d
from inbox.core.message import Delivery, DeliveryState, Recipient, SentPart

S = DeliveryState
LENA = "+491701234567"
IDS = ("a", "b", "c")


def sent(*recipients: str, parts: tuple[str, ...] = IDS) -> Delivery:
    claimed = Delivery(S.SENDING, recipients=tuple(Recipient(address, S.PENDING) for address in recipients or (LENA,)))
    return d.sent(claimed, 0, parts[-1] if parts else "x", parts=parts)


def told(delivery: Delivery, *news: tuple[str, DeliveryState]) -> Delivery:
    for part, state in news:
        delivery = d.merge(delivery, state, LENA, "It was refused." if state is S.FAILED else "", part)
    return delivery


def test_every_part_is_known_by_its_id() -> None:
    after = sent()
    assert (after.state, after.provider_id, after.provider_ids) == (S.SENT, "c", IDS)
    assert after.parts == tuple(SentPart(id) for id in IDS)


def test_it_is_delivered_when_the_last_part_is_and_read_when_all_are() -> None:
    after = told(sent(), ("c", S.READ), ("a", S.DELIVERED))
    assert after.state is S.SENT
    after = told(after, ("b", S.DELIVERED))
    assert (after.state, after.recipients[0].state) == (S.DELIVERED, S.DELIVERED)
    assert told(after, ("a", S.READ), ("b", S.READ)).state is S.READ


def test_one_part_that_failed_makes_it_fail_with_its_reason() -> None:
    after = told(sent(), ("a", S.DELIVERED), ("b", S.FAILED), ("c", S.READ))
    assert (after.state, after.error, after.recipients[0].error) == (S.FAILED, "It was refused.", "It was refused.")
    assert told(after, ("b", S.DELIVERED)).state is S.DELIVERED, "that it arrived is proof"


def test_news_that_name_no_part_are_of_all() -> None:
    assert told(sent(), ("", S.READ)).state is S.READ
    assert told(sent(), ("of another id", S.DELIVERED)).state is S.DELIVERED


def test_one_message_and_several_recipients_have_no_parts() -> None:
    assert sent(parts=()).parts == ()
    assert sent(LENA, "+49301234567").parts == ()


def test_a_receipt_that_came_before_the_answer_of_the_provider_is_of_the_last_part() -> None:
    claimed = Delivery(S.SENDING, recipients=(Recipient(LENA, S.PENDING),))
    after = d.sent(d.merge(claimed, S.DELIVERED, LENA), 0, "c", parts=IDS)
    assert [part.state for part in after.parts] == [S.SENT, S.SENT, S.DELIVERED]
    assert told(after, ("a", S.DELIVERED), ("b", S.READ)).state is S.DELIVERED


def test_another_try_begins_anew() -> None:
    again = d.again(told(sent(), ("b", S.FAILED)), 5)
    assert (again.state, again.parts, again.provider_ids) == (S.PENDING, (), IDS)


NEWS = st.tuples(st.sampled_from([*IDS, ""]), st.sampled_from([S.SENT, S.DELIVERED, S.READ, S.FAILED]))


@given(st.lists(NEWS, max_size=4))
def test_the_order_of_receipts_decides_nothing(news: list[tuple[str, DeliveryState]]) -> None:
    assert len({repr(told(sent(), *order)) for order in permutations(news)}) == 1
    assert told(sent(), *news, *news) == told(sent(), *news)
