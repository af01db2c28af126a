"""What a job in bulk commits: its beginning, each conversation with the way back, how far it is, and its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import UnsetType
from msgspec.structs import replace

from inbox.core import bulk
from inbox.core.bulk import CANCELLED, DONE, PART, RUNNING, Change, Job, JobItem, JobPart, Standing
from inbox.core.commands import ACTIONS, SetStatus
from inbox.core.conversation import Conversation
from inbox.core.errors import Conflict, NotFound
from inbox.core.events import Event, EventType, facets
from inbox.core.ids import ConversationId, Instant, digest
from inbox.core.message import Author
from inbox.core.permissions import Action, Actor, require
from inbox.core.tags import tag_id
from inbox.flow.committer import Rank
from inbox.flow.conversations import Execute
from inbox.flow.giving import to_queue
from inbox.flow.idempotency import repeated
from inbox.flow.working import Layer
from inbox.flow.writing import author_of
from inbox.records import CONVERSATIONS, JOB_ITEMS, JOB_PARTS, JOBS

LEASE_MS = 15_000
SAME = "same"
"""It was so already."""
CHANGED_SINCE = "changed_since"
"""Somebody changed it after the job, so that it is not undone."""


def part_id(job: Job, number: int) -> str:
    """The id of a job's n-th part; an undo goes through the parts of what it undoes."""
    return f"{job.undo_of or job.id}.{number}"


def item_id(job: str, conversation: str) -> str:
    """The id of what became of a conversation in a job."""
    return digest("job", job, conversation)


def cause_of(job: Job) -> str:
    """What all entries of a job have in common."""
    return f"job:{job.id}"


@dataclass(frozen=True)
class _OfJob:
    """Whatever is about one job keeps its order."""

    id: str
    rank: Rank = field(default=Rank.COMMAND, kw_only=True)
    size: int = field(default=1_000, kw_only=True)

    @property
    def group(self) -> str:
        """The job."""
        return self.id


def _stored(layer: Layer, id: str, actor: Actor) -> Job:
    """An own job. Raises ``NotFound``."""
    layer.need((JOBS, (id,)))
    job = layer.get(JOBS, id)
    if job is None or job.agent != actor.id:
        raise NotFound
    return job


def _put(layer: Layer, job: Job) -> Job:
    """Store it and tell its owner's screens."""
    stored = layer.put(JOBS, job)
    data: dict[str, int | str | None] = {"job": stored.id, "state": stored.state, "done": stored.done, "total": stored.total}
    data["skipped"] = sum(stored.skipped.values())
    layer.event(Event(EventType.JOB_CHANGED, layer.now, Author("agent", stored.agent), agent=stored.agent, data=data))
    return stored


@dataclass(frozen=True)
class Start(_OfJob):
    """Begin a job over these conversations; ``server`` works on it."""

    actor: Actor
    change: Change
    conversations: Sequence[ConversationId]
    key: str
    content: str
    server: str

    def decide(self, layer: Layer) -> Job:
        """The job; begun before by the same call, as it stands."""
        layer.need((JOBS, (self.id,)))
        stored = layer.get(JOBS, self.id)
        if repeated(layer, self.actor.id, self.key, "start_job", self.content) and stored is not None:
            return stored
        job = Job(self.id, self.actor.id, self.change, len(self.conversations), layer.now, RUNNING)
        for number, start in enumerate(range(0, len(self.conversations), PART)):
            layer.insert(JOB_PARTS, JobPart(part_id(job, number), tuple(self.conversations[start : start + PART]), layer.now))
        return _put(layer, replace(job, held_by=self.server, held_until=layer.now + LEASE_MS))


@dataclass(frozen=True)
class StartUndo(_OfJob):
    """Begin to undo a job that is through or was cancelled; ``undo`` is the id of the job that does it."""

    undo: str
    actor: Actor
    server: str

    def decide(self, layer: Layer) -> Job:
        """The undoing job, the same for every attempt. Raises ``Conflict`` while the job runs, or when it is itself an undo."""
        before = _stored(layer, self.id, self.actor)
        if before.undone_by:
            return _stored(layer, before.undone_by, self.actor)
        if before.state == RUNNING or before.undo_of:
            raise Conflict("Only what is finished or cancelled can be undone.")
        layer.put(JOBS, replace(before, undone_by=self.undo))
        layer.need((JOBS, (self.undo,)))
        job = Job(self.undo, self.actor.id, before.change, before.at, layer.now, RUNNING, undo_of=before.id)
        return _put(layer, replace(job, held_by=self.server, held_until=layer.now + LEASE_MS))


@dataclass(frozen=True)
class Claim(_OfJob):
    """Take up a job whose server is gone."""

    server: str

    def decide(self, layer: Layer) -> Job | None:
        """The job; None when it is through, or somebody else works on it."""
        layer.need((JOBS, (self.id,)))
        job = layer.get(JOBS, self.id)
        if job is None or job.state != RUNNING or (job.held_until > layer.now and job.held_by != self.server):
            return None
        return layer.put(JOBS, replace(job, held_by=self.server, held_until=layer.now + LEASE_MS))


