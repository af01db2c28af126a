"""What a policy that is not saved yet would mean for the conversations that are open, by the same steps that a saved one goes by."""

from __future__ import annotations

from dataclasses import dataclass, replace

from msgspec import structs

from inbox.core.conversation import FAR_FUTURE, ClockState, Conversation
from inbox.core.ids import Instant
from inbox.core.lifecycle import Changed
from inbox.core.order import tried
from inbox.core.permissions import Scope
from inbox.core.policies import Policy
from inbox.flow.desks import Desks
from inbox.flow.directory import Directory
from inbox.flow.persons import people
from inbox.flow.promises import Place, PromiseBook, follow
from inbox.flow.recounting import NOBODY, OPEN, PAGE
from inbox.flow.working import Channels
from inbox.ports import Queries

MOST = 10_000


@dataclass(frozen=True)
class Foresight:
    """Of the ``seen`` open conversations how many would at once be ``late`` with a promise they are not late with, and how many more would
    be due ``sooner``. ``more``: there are others, at which nobody looked."""

    seen: int
    late: int
    sooner: int
    more: bool


async def of_policy(queries: Queries, directory: Directory, channels: Channels, made: Policy, now: Instant, most: int = MOST) -> Foresight:
    """Looks at the first ``most`` open conversations, a page at a time. A policy with the id of one that is there takes its place."""
    promises, desks = (await PromiseBook.read(queries)).current(), Desks(directory)
    await desks.refresh()
    desk = desks.at(now)
    others = (policy for policy in promises.policies if policy.id != made.id)
    made = structs.replace(made, version=made.version + 1)
    then = replace(promises, policies=tuple(sorted((*others, made), key=tried)))
    seen = late = sooner = 0
    after: str | None = None
    while True:
        page, after = await queries.page(OPEN, Scope(all=True), NOBODY, after, min(PAGE, most - seen))
        known = await people(queries, (c.customer for c in page)) if then.about_customers else {}
        for c in page:
            facts = channels.get(c.channel)
            if facts is None:
                continue
            place = Place(facts.kind, facts.policy, desk)
            would = follow(then, place, known.get(c.customer), c, Changed(c), now).conversation
            becomes = bool(late_with(would, now) - late_with(c, now))
            late += becomes
            sooner += not becomes and is_sooner(c, would)
        seen += len(page)
        if after is None or seen >= most:
            return Foresight(seen, late, sooner, after is not None)


def late_with(c: Conversation, now: Instant) -> frozenset[str]:
    """Which promises are broken and still owed, or will be as soon as their timers go off."""
    owed = [clock for clock in c.sla if clock.met_at is None]
    over = [x for x in owed if x.state is ClockState.RUNNING and x.due_at is not None and x.due_at <= now]
    return frozenset(x.metric for x in (*over, *(x for x in owed if x.breached_at is not None)))


def is_sooner(before: Conversation, after: Conversation) -> bool:
    """Whether what is owed next is due earlier."""
    return (after.sort_due or FAR_FUTURE) < (before.sort_due or FAR_FUTURE)
