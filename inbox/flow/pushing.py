"""Pushes notices to the browsers of agents who have no window in sight: taken by one server, stored before it is tried, never twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from inbox.core import pushing
from inbox.core.agent import Agent, Availability
from inbox.core.conversation import Conversation
from inbox.core.errors import InboxError, NotFound, Rejected, TryLater
from inbox.core.events import facets
from inbox.core.ids import AgentId, Instant
from inbox.core.message import Author
from inbox.core.notifications import Notification, made
from inbox.core.permissions import scope, sees
from inbox.core.pushing import Device, Devices, Pushed, PushMessage
from inbox.flow.committer import Committer, Rank
from inbox.flow.directory import Directory
from inbox.flow.feed import Change
from inbox.flow.timers import either
from inbox.flow.working import Layer
from inbox.ports import Clock, Queries
from inbox.records import NOTIFICATIONS, PUSH_DEVICES, PUSHED

FIRST_LOOK_MS = 3_000
"""Who reads it at once in a window needs no push."""
NEXT_LOOK_MS = 20_000
GIVE_UP_MS = 5 * 60_000
"""Who has had a window in sight for so long and did not read it does not get it on his phone as well."""
TRIES = 3
SESSION_HANDLE = 32
"""So many digits of a login's id name it here: enough to tell it from others, too few to look like the whole."""
MOST_WAIT_MS = 60_000

log = structlog.get_logger(__name__)


class PushService(Protocol):
    """Hands a message to the push service that a browser named."""

    async def push(self, device: Device, message: PushMessage) -> None:
        """Raises ``Rejected`` with ``gone`` for a subscription that is over, other ``Rejected``, and ``TryLater``."""


@dataclass(frozen=True)
class SaveDevice:
    """Tell this account on that browser from now on; other accounts that were told there (``others``) are not any more."""

    agent: AgentId
    device: Device
    others: tuple[AgentId, ...] = ()
    rank: Rank = Rank.COMMAND
    size: int = 1_500

    @property
    def group(self) -> str:
        """One account's changes keep their order."""
        return self.agent

    def decide(self, layer: Layer) -> Devices:
        """The account's devices as stored. Raises ``Invalid``."""
        layer.need((PUSH_DEVICES, (self.agent, *self.others)))
        for other in self.others:
            held = layer.get(PUSH_DEVICES, other)
            if held is not None:
                layer.put(PUSH_DEVICES, pushing.without(held, self.device.id))
        before = layer.get(PUSH_DEVICES, self.agent) or Devices(self.agent)
        stored = layer.put(PUSH_DEVICES, pushing.with_device(before, self.device))
        layer.entry_changed(PUSH_DEVICES, self.agent, Author("agent", self.agent))
        return stored


@dataclass(frozen=True)
class DropDevice:
    """Tell that browser nothing any more; ``by`` None: its push service says that it is gone."""

    agent: AgentId
    device: str
    by: AgentId | None = None
    rank: Rank = Rank.COMMAND
    size: int = 500

    @property
    def group(self) -> str:
        """One account's changes keep their order."""
        return self.agent

    def decide(self, layer: Layer) -> None:
        """Raises ``NotFound`` when its owner names one that he does not have."""
        layer.need((PUSH_DEVICES, (self.agent,)))
        before = layer.get(PUSH_DEVICES, self.agent)
        if before is None or all(one.id != self.device for one in before.devices):
            if self.by is not None:
                raise NotFound
            return
        layer.put(PUSH_DEVICES, pushing.without(before, self.device))
        layer.entry_changed(PUSH_DEVICES, self.agent, Author("agent", self.agent))


@dataclass(frozen=True)
class TakePush:
    """This server pushes the notice, unless another has taken it or it was read meanwhile."""

    notice: str
    rank: Rank = Rank.INGEST
    size: int = 200

    @property
    def group(self) -> str:
        """Each stands alone."""
        return self.notice

    def decide(self, layer: Layer) -> bool:
        """Whether it is this server's now."""
        layer.need((NOTIFICATIONS, (self.notice,)), (PUSHED, (self.notice,)))
        stored = layer.get(NOTIFICATIONS, self.notice)
        if stored is None or stored.read_at is not None or layer.get(PUSHED, self.notice) is not None:
            return False
        layer.put(PUSHED, Pushed(self.notice, layer.now))
        return True


@dataclass
class _Pending:
    notice: Notification
    look_at: Instant