@dataclass(frozen=True)
class Progress(_OfJob):
    """From ``at`` on, ``counts`` by code were dealt with ('' for changed)."""

    at: int
    counts: Mapping[str, int]
    server: str

    def decide(self, layer: Layer) -> Job | None:
        """The job as it stands; None when another server holds it. What was counted before is not counted twice."""
        layer.need((JOBS, (self.id,)))
        job = layer.get(JOBS, self.id)
        if job is None or job.held_by != self.server or job.at != self.at:
            return None
        skipped = dict(job.skipped)
        for code, count in self.counts.items():
            if code:
                skipped[code] = skipped.get(code, 0) + count
        at = job.at + sum(self.counts.values())
        state = DONE if at >= job.total and job.state == RUNNING else job.state
        done = job.done + self.counts.get("", 0)
        return _put(layer, replace(job, at=at, done=done, skipped=skipped, state=state, held_until=layer.now + LEASE_MS))


@dataclass(frozen=True)
class Cancel(_OfJob):
    """Stop a job where it is."""

    actor: Actor

    def decide(self, layer: Layer) -> Job:
        """The job; one that is through stays so."""
        job = _stored(layer, self.id, self.actor)
        return _put(layer, replace(job, state=CANCELLED)) if job.state == RUNNING else job


@dataclass(frozen=True)
class Item:
    """One conversation of a job: changed once, with what undoes it, in one commit. ``mark`` is the asker's own read mark."""

    job: Job
    conversation: ConversationId
    actor: Actor
    signing: bytes
    mark: int = 0
    rank: Rank = Rank.BULK
    size: int = 3_000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> JobItem:
        """What became of it. Raises the errors of the gate and of the rules: then ``Skip`` notes why."""
        id = item_id(self.job.id, self.conversation)
        earlier = [item_id(self.job.undo_of, self.conversation)] if self.job.undo_of else []
        layer.need((JOB_ITEMS, (id, *earlier)), (CONVERSATIONS, (self.conversation,)))
        known = layer.get(JOB_ITEMS, id)
        if known is not None:
            return known
        before = layer.conversation(self.conversation)
        if before is None or before.id != self.conversation:
            raise NotFound  # or it was merged into another one meanwhile
        stands = bulk.standing(before, self.mark, self.job.change)
        after = self._undone(layer, before, layer.get(JOB_ITEMS, earlier[0])) if earlier else self._changed(layer, before)
        skipped = SAME if after == stands else ""
        return layer.insert(JOB_ITEMS, JobItem(id, layer.now, skipped, None if skipped else stands, None if skipped else after))

    def _changed(self, layer: Layer, before: Conversation) -> Standing:
        require(self.actor, Action.READ, facets(before))
        change, now = self.job.change, before
        if change.retag is not None and not set(map(tag_id, before.tags)) & set(map(tag_id, change.remove_tags)):
            return bulk.standing(before, self.mark, change)
        for command in bulk.commands(change, before.id):
            if isinstance(command, SetStatus) and command.category is now.category and command.until is None:
                continue  # a custom status of the same category stays
            outcome = Execute(self.actor, command, "", self.signing, cause=cause_of(self.job)).decide(layer)
            now = outcome.conversation or now
        mark = bulk.mark(change.read, now.inbound, self.mark) if isinstance(change.read, bool) else self.mark
        return bulk.standing(now, mark, change)

    def _undone(self, layer: Layer, before: Conversation, item: JobItem | None) -> Standing:
        if item is None or item.before is None or item.after is None:
            return bulk.standing(before, self.mark, self.job.change)
        require(self.actor, Action.READ, facets(before))
        changed = bulk.undo(before, item.before, item.after, layer.now, since=item.at)
        if not isinstance(item.before.queue, UnsetType) and item.before.queue != item.after.queue:
            queue = item.before.queue
            changed = changed.then(lambda x: to_queue(layer, x, self.actor.id, queue, bulk.UNDONE.code))
        for command in bulk.commands(self.job.change, before.id):
            require(self.actor, ACTIONS[type(command)], facets(before))
        now = layer.change(before, changed, author_of(self.actor), cause=cause_of(self.job))
        moved = item.before.read != item.after.read and self.mark == item.after.read
        return bulk.standing(now, item.before.read if moved else self.mark, self.job.change)


@dataclass(frozen=True)
class Skip:
    """Note why a conversation was left as it is."""

    job: str
    conversation: ConversationId
    code: str
    rank: Rank = Rank.BULK
    size: int = 500

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> JobItem:
        """What became of it, as noted first."""
        id = item_id(self.job, self.conversation)
        layer.need((JOB_ITEMS, (id,)))
        known = layer.get(JOB_ITEMS, id)
        return known if known is not None else layer.insert(JOB_ITEMS, JobItem(id, layer.now, self.code))


def lease_end(jobs: Sequence[Job]) -> Instant | None:
    """When the first of these may be taken up by somebody else."""
    return min((job.held_until for job in jobs), default=None)
