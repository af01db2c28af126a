"""Carries out changes to many conversations, a few at a time and after everything else; what a crash cut short is taken up again."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog

from inbox.core import bulk
from inbox.core.bulk import MOST, PART, RUNNING, Change, Job, JobItem
from inbox.core.conversation import FAR_FUTURE, Category, Conversation
from inbox.core.errors import Conflict, InboxError, Invalid, NotFound, Prevented, TryLater
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId, digest
from inbox.core.permissions import Actor, scope
from inbox.core.tags import Retag, Tag, tag_id
from inbox.core.views import View
from inbox.flow.committer import Committer
from inbox.flow.directory import Directory
from inbox.flow.feed import Change as Heard
from inbox.flow.job_units import CHANGED_SINCE, Cancel, Claim, Item, Progress, Skip, Start, StartUndo, lease_end, part_id
from inbox.flow.marks import mark_so_many, marks
from inbox.flow.retagging import StartRetag, UndoRetag
from inbox.flow.tagging import asking
from inbox.flow.timers import either
from inbox.ports import RETRY_S, Clock, Journal, Own, Queries
from inbox.records import JOB_PARTS, JOBS, TAGS

WINDOW = 16
"""Conversations in one transaction: a command that comes meanwhile waits for no more than these."""
TELL_EVERY_MS = 300
AT_ONCE = 100
SHOWN = 20

Moved = Callable[[AgentId, ConversationId, int], None]
log = structlog.get_logger(__name__)


@dataclass
class _Work:
    """A job of this process, and what was dealt with since its progress was stored."""

    job: Job
    part: tuple[ConversationId, ...] = ()
    number: int = -1
    counts: Counter[str] = field(default_factory=Counter)
    told_at: int = 0

    @property
    def at(self) -> int:
        """The next conversation's place."""
        return self.job.at + self.counts.total()


