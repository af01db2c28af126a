"""Brings calls of webhooks and mails about alerts out: stored before they are tried, by this server or by whichever is left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from msgspec.structs import replace

from inbox import failpoints
from inbox.core import dispatching, standard_webhooks
from inbox.core.dispatching import MAIL, Dispatch, Webhook
from inbox.core.errors import Conflict, NeedsLogin, NotFound, Rejected, TryLater, Unknown
from inbox.core.ids import AgentId, Instant
from inbox.flow.committer import Committer, Rank
from inbox.flow.directory import Directory
from inbox.flow.errands import Errand, Errands
from inbox.flow.feed import Change
from inbox.flow.placing import SYSTEM
from inbox.flow.working import Layer
from inbox.ports import Clock, Queries
from inbox.records import ALERTS, DISPATCHES, WEBHOOKS

LEASE_MS = 60_000
SECONDS = 30.0
MOST = 200
SHOWN = 200
FIELD = "secret"
"""The name under which secrets of webhooks are sealed."""

log = structlog.get_logger(__name__)

Call = Callable[[str, dict[str, str], bytes], Awaitable[None]]
"""(address, headers, body). Raises ``Rejected``, ``TryLater`` and ``Unknown``."""
Mail = Callable[[Dispatch], Awaitable[None]]
"""Hands the mail over by a channel of the house. Raises as connectors do."""
Seal = Callable[[str, str], str]
"""(value, webhook) to what may be stored, or back."""


def add(layer: Layer, dispatch: Dispatch) -> None:
    """Bring it out once it is committed; the same one again changes nothing."""
    layer.need((DISPATCHES, (dispatch.id,)))
    if layer.get(DISPATCHES, dispatch.id) is None:
        _put(layer, dispatch)


def _put(layer: Layer, dispatch: Dispatch) -> None:
    layer.put(DISPATCHES, dispatch)
    layer.entry_changed(DISPATCHES, dispatch.id, SYSTEM)


@dataclass(frozen=True)
class TryOut:
    """Call a webhook to see whether it answers; the same ``key`` calls it once."""

    webhook: str
    by: AgentId
    key: str
    rank: Rank = Rank.COMMAND
    size: int = 500

    @property
    def group(self) -> str:
        """Each stands alone."""
        return self.webhook

    def decide(self, layer: Layer) -> Dispatch:
        """The call as stored. Raises ``NotFound``."""
        layer.need((WEBHOOKS, (self.webhook,)))
        if layer.get(WEBHOOKS, self.webhook) is None:
            raise NotFound
        call = dispatching.test_call(self.webhook, f"{self.by}:{self.key}", layer.now)
        add(layer, call)
        return call


@dataclass(frozen=True)
class ClaimDispatch:
    """Take what is due, under a lease; what it was for and is gone ends it."""

    id: str
    rank: Rank = Rank.INGEST
    size: int = 800

    @property
    def group(self) -> str:
        """Each stands alone."""
        return self.id

    def decide(self, layer: Layer) -> tuple[Dispatch, Webhook | None] | None:
        """As claimed, with its webhook; None when there is nothing to be done."""
        layer.need((DISPATCHES, (self.id,)))
        before = layer.get(DISPATCHES, self.id)
        if before is None or (held := dispatching.claimed(before, layer.now, LEASE_MS)) is None:
            return None
        layer.need((WEBHOOKS, (before.target,) if before.kind != MAIL else ()), (ALERTS, (before.about,) if before.about else ()))
        webhook = layer.get(WEBHOOKS, before.target) if before.kind != MAIL else None
        unwanted = before.kind != MAIL and (webhook is None or not webhook.enabled)
        if unwanted or (before.about and layer.get(ALERTS, before.about) is None):
            _put(layer, dispatching.ended(before))
            return None
        return layer.put(DISPATCHES, held), webhook


Outcome = Callable[[Dispatch, Instant], Dispatch]


@dataclass(frozen=True)
class ReportDispatch:
    """What came of a try."""

    id: str
    outcome: Outcome
    rank: Rank = Rank.INGEST
    size: int = 800

    @property
    def group(self) -> str:
        """Each stands alone."""
        return self.id

    def decide(self, layer: Layer) -> None:
        """Nothing where another worker has taken it over."""
        layer.need((DISPATCHES, (self.id,)))
        before = layer.get(DISPATCHES, self.id)
        if before is None:
            return
        try:
            after = self.outcome(before, layer.now)
        except Conflict:
            return
        _put(layer, after)


class Dispatcher:
    """Tries what is due. A webhook that does not answer holds up no other; who gets the same call twice knows it by its id."""

    def __init__(
        self, committer: Committer, queries: Queries, clock: Clock, call: Call, mail: Mail, unseal: Seal, jitter: Callable[[], float]
    ) -> None:
        self._committer = committer
        self._queries = queries
        self._clock = clock
        self._call = call
        self._mail = mail
        self._unseal = unseal
        self._jitter = jitter
        self._errands = Errands("dispatch", clock, self._due, self._bring)

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        if any(change.event.data.get("noun") == DISPATCHES.name or "call" in change.event.data for change in changes):
            self._errands.wake()

    async def run(self) -> None:
        """Until cancelled; at the start whatever an earlier process left."""
        await self._errands.run()

    async def _due(self, until: Instant) -> list[Errand[Dispatch]]:
        found = await self._queries.dispatches_due(until, MOST)
        return [Errand(dispatch.id, dispatch.due_at, dispatch) for dispatch in found if dispatch.due_at is not None]

    async def _bring(self, dispatch: Dispatch) -> None:
        claim = await self._committer.submit(ClaimDispatch(dispatch.id))
        if claim is not None:
            failpoints.hit("dispatch.claimed")
            outcome = await self._tried(*claim)
            failpoints.hit("dispatch.done")
            await self._committer.submit(ReportDispatch(dispatch.id, outcome))

    async def _tried(self, d: Dispatch, webhook: Webhook | None) -> Outcome:
        try:
            async with asyncio.timeout(SECONDS):
                await (self._mail(d) if webhook is None else self._sign_and_call(d, webhook))
        except Rejected as no:
            why = no.reason
            if webhook is None or why == "gone":
                return lambda stored, now: dispatching.refused(stored, d.fence, why)
            return self._again(d, why, 0)
        except (TryLater, Unknown, NeedsLogin, TimeoutError) as later:
            why = "no_answer" if isinstance(later, TimeoutError) else str(later) or later.code
            return self._again(d, why, (later.after or 0) if isinstance(later, TryLater) else 0)
        except Exception:  # a bug of what is tried comes to an end, too
            log.exception("dispatch_failed", dispatch=d.id)
            return self._again(d, "failed", 0)
        return lambda stored, now: dispatching.done(stored, d.fence)

    def _again(self, d: Dispatch, why: str, after: int) -> Outcome:
        jitter = self._jitter()
        return lambda stored, now: dispatching.put_off(stored, d.fence, why, now, after, jitter)

    async def _sign_and_call(self, d: Dispatch, webhook: Webhook) -> None:
        body, now = d.body.encode(), self._clock.now()
        former = (webhook.former,) if webhook.former and now < webhook.former_until else ()
        keys = [standard_webhooks.key_of(self._unseal(one, webhook.id)) for one in (webhook.secret, *former)]
        headers = {"Content-Type": "application/json", **standard_webhooks.signed(keys, d.id, now, body)}
        await self._call(webhook.url, headers, body)


class Webhooks:
    """The door for webhooks beside their list in the catalog."""

    def __init__(self, committer: Committer, queries: Queries, directory: Directory, clock: Clock, seal: Seal, unseal: Seal) -> None:
        self._committer = committer
        self._queries = queries
        self._directory = directory
        self._clock = clock
        self._seal = seal
        self._unseal = unseal

    async def sealed(self, wanted: Webhook) -> Webhook:
        """With its secret as it may be stored: the one that stands where none is given; one that is changed signs on for a day."""
        before = (await self._directory.entries(WEBHOOKS)).get(wanted.id)
        if before is None:
            return replace(wanted, secret=self._seal(wanted.secret, wanted.id))
        kept = replace(wanted, secret=before.secret, former=before.former, former_until=before.former_until)
        if not wanted.secret or wanted.secret == self._unseal(before.secret, wanted.id):
            return kept
        until = self._clock.now() + dispatching.FORMER_MS
        return replace(wanted, secret=self._seal(wanted.secret, wanted.id), former=before.secret, former_until=until)

    async def try_out(self, webhook: str, by: AgentId, key: str) -> Dispatch:
        """Durable when it returns. Raises ``NotFound``."""
        return await self._committer.submit(TryOut(webhook, by, key))

    async def newest(self) -> list[Dispatch]:
        """What went out lately, or was to."""
        return await self._queries.dispatches(SHOWN)
