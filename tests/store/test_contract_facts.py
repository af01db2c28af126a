"""Reports read what was folded: each entry once, by any row, whole months or loose days alike."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

import pytest
from msgspec.structs import replace

from inbox.core.conversation import Category
from inbox.core.errors import Conflict
from inbox.core.events import Event, EventType, Facets
from inbox.core.facts import ENTERED, LEFT, Dims, FactKind, Folded, Ruler, follow
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, QueueId, TeamId
from inbox.core.message import Author
from inbox.core.reports import Asked, Behind, By, Period, added, fits, group_of
from inbox.core.sums import Sum
from tests.store.conftest import Store

DAY = 86_400_000
START = 1_790_899_200_000  # 2026-10-02, 00:00 UTC
ALL = Asked(Period(date(2026, 10, 1), date(2026, 12, 31)))


def arrival(
    n: int, day: int, channel: str = "mail", agent: str | None = None, tags: tuple[str, ...] = (), queue: str | None = None
) -> list[Event]:
    """A conversation that starts on a day and is answered an hour later if somebody has it."""
    holder = AgentId(agent) if agent else None
    now = Facets(
        Category.OPEN,
        ChannelId(channel),
        CustomerId(f"c{n}"),
        holder,
        TeamId("support"),
        tags=tags,
        queue=QueueId(queue) if queue else None,
    )
    at, who = START + day * DAY, Author("customer", f"c{n}")
    id = ConversationId(f"x{n}")
    events = [
        Event(EventType.CONVERSATION_STARTED, at, who, 1, 10 * n + 1, id, 1, after=now),
        Event(EventType.MESSAGE_RECEIVED, at, who, 1, 10 * n + 2, id, 1, after=now),
    ]
    if agent:
        events.append(Event(EventType.MESSAGE_QUEUED, at + 3_600_000, Author("agent", agent), 1, 10 * n + 3, id, 2, after=now))
    return events


async def fold(store: Store, events: list[Event]) -> None:
    before = await store.facts.position()
    out = Folded(dict(await store.facts.known({e.conversation for e in events if e.conversation})))
    for event in events:
        follow(event, out.known.get(event.conversation) if event.conversation else None, Ruler(), out)
    await store.facts.fold(out, before, {1: events[-1].n})


async def filled(store: Store) -> None:
    await fold(store, arrival(0, 0) + arrival(1, 0, "chat", "mia", ("vip",)))
    await fold(store, arrival(2, 29, "mail", "ben") + arrival(3, 40, "chat", "mia"))


async def counts(store: Store, asked: Asked, what: str = "started") -> dict[str, int]:
    return {key: found.counts[what] for key, found in (await store.facts.sums(asked)).items() if what in found.counts}


async def test_sums_by_every_row(store: Store) -> None:
    await filled(store)
    period = ALL.period
    assert await counts(store, ALL) == {"": 4}
    assert await counts(store, Asked(period, By.CHANNEL)) == {"mail": 2, "chat": 2}
    assert await counts(store, Asked(period, By.DAY)) == {"2026-10-02": 2, "2026-10-31": 1, "2026-11-11": 1}
    assert await counts(store, Asked(period, By.WEEK)) == {"2026-09-28": 2, "2026-10-26": 1, "2026-11-09": 1}
    assert await counts(store, Asked(period, By.MONTH)) == {"2026-10": 3, "2026-11": 1}
    assert await counts(store, Asked(period, By.AGENT), "sent") == {"mia": 2, "ben": 1}
    assert await counts(store, Asked(period, By.TAG)) == {"vip": 1}
    assert await counts(store, Asked(period, By.DAY, tag="vip")) == {"2026-10-02": 1}
    assert await counts(store, Asked(period, By.TEAM, channel="chat")) == {"support": 2}
    assert await counts(store, Asked(period, channel="nothing")) == {}


async def test_every_question_is_answered_by_adding_what_fits(store: Store) -> None:
    """Whatever sums a store keeps to be quick: the same as by going through all of them."""
    dice = random.Random(7)
    events, out = [], Folded()
    for n in range(60):
        agent = dice.choice((None, "mia", "ben"))
        tags = tuple(dice.sample(("vip", "vip:", "new"), dice.randrange(3)))
        events += arrival(n, dice.randrange(70), dice.choice(("mail", "chat")), agent, tags, dice.choice((None, "a", "a:")))
    for event in events:
        follow(event, out.known.get(event.conversation) if event.conversation else None, Ruler(), out)
    for part in range(0, len(events), 50):
        await fold(store, events[part : part + 50])
    conditions: list[dict[str, str]] = [{}, {"agent": "mia"}, {"channel": "chat"}, {"queue": "a"}, {"queue": "a:", "channel": "mail"}]
    period = Period(date(2026, 10, 5), date(2026, 12, 2))
    for by in (by for by in By if by is not By.STATE):
        for more in conditions if by not in (By.TAG, By.POLICY) else [{}]:
            await _is_what_fits(store, Asked(period, by, **more), out)
    for tag in ("vip", "vip:"):
        await _is_what_fits(store, Asked(period, By.DAY, tag=tag), out)


async def _is_what_fits(store: Store, asked: Asked, out: Folded) -> None:
    first, last = asked.period.first.isoformat(), asked.period.last.isoformat()
    found: dict[str, list[Sum]] = {}
    for (day, dims), one in out.sums.items():
        if first <= day <= last and fits(asked, dims):
            found.setdefault(group_of(asked, day, dims), []).append(one)
    wanted = {key: added(parts) for key, parts in found.items()}
    answered = await store.facts.sums(asked)
    assert {key: one.counts for key, one in answered.items()} == {key: one.counts for key, one in wanted.items()}, asked
    assert {key: one.totals for key, one in answered.items()} == {key: one.totals for key, one in wanted.items()}, asked
    if asked.by is not By.HOUR:
        assert {key: one.classes for key, one in answered.items()} == {key: one.classes for key, one in wanted.items()}, asked
        for key, one in wanted.items():
            assert [answered[key].percentile(what, 0.5) for what in one.classes] == [one.percentile(what, 0.5) for what in one.classes]
    earlier = [s.counts for (day, dims), s in out.sums.items() if day < first and fits(asked, dims)]
    assert await store.facts.backlog(asked) == sum(counts.get(ENTERED, 0) - counts.get(LEFT, 0) for counts in earlier)


async def test_loose_days_are_counted_as_whole_months_are(store: Store) -> None:
    await filled(store)
    assert await counts(store, Asked(Period(date(2026, 10, 2), date(2026, 10, 31)))) == {"": 3}
    assert await counts(store, Asked(Period(date(2026, 10, 3), date(2026, 11, 11)))) == {"": 2}
    assert await counts(store, Asked(Period(date(2026, 10, 1), date(2026, 11, 10)))) == {"": 3}


async def test_durations_and_hours_come_back(store: Store) -> None:
    await filled(store)
    found = (await store.facts.sums(ALL))[""]
    assert found.totals["first_response"] == 3 * 3_600_000
    assert sum(found.classes["first_response"].values()) == 3
    hours = (await store.facts.sums(Asked(ALL.period, By.HOUR)))[""].hours
    assert sum(hours["received"].values()) == 4


async def test_few_durations_give_the_figures_of_their_list_and_many_those_of_their_classes(store: Store) -> None:
    """Folded one by one, over several days and months; every one of them is behind the figure."""
    minutes = (6, 2, 3_168, 40, 7, 90, 1, 8, 300, 11)
    for n, taken in enumerate(minutes):
        out = Folded()
        out.sum("2026-10-02" if n % 2 else "2026-11-20", Dims("mail", agent="mia")).add("resolved", None, taken * 60_000)
        await store.facts.fold(out, await store.facts.position(), {1: n + 1})
        exact = median(minutes[: n + 1]) * 60_000
        for asked in (ALL, Asked(ALL.period, By.AGENT, channel="mail"), Asked(Period(date(2026, 10, 2), date(2026, 11, 20)))):
            (found,) = (await store.facts.sums(asked)).values()
            assert found.percentile("resolved", 0.5) == exact, (n, asked)
    out = Folded()
    out.sum("2026-11-20", Dims("mail", agent="mia")).add("resolved", None, 60_000)
    await store.facts.fold(out, await store.facts.position(), {1: 99})
    told = (await store.facts.sums(ALL))[""].percentile("resolved", 0.5)
    assert told is not None
    assert abs(told - 8 * 60_000) < 0.026 * 8 * 60_000


async def test_the_backlog_before_a_day(store: Store) -> None:
    await filled(store)
    assert await store.facts.backlog(ALL) == 0
    assert await store.facts.backlog(Asked(Period(date(2026, 11, 12), date(2026, 11, 13)))) == 4
    assert await store.facts.backlog(Asked(Period(date(2026, 10, 31), date(2026, 11, 13)), agent="mia")) == 1


async def listed(store: Store, behind: Behind) -> list[str]:
    return [fact.conversation for fact in (await store.facts.facts(behind, None, 100))[0]]


async def test_every_figure_opens_the_list_behind_it(store: Store) -> None:
    await filled(store)
    span = (START, START + 100 * DAY)
    begun = Behind(ALL, FactKind.STARTED, span)
    first, more = await store.facts.facts(begun, None, 3)
    rest, end = await store.facts.facts(begun, more, 3)
    assert [f.conversation for f in (*first, *rest)][:2] == ["x3", "x2"]
    assert {f.conversation for f in (*first, *rest)} == {"x0", "x1", "x2", "x3"}
    assert (len(first), end) == (3, None)
    chats, _ = await store.facts.facts(Behind(Asked(ALL.period, channel="chat"), FactKind.FIRST_RESPONSE, span), None, 10)
    assert [(f.conversation, f.value, f.dims.agent) for f in chats] == [("x3", 3_600_000, "mia"), ("x1", 3_600_000, "mia")]
    assert await listed(store, Behind(Asked(ALL.period, tag="vip"), FactKind.STARTED, span)) == ["x1"]
    assert set(await listed(store, Behind(ALL, FactKind.STARTED, (START, START + 29 * DAY)))) == {"x0", "x1"}


async def test_messages_are_listed_one_by_one_as_they_are_counted(store: Store) -> None:
    await filled(store)
    span = (START, START + 100 * DAY)
    for kind, what in ((FactKind.RECEIVED, "received"), (FactKind.SENT, "sent")):
        for by in (By.AGENT, By.CHANNEL):
            for key, times in (await counts(store, Asked(ALL.period, by), what)).items():
                asked = Asked(ALL.period, **{by.value: key})  # type: ignore[arg-type]  # a dimension's name
                assert len(await listed(store, Behind(asked, kind, span, none="" if key else by.value))) == times
    hours = (await store.facts.sums(Asked(ALL.period, By.HOUR)))[""].hours["received"]
    assert hours
    for hour, times in hours.items():
        assert len(await listed(store, Behind(ALL, FactKind.RECEIVED, span, hour))) == times


async def test_the_backlog_of_an_evening_opens_what_was_open_then(store: Store) -> None:
    """Mia's of the first day goes to Ben on the tenth and is closed on the twentieth."""
    await filled(store)
    who, mail, team = Author("agent", "mia"), ChannelId("chat"), TeamId("support")
    given = Facets(Category.OPEN, mail, CustomerId("c1"), AgentId("ben"), team)
    closed = Facets(Category.RESOLVED, mail, CustomerId("c1"), AgentId("ben"), team)
    await fold(
        store,
        [
            Event(EventType.ASSIGNED, START + 10 * DAY, who, 1, 91, ConversationId("x1"), 3, after=given),
            Event(EventType.STATUS_CHANGED, START + 20 * DAY, who, 1, 92, ConversationId("x1"), 4, after=closed),
        ],
    )

    async def evening(day: int, agent: str = "", none: str = "") -> list[str]:
        asked = Asked(ALL.period, agent=agent)
        return sorted(await listed(store, Behind(asked, FactKind.BACKLOG, (START, START + (day + 1) * DAY), none=none)))

    assert [await evening(day) for day in (0, 19, 20, 29, 60)] == [["x0", "x1"], ["x0", "x1"], ["x0"], ["x0", "x2"], ["x0", "x2", "x3"]]
    assert (await evening(9, agent="mia"), await evening(10, agent="mia"), await evening(10, agent="ben")) == (["x1"], [], ["x1"])
    assert await evening(60, none="agent") == ["x0"]
    before = await store.facts.backlog(Asked(Period(date(2026, 11, 1), date(2026, 11, 2))))
    assert before == len(await evening(29))