class Jobs:
    """The door for changes in bulk, and the loop that makes them."""

    def __init__(
        self,
        committer: Committer,
        journal: Journal,
        queries: Queries,
        own: Own,
        directory: Directory,
        clock: Clock,
        signing: tuple[bytes, ...],
        server: str,
        read_moved: Moved,
    ) -> None:
        """``server`` names this process among others; ``read_moved`` hears of own marks that were moved."""
        self._committer = committer
        self._journal = journal
        self._queries = queries
        self._own = own
        self._directory = directory
        self._clock = clock
        self._signing = signing
        self._server = server
        self._read_moved = read_moved
        self._works: dict[str, _Work] = {}
        self._wake = asyncio.Event()

    async def start(self, actor: Actor, change: Change, chosen: Sequence[ConversationId] | View, key: str = "") -> Job:
        """Begin; durable when it returns. ``chosen`` are ids, or a view as the actor sees it now. Raises ``Invalid``."""
        await self._check(change)
        content = digest(msgspec.json.encode(change), msgspec.json.encode(chosen))
        if isinstance(chosen, View):
            chosen = await self._queries.all_in(chosen, scope(actor), actor.id, MOST + 1)
        ids = _few(chosen)
        unit = Start(_id(actor, key), actor, change, ids, key, content, self._server, size=2_000 + 40 * len(ids))
        return self._take(await self._committer.submit(unit))

    async def begun(self, actor: Actor, key: str) -> Job | None:
        """What the actor began under this key."""
        id = _id(actor, key)
        return (await self._journal.load({JOBS: frozenset({id})}))[JOBS].get(id)

    async def retag(self, actor: Actor, tag: Tag, into: str | None, key: str = "") -> Job:
        """Give a tag another name, merge it into the one of that name, or remove it (None), in all conversations however old; durable
        when it returns. Raises ``Conflict`` for a tag that rules ask for and that would be gone, or that was changed since."""
        rules = await asking(self._directory, tag.name)
        if into is None and rules:
            raise Prevented("in_use", f"{rules[0][1]!r} asks for this tag; change that first.", rules[0][1])
        known = (await self._directory.entries(TAGS)).get("" if into is None else tag_id(into))
        fresh = known is None or known.id == tag.id
        name = known.name if known is not None and not fresh else into
        views = [View("tag", tuple(Category), tags=(spelled,)) for spelled in await self._queries.spellings(tag.name)]
        ids = _few([id for view in views for id in await self._queries.all_in(view, scope(actor), actor.id, MOST + 1)])
        change = Change(remove_tags=(tag.name,), add_tags=() if name is None else (name,), retag=Retag(tag, name, fresh))
        content = digest(tag.id, str(tag.version), into or "")
        size = 2_000 + 40 * len(ids)
        asked = [rule for rule, _ in rules]
        unit = StartRetag(_id(actor, key), actor, change, ids, key, content, self._server, asked, size=size)
        return self._take(await self._committer.submit(unit))

    async def undo(self, actor: Actor, id: str) -> Job:
        """Begin to undo an own job; an undo that was begun is returned again. Raises ``NotFound``, ``Conflict``."""
        job, undo = await self.get(actor, id), digest("undo", id)
        retag = job.change.retag
        if retag is None or job.undo_of:
            return self._take(await self._committer.submit(StartUndo(id, undo, actor, self._server)))
        rules = [rule for rule, _ in await asking(self._directory, retag.into or "")]
        return self._take(await self._committer.submit(UndoRetag(id, undo, actor, self._server, retag, rules)))

    async def cancel(self, actor: Actor, id: str) -> Job:
        """Stop an own job where it is. Raises ``NotFound``."""
        return await self._committer.submit(Cancel(id, actor))

    async def get(self, actor: Actor, id: str) -> Job:
        """An own job. Raises ``NotFound``."""
        job: Job | None = (await self._journal.load({JOBS: frozenset({id})}))[JOBS].get(id)
        if job is None or job.agent != actor.id:
            raise NotFound
        return job

    async def of(self, actor: Actor) -> list[Job]:
        """The actor's newest jobs."""
        return await self._queries.jobs_of(actor.id, SHOWN)

    def heard(self, changes: Sequence[Heard]) -> None:
        """Listener of the feed: another server may have begun a job, and may be gone before it is through."""
        if any(change.event.type is EventType.JOB_CHANGED for change in changes):
            self._wake.set()

    async def run(self) -> None:
        """Work until cancelled; what other servers left is taken up when their lease ends."""
        while True:
            self._wake.clear()
            try:
                await self._take_up()
                while self._works:
                    for work in tuple(self._works.values()):
                        await self._step(work)
                waits = lease_end([job for job in await self._queries.running_jobs(AT_ONCE) if job.held_by != self._server])
            except TryLater as away:
                log.warning("job_waits", error=away.code)
                await asyncio.sleep(RETRY_S)
                continue
            await either(self._wake, self._clock, waits)

    async def _take_up(self) -> None:
        for job in await self._queries.running_jobs(AT_ONCE):
            if job.id not in self._works and (job.held_by == self._server or job.held_until <= self._clock.now()):
                claimed = await self._committer.submit(Claim(job.id, self._server))
                if claimed is not None:
                    self._works[job.id] = _Work(claimed)

    def _take(self, job: Job) -> Job:
        if job.state == RUNNING and job.held_by == self._server:
            self._works.setdefault(job.id, _Work(job))
            self._wake.set()
        return job

    async def _step(self, work: _Work) -> None:
        """The next few conversations of a job; then, now and then, how far it is."""
        ids = await self._next(work)
        if ids:
            work.counts.update(item.skipped for item in await self._carry_out(work.job, ids))
        elif work.at < work.job.total:  # its parts are not kept any more
            work.counts[NotFound.code] += work.job.total - work.at
        now = self._clock.now()
        if ids and work.at < work.job.total and now - work.told_at < TELL_EVERY_MS:
            return
        stored = await self._committer.submit(Progress(work.job.id, work.job.at, dict(work.counts), self._server))
        if stored is None or stored.state != RUNNING:
            self._works.pop(work.job.id, None)
        else:
            work.job, work.told_at = stored, now
            work.counts.clear()

    async def _next(self, work: _Work) -> tuple[ConversationId, ...]:
        number, offset = divmod(work.at, PART)
        if number != work.number and work.at < work.job.total:
            id = part_id(work.job, number)
            part = (await self._journal.load({JOB_PARTS: frozenset({id})}))[JOB_PARTS].get(id)
            work.part, work.number = part.conversations if part is not None else (), number
        return work.part[offset : offset + min(WINDOW, work.job.total - work.at)]

    async def _carry_out(self, job: Job, ids: Sequence[ConversationId]) -> list[JobItem]:
        """What became of them. The asker's account is looked at anew: who was switched off changes nothing more."""
        actor = await self._directory.actor(job.agent)
        if actor is None:
            return [await self._committer.submit(Skip(job.id, id, NotFound.code)) for id in ids]
        reads = not isinstance(job.change.read, msgspec.UnsetType)
        known = await self._queries.conversations(ids) if reads else {}
        seen = await marks(self._own, job.agent, list(known.values()))
        items = [Item(job, id, actor, self._signing[0], seen.get(id, 0)) for id in ids]
        done = [_result(one) for one in await asyncio.gather(*map(self._one, items), return_exceptions=True)]
        if reads:
            for id, item in zip(ids, done, strict=True):
                if id in known:
                    await self._move_mark(job, known[id], item)
        return done

    async def _one(self, item: Item) -> JobItem:
        try:
            return await self._committer.submit(item)
        except TryLater:
            raise
        except InboxError as refused:
            code = CHANGED_SINCE if item.job.undo_of and isinstance(refused, Conflict) else refused.code
            return await self._committer.submit(Skip(item.job.id, item.conversation, code))

    async def _move_mark(self, job: Job, c: Conversation, item: JobItem) -> None:
        """Own marks lie outside the transaction: what was noted is done again after a crash."""
        if item.before is None or item.after is None or item.before.read == item.after.read:
            return
        await mark_so_many(self._own, self._queries, job.agent, c, item.after.read)
        self._read_moved(job.agent, c.id, item.after.read)

    async def _check(self, change: Change) -> None:
        """What can be refused at once rather than for every conversation."""
        if not any(True for _ in bulk.commands(change, ConversationId(""))) and not isinstance(change.read, bool):
            raise Invalid("change", "says nothing that shall change")
        if (change.status is Category.SNOOZED) != (change.until is not None) or (change.until or FAR_FUTURE) <= self._clock.now():
            raise Invalid("until", "goes with the status snoozed, and lies in the future")
        agent = (await self._directory.agents()).get(change.assignee) if isinstance(change.assignee, str) else None
        if isinstance(change.assignee, str) and (agent is None or not agent.active or agent.role == "bot"):
            raise Invalid("assignee", "there is no such colleague")
        if isinstance(change.team, str) and change.team not in await self._directory.teams():
            raise Invalid("team", "there is no such team")


def _id(actor: Actor, key: str) -> str:
    return digest("job", actor.id, key) if key else secrets.token_hex(16)


def _few(chosen: Sequence[ConversationId]) -> tuple[ConversationId, ...]:
    ids = tuple(dict.fromkeys(chosen))
    if len(ids) > MOST:
        raise Invalid("view", f"holds more than {MOST} conversations; narrow it")
    return ids


def _result(outcome: JobItem | BaseException) -> JobItem:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
