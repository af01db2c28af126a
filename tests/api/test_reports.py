"""Reports by the API: who may ask, what is refused, what comes back, and the lists behind the figures."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from inbox.core.events import Event, EventType
from inbox.core.facts import Dims, Folded, follow
from inbox.core.ids import AgentId, ConversationId
from inbox.core.message import Author, Reason
from inbox.core.policies import Policy
from inbox.core.reports import By
from inbox.core.spells import Spell
from inbox.flow.folding import Measure
from inbox.records import POLICIES, SPELLS, Batch, Put
from tests.api.world import World, a_world
from tests.store.test_contract_facts import arrival

DAYS = {"first": "2026-11-01", "last": "2026-11-30"}
LAST_EVENING = int(datetime(2026, 11, 30, 23, 30, tzinfo=UTC).timestamp() * 1000)


async def filled(world: World) -> int:
    """A conversation came in and was answered by Mia after an hour, another waits; the number of the first."""
    mia = await world.log_in("mia")
    (row, *_) = (await mia.get("/conversations", params={"view": "all"}))["rows"]
    events = [replace(e, conversation=row["id"]) for e in arrival(0, 31, "mail", "mia", ("vip",))] + arrival(1, 40, "chat")
    out = Folded()
    for event in events:
        follow(event, out.known.get(event.conversation) if event.conversation else None, Measure().ruler, out)
    await world.store.facts.fold(out, {}, {1: len(events)})
    return int(row["number"])


async def asked(world: World, who: str = "sue", path: str = "/reports", **query: str) -> tuple[int, Any]:
    answer = await (await world.log_in(who)).ask("GET", path, params={**DAYS, **query})
    return answer.status, await (answer.json() if "json" in answer.content_type else answer.text())


@pytest.mark.parametrize("path", ["/reports", "/reports.csv", "/reports/facts"])
async def test_agents_are_shown_no_reports(world: World, path: str) -> None:
    assert (
        (await asked(world, "mia", path, kind="started"))[0] == 403
        if path.endswith("facts")
        else (await asked(world, "mia", path))[0] == 403
    )


async def test_figures_over_days(world: World) -> None:
    await filled(world)
    world.clock.set(LAST_EVENING)
    status, report = await asked(world, by="day")
    assert (status, len(report["rows"]), report["zone"], report["opening_hours"]) == (200, 30, "UTC", "")
    assert (await (await world.log_in("mia")).get("/bootstrap"))["zone"] == report["zone"]
    assert report["total"]["counts"] | {"entered": 2} == {"started": 2, "received": 2, "sent": 1, "first_response": 1, "entered": 2}
    assert report["total"]["spreads"]["first_response"]["mean"] == 3_600_000
    assert report["before"]["counts"] == {}
    assert report["rows"][-1]["backlog"] == sum(row["counts"].get("entered", 0) - row["counts"].get("left", 0) for row in report["rows"])
    status, by_agent = await asked(world, by="agent")
    assert {row["key"] for row in by_agent["rows"] if row["counts"].get("sent")} == {"mia"}
    status, hours = await asked(world, by="hour")
    assert len(hours["rows"]) == 168


@pytest.mark.parametrize(("by", "had"), [("day", [2, 2, None, None]), ("week", [2, None]), ("month", [0, 2, None])])
async def test_days_to_come_have_no_backlog_and_a_row_with_today_has_that_of_now(world: World, by: str, had: list[int | None]) -> None:
    await filled(world)
    world.clock.set(LAST_EVENING)
    days = {"day": ("11-29", "12-02"), "week": ("11-30", "12-07"), "month": ("10-31", "12-31")}[by]
    first, last = (f"2026-{day}" for day in days)
    _, report = await asked(world, by=by, first=first, last=last)
    assert [row["backlog"] for row in report["rows"]] == had
    _, text = await asked(world, path="/reports.csv", by=by, first=first, last=last)
    assert [row["Backlog: at the end"] for row in csv.DictReader(io.StringIO(text))] == ["" if n is None else str(n) for n in had]


@pytest.mark.parametrize(("zone", "had"), [("UTC", [2, None]), ("Asia/Tokyo", [2, 2]), ("America/New_York", [2, None])])
async def test_today_is_that_of_the_reports_zone(zone: str, had: list[int | None]) -> None:
    async with a_world(zone=zone) as world:
        await filled(world)
        world.clock.set(LAST_EVENING)
        _, report = await asked(world, by="day", first="2026-11-30", last="2026-12-01")
    assert [row["backlog"] for row in report["rows"]] == had


async def test_a_figure_opens_the_conversations_behind_it(world: World) -> None:
    number = await filled(world)
    status, page = await asked(world, path="/reports/facts", kind="first_response")
    assert status == 200
    assert [(row["conversation"]["number"], row["agent"], row["value"]) for row in page["rows"]] == [(number, "mia", 3_600_000)]
    [said] = (await asked(world, path="/reports/facts", kind="sent"))[1]["rows"]
    assert (said["conversation"]["number"], said["agent"]) == (number, "mia")
    left = (await asked(world, path="/reports/facts", kind="backlog", none="agent"))[1]["rows"]
    assert [(row["conversation"], row["agent"]) for row in left] == [(None, "")]
    for name, value in (("hour", "x"), ("hour", "168"), ("none", "tag")):
        status, problem = await asked(world, path="/reports/facts", kind="sent", **{name: value})
        assert (status, problem["field"]) == (422, name)
    gone = (await asked(world, path="/reports/facts", kind="started", channel="chat"))[1]["rows"]
    assert [row["conversation"] for row in gone] == [None]


async def test_what_is_late_and_owed_is_so_since_it_was_due_until_now_whatever_was_over_before(world: World) -> None:
    waits, due = arrival(0, 0)[1].after, world.clock.now()
    asked_at = Event(EventType.MESSAGE_RECEIVED, due - 3_600_000, Author("customer", "c"), 1, 1, ConversationId("x0"), 1, after=waits)
    proof = Reason("sla_breached", ("first_response", "gold"), {"due_at": due, "late_by": 40, "over": 1_354_000})
    late = Event(EventType.SLA_BREACHED, due + 40, Author("system"), 1, 2, ConversationId("x0"), 2, after=waits, reason=proof)
    out = Folded()
    for event in (asked_at, late):
        follow(event, out.known.get(ConversationId("x0")), Measure().ruler, out)
    await world.store.facts.fold(out, {}, {1: 2})
    await world.clock.advance(18 * 60_000)
    days = {"first": "2026-01-01", "last": "2026-01-31"}
    [row] = (await asked(world, path="/reports/facts", kind="sla_breached", **days))[1]["rows"]
    assert (row["owed"], row["value"]) == (True, 18 * 60_000)


async def test_the_report_goes_into_a_spreadsheet(world: World) -> None:
    await filled(world)
    status, text = await asked(world, path="/reports.csv", by="agent")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert status == 200
    assert ("Mia", "mia") in {(row["Person"], row["Id"]) for row in rows}
    assert {row["Answers"] for row in rows if row["Id"] == "mia"} == {"1"}
    assert {row["First answer: median (s)"] for row in rows if row["Id"] == "mia"} == {"3600"}


async def head_of(world: World, **query: str) -> tuple[list[str], set[str]]:
    """The columns of a spreadsheet, and what its rows are called."""
    _, text = await asked(world, path="/reports.csv", **query)
    head, *rows = csv.reader(io.StringIO(text))
    return head, {row[0] for row in rows}


async def test_a_spreadsheet_names_what_it_holds_under_the_same_heads_whatever_the_days(world: World) -> None:
    await filled(world)
    for by in By:
        head, _ = await head_of(world, by=by.value)
        assert head == (await head_of(world, by=by.value, first="2020-01-01", last="2020-01-02"))[0], by
        assert len(set(head)) == len(head)
    head, rows = await head_of(world, by="agent")
    assert (head[:2], "Backlog: at the end" in head, "" in rows, "Nobody" in rows) == (["Person", "Id"], False, False, True)
    assert "" not in (await head_of(world, by="queue"))[1]
    assert "Backlog: at the end" in (await head_of(world, by="day"))[0]
    _, hours = await head_of(world, by="hour")
    assert {"Monday 00:00", "Sunday 23:00"} < hours
    assert len(hours) == 168


async def test_a_spreadsheet_has_no_column_for_what_is_not_counted_so(world: World) -> None:
    await filled(world)
    _, text = await asked(world, path="/reports.csv", by="agent")
    new = {row["Id"]: row["New conversations"] for row in csv.DictReader(io.StringIO(text))}
    assert (new["mia"], new[""]) == ("", "2"), "what begins is nobody's yet"
    of_promises, _ = await head_of(world, by="policy")
    assert of_promises[2:4] == ["Promises kept", "Promises missed"]
    assert not {"Answers", "Closed"} & set(of_promises)


@pytest.mark.parametrize("key", ["gold", "default"])
async def test_a_spreadsheet_calls_promises_by_their_names(world: World, key: str) -> None:
    policy = Policy("gold", name="Gold customers")
    await world.store.journal.commit(Batch(puts=[Put(POLICIES, policy, None)]))
    out = Folded()
    out.sum("2026-11-20", Dims(label=f"policy:{key}")).add("sla_breached")
    await world.store.facts.fold(out, {}, {1: 1})
    assert (await head_of(world, by="policy"))[1] == {"Gold customers" if key == "gold" else "Promise of the settings file"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"first": "yesterday"}, "first"),
        ({"first": "2026-12-01"}, "last"),
        ({"first": "1990-01-01"}, "last"),
        ({"by": "moon"}, "by"),
        ({"first": "2024-01-01", "by": "day"}, "by"),
        ({"tag": "vip", "channel": "mail"}, "channel"),
        ({"by": "state", "channel": "shop"}, "channel"),
        ({"tag": "vip", "by": "agent"}, "by"),
    ],
)
async def test_a_report_without_meaning_is_refused_with_the_field(world: World, query: dict[str, str], field: str) -> None:
    status, problem = await asked(world, **query)
    assert (status, problem["field"]) == (422, field)


async def test_nothing_yet_is_an_empty_report(world: World) -> None:
    status, report = await asked(world, by="channel", first="2020-01-01", last="2020-01-02")
    assert (status, report["rows"], report["total"]["key"]) == (200, [], "")


async def test_time_in_a_state_opens_its_stretches_with_the_one_that_goes_on(world: World) -> None:
    now, minute = world.clock.now(), 60_000
    today = datetime.fromtimestamp(now / 1000, UTC).date().isoformat()
    days = {"first": today, "last": today}
    midnight = now - now % (24 * 60 * minute)
    data: dict[str, int | str | None] = {"was": "online", "since": midnight - 30 * minute, "state": "break"}
    over = Event(EventType.STATE_CHANGED, midnight + minute, Author("system"), o=1, n=1, agent=AgentId("mia"), data=data)
    out = Folded()
    follow(over, None, Measure().ruler, out)
    await world.store.facts.fold(out, {}, {1: 1})
    await world.store.journal.commit(Batch(puts=[Put(SPELLS, Spell(AgentId("mia"), "online", midnight + 5 * minute), None)]))
    _, page = await asked(world, path="/reports/facts", kind="state", agent="mia", state="online", **days)
    lasts, ended = page["rows"]
    assert (lasts["at"], lasts["until"], lasts["value"]) == (midnight + 5 * minute, None, now - midnight - 5 * minute)
    assert (ended["at"], ended["until"], ended["value"]) == (midnight - 30 * minute, midnight + minute, minute)
    _, report = await asked(world, by="state", **days)
    assert [row["times"]["online"] for row in report["rows"] if row["key"] == "mia"] == [lasts["value"] + ended["value"]]
    for who, there in (("mia", {"mia"}), ("ben", set())):
        _, alone = await asked(world, by="state", agent=who, **days)
        assert {row["key"] for row in alone["rows"]} == there
        _, text = await asked(world, path="/reports.csv", by="state", agent=who, **days)
        assert {row["Id"] for row in csv.DictReader(io.StringIO(text))} == there
    assert (await asked(world, path="/reports/facts", kind="state", agent="mia", state="break", **days))[1]["rows"] == []
    status, problem = await asked(world, path="/reports/facts", kind="state", agent="mia", **days)
    assert (status, problem["field"]) == (422, "state")
