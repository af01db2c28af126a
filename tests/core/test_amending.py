"""A change of a message that is out: what can be wanted, who has it, and what the message says before and after."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core import amending
from inbox.core.errors import Conflict, Invalid
from inbox.core.ids import ConversationId, MessageId
from inbox.core.message import Amending, AmendKind, Author, Delivery, DeliveryState, Kind, Message
from inbox.core.templates import FilledTemplate

MIA = Author("agent", "mia")
REPLY = Message(MessageId("m"), ConversationId("c"), Kind.REPLY, MIA, 0, 0, text="old", delivery=Delivery(DeliveryState.SENT))
QUESTION = Message(MessageId("q"), ConversationId("c"), Kind.CUSTOMER, Author("customer", "x"), 0, 0, text="?", external_id="e")


def wanted(kind: AmendKind = AmendKind.EDIT, text: str = "new") -> Amending:
    return Amending(kind, MIA, 10, 10, text)


def held(message: Message, kind: AmendKind, text: str = "new") -> tuple[Message, int]:
    taken = amending.claimed(amending.asked(message, wanted(kind, text)), 10, 100)
    assert taken is not None
    assert taken.amending is not None
    return taken, taken.amending.fence


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        (replace(REPLY, delivery=None), AmendKind.EDIT, "new"),
        (replace(REPLY, delivery=Delivery(DeliveryState.PENDING)), AmendKind.DELETE, ""),
        (replace(REPLY, deleted_at=1), AmendKind.DELETE, ""),
        (replace(REPLY, template=FilledTemplate("t", "en")), AmendKind.EDIT, "new"),
        (replace(REPLY, rates=MessageId("s")), AmendKind.EDIT, "new"),
        (REPLY, AmendKind.EDIT, " "),
        (REPLY, AmendKind.EDIT, "old"),
        (REPLY, AmendKind.REACT, "👍"),
        (replace(QUESTION, external_id=""), AmendKind.REACT, "👍"),
        (QUESTION, AmendKind.EDIT, "new"),
    ],
)
def test_what_cannot_be(message: Message, kind: AmendKind, text: str) -> None:
    with pytest.raises(Invalid):
        amending.asked(message, wanted(kind, text))


def test_one_change_at_a_time_and_one_worker() -> None:
    asked = amending.asked(REPLY, wanted())
    with pytest.raises(Conflict):
        amending.asked(asked, wanted())
    assert amending.claimed(asked, 9, 100) is None, "not before its time"
    taken = amending.claimed(asked, 10, 100)
    assert taken is not None
    assert amending.due(taken) == 110
    assert amending.claimed(taken, 109, 100) is None
    second = amending.claimed(taken, 110, 100)
    assert second is not None
    assert second.amending is not None
    assert second.amending.attempts == 2
    with pytest.raises(Conflict):
        amending.done(second, second.amending.fence - 1, 120)
    with pytest.raises(Conflict):
        amending.done(REPLY, 1, 120)
    assert amending.claimed(REPLY, 10, 100) is None
    assert amending.due(REPLY) is None


def test_it_is_done() -> None:
    assert amending.done(*held(REPLY, AmendKind.EDIT), 20).text == "new"
    assert amending.done(*held(REPLY, AmendKind.DELETE), 20).deleted_at == 20
    assert amending.done(*held(QUESTION, AmendKind.REACT, "👍"), 20).reactions[0].emoji == "👍"


def test_it_waits_or_is_refused_for_good() -> None:
    waits = amending.put_off(*held(REPLY, AmendKind.EDIT), "busy", 50)
    assert amending.due(waits) == 50
    no = amending.refused(*held(REPLY, AmendKind.EDIT), "too old")
    assert amending.due(no) is None
    assert no.amending is not None
    assert no.amending.error == "too old"
    assert amending.asked(no, wanted()).amending == wanted()
