"""Old mail takes its old place, and only what was never read before is history."""

import pytest
from msgspec.structs import replace

from inbox.core.arrival import FRESH, TOLERANCE, Arrival, arrival, begins_as
from inbox.core.conversation import Category
from inbox.core.ids import Instant
from tests.core.strategies import NOW, message


@pytest.mark.parametrize(
    ("received_at", "backlog", "wanted"),
    [
        (None, True, Arrival(NOW)),
        (NOW + 1, True, Arrival(NOW)),
        (NOW - TOLERANCE, True, Arrival(NOW)),
        (NOW - TOLERANCE - 1, False, Arrival(NOW - TOLERANCE - 1)),
        (NOW - FRESH, True, Arrival(NOW - FRESH)),
        (NOW - FRESH - 1, True, Arrival(NOW - FRESH - 1, late=True)),
        (NOW - 100 * FRESH, False, Arrival(NOW - 100 * FRESH)),
    ],
    ids=["not known", "from the future", "just now", "while we were out", "unread weekend", "history", "a long outage"],
)
def test_when_it_arrived(received_at: Instant | None, backlog: bool, wanted: Arrival) -> None:
    assert arrival(received_at, backlog, NOW) == wanted


@pytest.mark.parametrize(
    ("automatic", "late", "wanted"),
    [
        ("", False, Category.OPEN),
        ("", True, Category.RESOLVED),
        ("auto-reply", True, Category.RESOLVED),
        ("auto-reply", False, Category.WAITING),
        ("out-of-office", False, Category.WAITING),
        ("bounce", False, Category.WAITING),
        ("auto-generated", False, Category.OPEN),
        ("complaint", False, Category.OPEN),
        ("list", False, Category.OPEN),
    ],
)
def test_how_a_conversation_begins(automatic: str, late: bool, wanted: Category) -> None:
    assert begins_as(replace(message(automatic=automatic), late=late)) is wanted