async def test_of_two_that_fold_the_same_one_is_refused_and_nothing_counts_twice(store: Store) -> None:
    await fold(store, arrival(0, 0))
    place = await store.facts.position()
    out = Folded()
    for event in arrival(1, 1):
        follow(event, None, Ruler(), out)
    await store.facts.fold(out, place, {1: 99})
    with pytest.raises(Conflict):
        await store.facts.fold(out, place, {1: 99})
    with pytest.raises(Conflict):
        await store.facts.fold(out, {}, {1: 99})
    assert await counts(store, ALL) == {"": 2}
    assert await store.facts.position() == {1: 99}


async def test_time_in_a_state_opens_its_stretches_which_add_up_to_it(store: Store) -> None:
    """Over days that begin and end in the middle of them, a page at a time, of one agent in one state."""
    minutes = [0, 50, 70, 26 * 60, 26 * 60 + 5, 60 * 60, 61 * 60, 80 * 60]
    out = Folded()
    for agent in ("mia", "max"):
        for n, (since, until) in enumerate(pairwise(minutes)):
            was = ("online", "break")[n % 2]
            at, whose = START + until * 60_000, AgentId(agent)
            data: dict[str, int | str | None] = {"was": was, "since": START + since * 60_000, "state": "x"}
            changed = Event(EventType.STATE_CHANGED, at, Author("system"), o=ord(agent[1]), n=n, agent=whose, data=data)
            follow(changed, None, Ruler(), out)
    await store.facts.fold(out, {}, {1: 1})
    for day in (0, 1, 2, 3):
        for length in (1, 2, 4):
            start = date(2026, 10, 2) + timedelta(days=day)
            asked = Asked(Period(start, start + timedelta(days=length - 1)), By.STATE)
            span = (START + day * DAY, START + (day + length) * DAY)
            totals = (await store.facts.sums(asked)).get("mia", Sum()).totals
            alone = await store.facts.sums(replace(asked, agent="mia"))
            assert {who: one.totals for who, one in alone.items()} == ({"mia": totals} if totals else {})
            for state in ("online", "break"):
                behind = Behind(Asked(asked.period, agent="mia"), FactKind.STATE, span, state=state)
                first, more = await store.facts.facts(behind, None, 1)
                rest = (await store.facts.facts(behind, more, 50))[0] if more else []
                found = [*first, *rest]
                assert all(f.dims.agent == "mia" and f.metric == state for f in found)
                assert [f.at for f in found] == sorted((f.at for f in found), reverse=True)
                lasted = sum(min(f.at + (f.value or 0), span[1]) - max(f.at, span[0]) for f in found)
                assert lasted == totals.get(f"state_{state}", 0)