class Pusher:
    """Hears of notices as they are committed. ``in_sight`` tells whether an agent has a window before his eyes, ``logins`` which of his
    logins stand."""

    def __init__(
        self,
        committer: Committer,
        queries: Queries,
        directory: Directory,
        clock: Clock,
        service: PushService,
        in_sight: Callable[[AgentId], bool],
        logins: Callable[[AgentId], Awaitable[frozenset[str]]],
    ) -> None:
        self._committer = committer
        self._queries = queries
        self._directory = directory
        self._clock = clock
        self._service = service
        self._in_sight = in_sight
        self._logins = logins
        self._pending: list[_Pending] = []
        self._wake = asyncio.Event()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        now = self._clock.now()
        for change in changes:
            for notice in made(change.event, change.message):
                if notice.conversation is not None and notice.at > now - GIVE_UP_MS:
                    self._pending.append(_Pending(notice, now + FIRST_LOOK_MS))
                    self._wake.set()

    async def run(self) -> None:
        """Look at what is due, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._wake.clear()
                if not self._pending:
                    await self._wake.wait()
                    continue
                await either(self._wake, self._clock, min(one.look_at for one in self._pending))
                now = self._clock.now()
                due = [one for one in self._pending if one.look_at <= now]
                self._pending = [one for one in self._pending if one.look_at > now]
                for one in due:
                    tasks.create_task(self._try(one, now))

    async def _try(self, one: _Pending, now: Instant) -> None:
        """Beside each other: a push service that lets us wait holds up nobody else's."""
        try:
            await self._look(one, now)
        except TryLater:
            self._again(one, now)
        except InboxError as error:
            log.warning("not_pushed", notice=one.notice.id, error=error.code)

    def _again(self, one: _Pending, now: Instant) -> None:
        if now + NEXT_LOOK_MS < one.notice.at + GIVE_UP_MS:
            self._pending.append(_Pending(one.notice, now + NEXT_LOOK_MS))
            self._wake.set()

    async def _look(self, one: _Pending, now: Instant) -> None:
        notice = one.notice
        held = (await self._directory.entries(PUSH_DEVICES)).get(notice.agent)
        devices = [d for d in held.devices if notice.kind in d.kinds] if held is not None else []
        if not devices:
            return
        if self._in_sight(notice.agent):
            self._again(one, now)
            return
        agent = (await self._directory.agents()).get(notice.agent)
        c = await self._queries.conversation(notice.conversation) if notice.conversation is not None else None
        if agent is None or c is None or not await self._may_hear(agent, c):
            return
        if await self._committer.submit(TakePush(notice.id)):
            await self._push(notice, c, devices)

    async def _may_hear(self, agent: Agent, c: Conversation) -> bool:
        """The gate is asked now; and who has set himself away wants to be left alone."""
        actor = await self._directory.actor(agent.id)
        return (
            actor is not None
            and agent.active
            and agent.availability not in (Availability.AWAY, Availability.BREAK)
            and sees(scope(actor), facets(c))
        )

    async def _push(self, notice: Notification, c: Conversation, devices: Sequence[Device]) -> None:
        logins = await self._logins(notice.agent)
        names = await self._directory.customer_names([c.customer])
        for device in devices:
            if device.session not in logins:
                await self._committer.submit(DropDevice(notice.agent, device.id))
            else:
                await self._to(notice.agent, device, pushing.message_for(device, notice, c, names[c.customer]))

    async def _to(self, agent: AgentId, device: Device, message: PushMessage) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                await self._service.push(device, message)
                return
            except Rejected as no:
                if no.reason == "gone":
                    await self._committer.submit(DropDevice(agent, device.id))
                else:
                    log.warning("push_refused", agent=agent, device=device.id, error=no.reason)
                return
            except TryLater as later:
                if attempt == TRIES:
                    log.warning("push_given_up", agent=agent, device=device.id, error=later.reason)
                    return
                wait = min(MOST_WAIT_MS, later.after or 1_000 * attempt)
                await self._clock.sleep_until(self._clock.now() + wait)


class Browsers:
    """The door for accounts' devices."""

    def __init__(self, committer: Committer, directory: Directory, key: str) -> None:
        """``key``: the public key that browsers subscribe with, base64url."""
        self.key = key
        self._committer = committer
        self._directory = directory

    async def of(self, agent: AgentId) -> tuple[Device, ...]:
        """Newest first."""
        held = (await self._directory.entries(PUSH_DEVICES)).get(agent)
        return held.devices if held is not None else ()

    async def save(self, agent: AgentId, device: Device) -> tuple[Device, ...]:
        """Durable when it returns. Raises ``Invalid``."""
        known = await self._directory.entries(PUSH_DEVICES)
        others = tuple(d.id for d in known.values() if d.id != agent and any(one.id == device.id for one in d.devices))
        return (await self._committer.submit(SaveDevice(agent, device, others))).devices

    async def drop(self, agent: AgentId, device: str) -> None:
        """Durable when it returns. Raises ``NotFound``."""
        await self._committer.submit(DropDevice(agent, device, by=agent))
