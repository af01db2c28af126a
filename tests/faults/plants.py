"""Ways in which such a service is typically wrong, to be planted one at a time: the checkers of the rounds have to see each of them."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace
from pymongo.write_concern import WriteConcern

from inbox import failpoints
from inbox.connector import RawDelivery
from inbox.core import delivery, routing, sla
from inbox.core.agent import Agent
from inbox.core.conversation import SlaClock
from inbox.core.ids import AgentId, DeliveryId, Instant, MessageId
from inbox.core.message import Delivery, DeliveryState
from inbox.flow import giving, ingest, intake, leases, router, timers
from inbox.gateway import replay
from inbox.records import CONVERSATIONS, TIMERS, Batch, LoadChange, Put, Removal, Timer
from inbox.store import clock, journal, ledger, transaction
from inbox.store.client import Database


def _replace(module: Any, name: str, by: Any) -> None:
    setattr(module, name, by)


def acknowledge_before_insert() -> None:
    """The delivery is acknowledged while it is still on its way to the ledger."""
    real = intake.Intake.accept
    held: set[asyncio.Task[None]] = set()

    async def accept(self: intake.Intake, raw: RawDelivery) -> None:
        async def later() -> None:
            await asyncio.sleep(0.15)
            await real(self, raw)

        task = asyncio.get_running_loop().create_task(later())
        held.add(task)

    intake.Intake.accept = accept  # type: ignore[method-assign]  # planted


def random_id() -> None:
    """Every delivery of a message makes another id."""

    def any_message(channel: object, key: str) -> MessageId:
        return MessageId(secrets.token_hex(16))

    def any_delivery(channel: object, key: str) -> DeliveryId:
        return DeliveryId(secrets.token_hex(16))

    _replace(ingest, "message_id", any_message)
    _replace(intake, "delivery_id", any_delivery)


def write_concern_one() -> None:
    """Commits and ledger rows are acknowledged from memory, without journal."""
    memory_only = WriteConcern(1, j=False)
    real = ledger.MongoLedger.__init__

    def begin(self: ledger.MongoLedger, db: Database) -> None:
        real(self, db.with_options(write_concern=memory_only))

    _replace(ledger.MongoLedger, "__init__", begin)
    _replace(transaction, "DURABLE", memory_only)


def event_outside_transaction() -> None:
    """State is stored first, its events afterwards."""
    real = journal.MongoJournal.commit

    async def commit(self: journal.MongoJournal, batch: Batch) -> None:
        events, batch.events = batch.events, []
        await real(self, batch)
        failpoints.hit("plant.between")
        if events:
            await real(self, Batch(events=events))

    journal.MongoJournal.commit = commit  # type: ignore[method-assign]  # planted


def lost_fence() -> None:
    """A worker that lost its lease does not notice, and may still report; its next attempt is due at once, so that a round need not
    wait for it."""
    _replace(delivery, "_check", lambda d, fence: None)
    real = delivery.put_off

    def put_off(d: Delivery, fence: int, error: str, due_at: Instant, refused: Mapping[str, str] | None = None) -> Delivery:
        nobody_has_it = tuple(replace(r, state=DeliveryState.PENDING) for r in d.recipients)
        return real(replace(d, state=DeliveryState.SENDING, recipients=nobody_has_it), fence, error, 1, refused)

    async def unaware(self: leases.Lease) -> None:
        await asyncio.Event().wait()

    _replace(delivery, "put_off", put_off)
    _replace(leases.Lease, "_watch", unaware)
    _replace(leases.Lease, "_renew", unaware)


def timer_before_commit() -> None:
    """The timer is removed before what it was for is stored."""
    real = timers.Timers._act

    async def act(self: timers.Timers, timer: Timer) -> None:
        await self._committer._journal.commit(Batch(removals=[Removal(TIMERS, timer.id)]))
        failpoints.hit("plant.between")
        await real(self, timer)

    timers.Timers._act = act  # type: ignore[method-assign]  # planted


def resend_unknown() -> None:
    """A send whose outcome was never recorded is simply done again."""
    real = delivery.claim

    def claim(d: Delivery, now: Instant, lease: int) -> delivery.Claim | delivery.NotDue:
        if d.state in (DeliveryState.SENDING, DeliveryState.UNKNOWN) and (d.lease_until or 0) <= now:
            d = replace(d, state=DeliveryState.PENDING, lease_until=None)
        return real(d, now, lease)

    _replace(delivery, "claim", claim)


def skipped_replay() -> None:
    """After a break a client is told that it missed nothing."""

    async def missed(self: replay.Replay, cursor: Mapping[int, int], agent: AgentId) -> replay.Missed:
        return replay.Missed()

    replay.Replay.missed = missed  # type: ignore[method-assign]  # planted


def claim_not_atomic() -> None:
    """Whether a conversation still waits is looked at when it is given out, and not again when that is stored, a while later."""
    replacement_of, commit_of = transaction._replacement, journal.MongoJournal.commit

    def unguarded(put: Put, expect: int) -> Mapping[str, Any]:
        found = replacement_of(put, expect)
        return {**found, "q": {"_id": put.value.id}} if put.noun is CONVERSATIONS else found

    async def commit(self: journal.MongoJournal, batch: Batch) -> None:
        if batch.loads:
            await asyncio.sleep(0.05)
        await commit_of(self, batch)

    _replace(transaction, "_replacement", unguarded)
    journal.MongoJournal.commit = commit  # type: ignore[method-assign]  # planted


def capacity_ignored() -> None:
    """Nobody looks whether an agent has room, neither who chooses him nor what stores it."""
    load_of, available_of = transaction._load, giving.available

    def empty(agent: Agent) -> routing.Available:
        return replace(available_of(agent), load=0)

    def unguarded(change: LoadChange) -> Mapping[str, Any]:
        return load_of(dataclasses.replace(change, at_most=None, kind_at_most=None))

    _replace(transaction, "_load", unguarded)
    _replace(giving, "available", empty)
    _replace(router, "available", empty)


def fired_and_forgotten() -> None:
    """An alarm goes off and nobody writes down that it did, so that whoever comes second lets it go off again."""
    real = sla.fire

    def fire(of: SlaClock, kind: sla.Alarm, epoch: int, now: Instant) -> sla.Fired | sla.Stale:
        fired = real(of, kind, epoch, now)
        return replace(fired, clock=of) if isinstance(fired, sla.Fired) else fired

    _replace(sla, "fire", fire)


def own_clock() -> None:
    """Each server believes its own machine's clock."""

    def now(self: clock.DatabaseClock) -> Instant:
        return int(time.time() * 1000)

    _replace(clock.DatabaseClock, "now", now)


PLANTS: Mapping[str, Callable[[], None]] = {
    "acknowledge_before_insert": acknowledge_before_insert,
    "random_id": random_id,
    "write_concern_one": write_concern_one,
    "event_outside_transaction": event_outside_transaction,
    "lost_fence": lost_fence,
    "timer_before_commit": timer_before_commit,
    "resend_unknown": resend_unknown,
    "skipped_replay": skipped_replay,
    "capacity_ignored": capacity_ignored,
    "claim_not_atomic": claim_not_atomic,
    "fired_and_forgotten": fired_and_forgotten,
    "own_clock": own_clock,
}


def plant(name: str) -> None:
    """Break the service in this way; '' leaves it whole."""
    if name:
        PLANTS[name]()
