"""Tags beyond their list: counts, other names, and who may make new ones."""

from __future__ import annotations

from collections import Counter

from inbox.api import tag_structs as ts
from inbox.api.audit import note
from inbox.api.handlers.jobs import row
from inbox.api.job_structs import JobRow
from inbox.api.parts import Signed
from inbox.api.shelves import managed_by
from inbox.core import triage
from inbox.core.bulk import Job
from inbox.core.errors import Conflict, KeyReused, NotFound
from inbox.core.permissions import Action, require, scope
from inbox.core.tags import WORKSPACE, Tagging, tag_id
from inbox.records import TAGGING, TAGS


async def count_tags(asked: Signed[None]) -> ts.TagCounts:
    """For who looks after tags."""
    require(asked.actor, Action.MANAGE_TAGS)
    counts: Counter[str] = Counter()
    for name, count in (await asked.parts.queries.tag_counts(scope(asked.actor))).items():
        counts[tag_id(name)] += count
    return ts.TagCounts(dict(counts))


async def retag(asked: Signed[ts.RenameTag]) -> JobRow:
    """Committed when it answers, with the job that goes through the conversations; undone by undoing that job."""
    require(asked.actor, Action.MANAGE_TAGS)
    into = triage.tag(asked.body.into) if asked.body.into else None
    begun = await asked.parts.jobs.begun(asked.actor, asked.key) if asked.key else None
    if begun is not None:
        return row(_same(begun, asked.path["id"], into))
    tag = (await asked.parts.directory.entries(TAGS)).get(asked.path["id"])
    if tag is None:
        raise NotFound
    if tag.version != asked.body.version:
        raise Conflict("Somebody else changed this; load again.")
    job = await asked.parts.jobs.retag(asked.actor, tag, into, asked.key)
    await note(asked, "tag_removed" if into is None else "tag_renamed", tag.id, name=tag.name)
    return row(job)


def _same(job: Job, id: str, into: str | None) -> Job:
    """The job an earlier attempt of the call began. Raises ``KeyReused`` when that was another call."""
    done = job.change.retag
    ids = None if done is None else (done.tag.id, done.into and tag_id(done.into))
    if ids != (id, into and tag_id(into)):
        raise KeyReused
    return job


async def get_tagging(asked: Signed[None]) -> ts.TaggingRow:
    """Whether agents make new tags."""
    rules = (await asked.parts.directory.entries(TAGGING)).get(WORKSPACE)
    return ts.TaggingRow(0, closed=False) if rules is None else ts.TaggingRow(rules.version, rules.closed)


async def edit_tagging(asked: Signed[ts.EditTagging]) -> ts.TaggingRow:
    """For who looks after tags."""
    body = asked.body
    stored = await asked.parts.catalog.save(
        asked.actor, TAGGING, Tagging(WORKSPACE, closed=body.closed), body.version, managed_by(Action.MANAGE_TAGS), asked.key
    )
    await note(asked, "tagging_changed", closed="on" if body.closed else "off")
    return ts.TaggingRow(stored.version, stored.closed)
