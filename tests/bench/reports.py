"""Every report over a million conversations of a year, from the folded sums, and the lists behind the figures."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from time import perf_counter

from pymongo.write_concern import WriteConcern

from inbox.app.stores import Stores
from inbox.core.facts import ENTERED, LEFT, Dims, Fact, FactKind, Folded, Ruler
from inbox.core.ids import ConversationId, MessageId
from inbox.core.reports import DIMENSIONS, OVER_TIME, Asked, Behind, By, Period, added, by_hour, figures_of, grown, keys_of
from inbox.core.sums import Sum
from inbox.store import facts as store
from inbox.store.client import Document
from tests.bench.baseline import percentiles, report, say
from tests.bench.world import World, fresh

CONVERSATIONS, DAYS = 1_000_000, 365
CHANNELS, TEAMS, QUEUES, AGENTS, TAGS, POLICIES = 8, 6, 12, 200, 50, 4
"""An agent is of one team, serves one queue and two channels."""
FIRST = date(2025, 1, 1)
OPEN = 100
"""One of so many stays open."""
ASKED_EACH = 5
DAY_MS = 24 * 60 * 60 * 1000


async def reports(world: World) -> None:
    """Every kind of row is asked over three periods, with conditions too, and the lists behind the figures."""
    async with world.stores(fresh()) as stores:
        began = perf_counter()
        pace = CONVERSATIONS // DAYS / await _fill(stores)
        say(f"filled in {perf_counter() - began:.0f} s; the last day by the service, {pace:.0f} conversations a second")
        bare = [await _one_document(stores) for _ in range(200)]
        say(f"one document by its id: p50 {percentiles(bare)[0]:.1f} ms")
        seen: dict[str, list[float]] = {}
        for asked in _questions():
            for _ in range(ASKED_EACH):
                began = perf_counter()
                await _answer(stores, asked)
                seen.setdefault(_told(asked), []).append(perf_counter() - began)
        _report(f"reports over {CONVERSATIONS:,} conversations", seen)
        for kind in (FactKind.RESOLVED, FactKind.SENT, FactKind.BACKLOG):
            lists = {
                _told(asked): [await _listed(stores, asked, kind) for _ in range(ASKED_EACH)]
                for asked in _questions()
                if asked.by is By.ALL and not (asked.tag and kind is FactKind.BACKLOG)
            }
            _report(f"lists of {kind.value}", lists)


def _report(what: str, seen: Mapping[str, list[float]]) -> None:
    every = sorted(took for each in seen.values() for took in each)
    slowest = sorted(seen, key=lambda one: -max(seen[one]))[:5]
    told = f"p50 {percentiles(every)[0]:.0f} ms, p95 {every[int(len(every) * 0.95)] * 1000:.0f} ms"
    report(f"{len(every)} {what}", told, "p95 < 1 s")
    say("slowest: " + "; ".join(f"{one} {max(seen[one]) * 1000:.0f} ms" for one in slowest))


def _told(asked: Asked) -> str:
    conditions = [name for name in (*DIMENSIONS, "tag") if getattr(asked, name)]
    return f"{asked.period.days} days by {asked.by.value}" + (f" of a {' and '.join(conditions)}" if conditions else "")


async def _one_document(stores: Stores) -> float:
    one = await stores.db["report_sums"].find_one({})
    began = perf_counter()
    await stores.db["report_sums"].find_one({"_id": one["_id"] if one else ""})
    return perf_counter() - began


def _questions() -> Iterator[Asked]:
    year, last = Period(FIRST, FIRST + timedelta(days=DAYS - 1)), FIRST + timedelta(days=DAYS - 1)
    for period in (year, Period(last - timedelta(days=29), last), Period(date(2025, 3, 17), date(2025, 9, 4))):
        for by in By:
            yield Asked(period, by)
            if by not in (By.TAG, By.POLICY, By.STATE):
                yield Asked(period, by, agent="a7")
                yield Asked(period, by, channel="c3", team="t3")
        for by in (By.ALL, By.DAY, By.HOUR):
            yield Asked(period, by, tag="tag5")


async def _answer(stores: Stores, asked: Asked) -> None:
    """As the call does it: rows, the sum, and the same for the days before."""
    sums = await stores.facts.sums(asked)
    if asked.by is By.HOUR:
        rows = [figures_of(hour, one) for hour, one in by_hour(added(list(sums.values()))).items()]
    elif asked.by in OVER_TIME:
        rows = grown(
            [(key, sums.get(key, Sum())) for key in keys_of(asked)], await stores.facts.backlog(asked), asked.period.last.isoformat()
        )
    else:
        rows = [figures_of(key, one) for key, one in sums.items()]
    before = Asked(asked.period.before, By.ALL, asked.channel, asked.team, asked.queue, asked.agent, asked.tag)
    figures_of("", added(list(sums.values())))
    figures_of("", added(list((await stores.facts.sums(before)).values())))
    assert rows or asked.by is By.STATE


async def _listed(stores: Stores, asked: Asked, kind: FactKind) -> float:
    """The first page of a list, which is what a click asks for."""
    start = int(datetime.combine(asked.period.first, datetime.min.time(), UTC).timestamp() * 1000)
    began = perf_counter()
    await stores.facts.facts(Behind(asked, kind, (start, start + asked.period.days * DAY_MS)), None, 50)
    return perf_counter() - began


async def _fill(stores: Stores) -> float:
    """All days but the last as documents, which is quicker; the last one by the service itself, whose seconds are returned."""
    dice, began = random.Random(1), int(datetime(FIRST.year, 1, 1, tzinfo=UTC).timestamp() * 1000)
    months: dict[tuple[str, Dims], list[Sum]] = {}
    async with asyncio.TaskGroup() as tasks:
        places = asyncio.Semaphore(4)
        for day in range(DAYS):
            out, days = Folded(), list[Document]()
            first, last = CONVERSATIONS * day // DAYS, CONVERSATIONS * (day + 1) // DAYS
            for n in range(first, last):
                _conversation(out, n, began + day * DAY_MS + (n - first) * DAY_MS // (last - first), dice)
            if day == DAYS - 1:
                break
            for kind, period, dims, one in store.summed(out.sums):
                if kind == "m":
                    months.setdefault((period, dims), []).append(one)
                else:
                    days.append(_stored(kind, period, dims, one))
            await _insert(tasks, places, stores, "facts", [store._fact(fact) for fact in out.facts])
            await _insert(tasks, places, stores, "report_sums", days)
        whole = [_stored("m", month, dims, added(parts)) for (month, dims), parts in months.items()]
        await _insert(tasks, places, stores, "report_sums", whole)
    start = perf_counter()
    await stores.facts.fold(out, {}, {1: CONVERSATIONS})
    return perf_counter() - start


async def _insert(tasks: asyncio.TaskGroup, places: asyncio.Semaphore, stores: Stores, name: str, documents: list[Document]) -> None:
    """In the background, a few at a time."""
    collection = stores.db[name].with_options(write_concern=WriteConcern(1, j=False))
    await places.acquire()
    tasks.create_task(collection.insert_many(documents, ordered=False)).add_done_callback(lambda _: places.release())


def _stored(kind: str, period: str, dims: Dims, one: Sum) -> Document:
    """A sum as it stands once all its increments were made."""
    key = store._key(period, dims)
    out: Document = {"_id": key, "k": kind, "p": period, **{short: key.get(short, "") for _, short in store._SHORT}}
    for path, number in store._increments(one).items():
        *parents, last = path.split(".")
        at = out
        for parent in parents:
            at = at.setdefault(parent, {})
        at[last] = number
    return {**out, "v": dict(one.few)} if one.few else out


def _conversation(out: Folded, n: int, at: int, dice: random.Random) -> None:
    agent = dice.randrange(AGENTS)
    day, hour = Ruler().day(at)
    dims = Dims(f"c{(agent + n % 2) % CHANNELS}", f"t{agent % TEAMS}", f"q{agent % QUEUES}", f"a{agent}")
    labels = [Dims(label=f"tag:tag{dice.randrange(TAGS)}"), Dims(label=f"policy:p{n % POLICIES}")]
    stays = n % OPEN == 0
    answer, resolved, waited = (int(dice.lognormvariate(mu, 1.2) * 60_000) for mu in (2, 5, 1))
    for key in (dims, *labels):
        one = out.sum(day, key)
        for what in (FactKind.RECEIVED.value, FactKind.SENT.value, ENTERED, *(() if stays else (LEFT,))):
            one.add(what, hour)
        one.add(FactKind.STARTED.value, hour)
        one.add(FactKind.FIRST_RESPONSE.value, hour, answer)
        one.add(FactKind.RESOLVED.value, hour, resolved)
        one.add(FactKind.WAITED.value, hour, waited)
        one.add(FactKind.SLA_MET.value, hour)
    tags, id = (labels[0].label.removeprefix("tag:"),), ConversationId(f"c{n}")
    out.facts.append(Fact(f"r{n}", FactKind.RESOLVED, at, id, dims, tags, resolved, hour=hour))
    out.facts.append(Fact(f"s{n}", FactKind.SENT, at, id, dims, tags, message=MessageId(f"m{n}"), hour=hour))
    out.facts.append(Fact(f"b{n}", FactKind.BACKLOG, at, id, dims, value=None if stays else resolved))
