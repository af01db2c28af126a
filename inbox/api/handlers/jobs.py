"""Changes to many conversations: begun, watched, stopped and undone by who began them."""

from __future__ import annotations

import msgspec

from inbox.api import job_structs as j
from inbox.api.parts import Signed
from inbox.core import bulk
from inbox.core.errors import Invalid
from inbox.core.ids import ConversationId
from inbox.flow.views import Views


async def start_job(asked: Signed[j.StartJob]) -> j.JobRow:
    """Committed when it answers; the gate is asked for each conversation as its turn comes."""
    body, jobs = asked.body, asked.parts.jobs
    if bool(body.conversations) == bool(body.view) or (body.filter and not body.view):
        raise Invalid("view", "give either conversations or a view")
    change = msgspec.convert(msgspec.to_builtins(body.change), bulk.Change)
    if not body.view:
        return row(await jobs.start(asked.actor, change, [ConversationId(id) for id in body.conversations], asked.key))
    view = await Views(asked.parts.directory).find(asked.actor, body.view, body.filter)
    if view is None:
        raise Invalid("view", "there is no such view")
    return row(await jobs.start(asked.actor, change, view, asked.key))


async def list_jobs(asked: Signed[None]) -> tuple[j.JobRow, ...]:
    """Newest first."""
    return tuple(row(job) for job in await asked.parts.jobs.of(asked.actor))


async def get_job(asked: Signed[None]) -> j.JobRow:
    """An own one."""
    return row(await asked.parts.jobs.get(asked.actor, asked.path["id"]))


async def cancel_job(asked: Signed[None]) -> j.JobRow:
    """What was changed so far stays changed."""
    return row(await asked.parts.jobs.cancel(asked.actor, asked.path["id"]))


async def undo_job(asked: Signed[None]) -> j.JobRow:
    """The job that undoes it; asked for again, the same one."""
    return row(await asked.parts.jobs.undo(asked.actor, asked.path["id"]))


def row(job: bulk.Job) -> j.JobRow:
    """The job as its owner sees it."""
    change = msgspec.convert(msgspec.to_builtins(job.change), j.ChangeRow)
    return j.JobRow(job.id, job.state, job.total, job.done, job.skipped, change, job.created_at, job.undo_of, job.undone_by)
