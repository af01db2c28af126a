"""Time in a state falls on its days, in the zone of the reports, to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from inbox.core.events import Event, EventType
from inbox.core.facts import Dims, FactKind, Folded, Ruler, follow
from inbox.core.ids import AgentId
from inbox.core.message import Author
from inbox.core.reports import figures_of
from inbox.core.spells import LONGEST_MS, Spell, by_day, name_of, within

HOUR = 3_600_000
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def test_a_night_is_parted_at_midnight_and_a_day_with_a_clock_change_is_as_long_as_it_is() -> None:
    night = dict(by_day(at("2026-03-28T22:30"), at("2026-03-30T01:00"), BERLIN))
    assert night == {"2026-03-28": HOUR * 3 // 2, "2026-03-29": 23 * HOUR, "2026-03-30": HOUR}
    assert dict(by_day(5, 5, UTC)) == {}
    assert sum(ms for _, ms in by_day(0, 3 * LONGEST_MS, UTC)) == LONGEST_MS


@given(st.integers(0, 2 * 10**12), st.integers(0, 40 * 24 * HOUR), st.sampled_from(["UTC", "Asia/Kathmandu", "America/Sao_Paulo"]))
def test_nothing_is_lost_or_counted_twice(since: int, lasted: int, zone: str) -> None:
    days = list(by_day(since, since + lasted, ZoneInfo(zone)))
    assert sum(ms for _, ms in days) == lasted
    assert [day for day, _ in days] == sorted({day for day, _ in days})
    assert all(0 < ms <= 25 * HOUR for _, ms in days)


def test_what_goes_on_counts_as_far_as_it_lies_in_the_days() -> None:
    spell = Spell(AgentId("mia"), "online", 100)
    assert within(spell, 500, (0, 1000)) == 400
    assert within(spell, 500, (200, 300)) == 100
    assert within(spell, 500, (600, 900)) == 0
    assert within(spell, 500, (0, 50)) == 0


def test_the_state_that_is_over_is_counted_for_its_agent_and_nowhere_else() -> None:
    out = Folded()
    data: dict[str, int | str | None] = {"state": "online", "reason": "", "was": "break", "was_reason": "lunch", "since": 0}
    ruler = Ruler(UTC)
    follow(Event(EventType.STATE_CHANGED, 2 * HOUR, Author("system", ""), agent=AgentId("mia"), data=data), None, ruler, out)
    follow(
        Event(EventType.STATE_CHANGED, 3 * HOUR, Author("system", ""), agent=AgentId("mia"), data={"was": "online", "since": 2 * HOUR}),
        None,
        ruler,
        out,
    )
    ((key, found),) = out.sums.items()
    assert key == ("1970-01-01", Dims(label="state:mia"))
    assert figures_of("mia", found).times == {name_of("break", "lunch"): 2 * HOUR, "online": HOUR}
    assert out.known == {}
    assert [(f.kind, f.at, f.value, f.metric, f.dims) for f in out.facts] == [
        (FactKind.STATE, 0, 2 * HOUR, "break:lunch", Dims(agent="mia")),
        (FactKind.STATE, 2 * HOUR, HOUR, "online", Dims(agent="mia")),
    ]
