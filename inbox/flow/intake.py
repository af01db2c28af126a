"""Deliveries from their arrival to their messages: stored and acknowledged first, understood afterwards.

``accept`` returns once the raw bytes are majority-durable; whoever delivered may then be told so. Everything after that can fail,
be killed and be repeated: what is not settled in the ledger is taken up again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from inbox import failpoints
from inbox.connector import Connector, InboundFile, InboundMessage, Item, RawDelivery
from inbox.core.errors import Conflict, InboxError, Malformed, TryLater, Unavailable, Unsupported
from inbox.core.ids import ChannelId, DeliveryId, FileId, Instant, delivery_id, digest, message_id
from inbox.core.message import Address, Attachment
from inbox.flow.committer import Committer, Rank
from inbox.flow.ingest import Ingest
from inbox.flow.watermarks import Watermarks
from inbox.flow.working import Layer
from inbox.ports import Clock, Files, Ledger
from inbox.records import LedgerRow, Settled, StoredFile

MAX_ROWS = 128
AT_ONCE = 256
MOST_UNDER_WAY = 2_000
MOST_BYTES = 256 * 1024 * 1024
FETCH_PATIENCE_MS = 2 * 60 * 1000
GIVE_UP_AFTER = 5
RECOVER_EVERY_MS = 15_000
RECOVER_OLDER_THAN_MS = 20_000

log = structlog.get_logger(__name__)


class Parser(Protocol):
    """Runs a connector's ``parse`` where it can do no harm."""

    async def parse(self, connector: type[Connector], raw: RawDelivery) -> Sequence[Item]:
        """Raises ``Malformed`` or ``Unsupported``."""


Find = Callable[[ChannelId], Connector | None]


class Intake:
    """The way in for every delivery of this process."""

    def __init__(
        self,
        ledger: Ledger,
        files: Files,
        committer: Committer,
        parser: Parser,
        find: Find,
        clock: Clock,
        signing: tuple[bytes, ...],
        watermarks: Watermarks,
    ) -> None:
        self._ledger = ledger
        self._files = files
        self._committer = committer
        self._parser = parser
        self._find = find
        self._clock = clock
        self._signing = signing
        self._watermarks = watermarks
        self._arrived: list[tuple[DeliveryId, RawDelivery, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[DeliveryId, asyncio.Task[None]] = {}
        self._bytes = 0
        self._tasks: asyncio.TaskGroup | None = None
        self._ended = False

    async def accept(self, raw: RawDelivery) -> None:
        """Returns once the delivery is durable. Raises ``Unavailable`` when it is not: the sender has to come again."""
        failpoints.hit("accept.before")
        if self._ended:
            raise Unavailable("the service is stopping")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arrived.append((delivery_id(raw.channel, raw.key), raw, done))
        self._wake.set()
        await done

    @property
    def backlog(self) -> int:
        """Deliveries stored here that are not settled yet."""
        return len(self._under_way) + len(self._arrived)

    async def run(self) -> None:
        """Store what arrives and work on it; takes up what an earlier process left; runs until cancelled."""
        self._ended = False
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(self._recover())
                while True:
                    await self._wake.wait()
                    self._wake.clear()
                    while taken := self._arrived[:MAX_ROWS]:
                        await self._record(taken)
                        del self._arrived[: len(taken)]
        finally:
            self._ended, self._tasks = True, None
            _refuse(self._arrived, Unavailable("the service is stopping"))
            self._arrived.clear()

    async def drain(self) -> None:
        """Returns when everything accepted so far is settled or put off."""
        while self._under_way:
            await asyncio.wait(tuple(self._under_way.values()))

    async def _record(self, taken: list[tuple[DeliveryId, RawDelivery, asyncio.Future[None]]]) -> None:
        failpoints.hit("ledger.before")
        try:
            new = await self._ledger.record([(id, raw) for id, raw, _ in taken])
        except InboxError as error:
            return _refuse(taken, error)
        except Exception:
            log.exception("ledger_failed", rows=len(taken))
            return _refuse(taken, Unavailable("the ledger failed"))
        failpoints.hit("ledger.after")
        for (id, raw, done), fresh in zip(taken, new, strict=True):
            if not done.done():
                done.set_result(None)
            if fresh:
                self._begin(id, raw)
        return None

    def _begin(self, id: DeliveryId, raw: RawDelivery) -> None:
        """Work on a stored delivery; under a flood the rest is left to recovery, so that memory does not grow with it."""
        if self._tasks is None or id in self._under_way:
            return
        if len(self._under_way) < MOST_UNDER_WAY and (not self._bytes or self._bytes + len(raw.body) <= MOST_BYTES):
            task = self._tasks.create_task(self._work(id, raw))
            self._under_way[id] = task
            self._bytes += len(raw.body)
            task.add_done_callback(lambda _: self._ended_work(id, len(raw.body)))

    def _ended_work(self, id: DeliveryId, size: int) -> None:
        self._under_way.pop(id, None)
        self._bytes -= size

    async def _recover(self) -> None:
        """Take up what is not settled: at the start all of it, later what is older than a delivery usually takes."""
        age = 0
        while True:
            try:
                await self._take_up(self._clock.now() - age)
            except TryLater as away:
                log.warning("deliveries_not_recovered", error=away.code)
            else:
                age = RECOVER_OLDER_THAN_MS
            await self._clock.sleep_until(self._clock.now() + RECOVER_EVERY_MS)

    async def _take_up(self, before: Instant) -> None:
        last: LedgerRow | None = None
        while rows := await self._ledger.unsettled(before, MAX_ROWS, last):
            for row in rows:
                self._begin(row.id, row.raw)
            last = rows[-1]
            begun = [task for row in rows if (task := self._under_way.get(row.id)) is not None]
            if begun:
                await asyncio.wait(begun)

    async def reprocess(self, row: LedgerRow) -> None:
        """Work on a delivery of the ledger again, whatever its state."""
        await self._work(row.id, row.raw)

    async def _work(self, id: DeliveryId, raw: RawDelivery) -> None:
        async with self._places:
            try:
                await self._understand(id, raw)
            except (TryLater, Conflict) as later:
                log.warning("delivery_put_off", delivery=id, error=later.code)
            except Exception as bug:
                log.exception("delivery_failed", delivery=id)
                await self._count_failure(id, raw, type(bug).__name__)

    async def _count_failure(self, id: DeliveryId, raw: RawDelivery, error: str) -> None:
        try:
            if await self._ledger.note_failure(id, error) >= GIVE_UP_AFTER:
                await self._place(id, raw, [_unreadable(raw, self._find(raw.channel), "internal_error")], {})
        except InboxError as again:
            log.warning("delivery_put_off", delivery=id, error=again.code)

    async def _understand(self, id: DeliveryId, raw: RawDelivery) -> None:
        connector = self._find(raw.channel)
        if connector is None:
            raise TryLater("the channel is not configured here")
        try:
            items = await self._parse(connector, raw)
        except Unsupported as known:
            await self._committer.submit(SettleAs(id, "unsupported", str(known)))
            return
        except Malformed as broken:
            items = [_unreadable(raw, connector, str(broken)[:100] or "malformed")]
        items = await self._watermarks.resolved(raw.channel, items)
        await self._place(id, raw, items, await self._store_files(raw, items, connector))

    async def _parse(self, connector: Connector, raw: RawDelivery) -> Sequence[Item]:
        if connector.capabilities.parse_outside:
            return await self._parser.parse(type(connector), raw)
        try:
            return type(connector).parse(raw)
        except InboxError:
            raise
        except Exception as bug:  # pure code on the same bytes: it would fail again
            log.exception("parser_failed", connector=connector.name)
            raise Malformed(f"parser_failed: {type(bug).__name__}") from bug

    async def _place(self, id: DeliveryId, raw: RawDelivery, items: Sequence[Item], files: dict[int, tuple[Attachment, ...]]) -> None:
        await self._committer.submit(Ingest(id, raw.channel, raw.arrived_at, items, self._signing, files))

    async def _store_files(self, raw: RawDelivery, items: Sequence[Item], connector: Connector) -> dict[int, tuple[Attachment, ...]]:
        """Attachments go to storage before the message that names them, under ids that a repetition gives again."""
        stored: dict[int, tuple[Attachment, ...]] = {}
        for position, item in enumerate(items):
            if isinstance(item, InboundMessage) and item.files:
                mid = message_id(raw.channel, item.key)
                stored[position] = tuple([await self._store(raw, mid, n, f, connector) for n, f in enumerate(item.files)])
        return stored

    async def _store(self, raw: RawDelivery, mid: str, n: int, file: InboundFile, connector: Connector) -> Attachment:
        id = FileId(digest("attachment", self._signing[0], mid, str(n)))
        draft = StoredFile(id, file.name, file.type, len(file.content), f"message:{mid}", self._clock.now())
        failpoints.hit("files.before")
        if file.ref:
            size = await self._fetch(raw, draft, file.ref, connector)
        else:
            size = (await self._files.store(draft, file.content)).size
        failpoints.hit("files.after")
        return Attachment(id, file.name, file.type, size, file.content_id, file.inline)

    async def _fetch(self, raw: RawDelivery, draft: StoredFile, ref: str, connector: Connector) -> int:
        """The size; 0 for a medium that cannot be had: its message is worth more than waiting for it."""
        try:
            return (await self._files.store(draft, await connector.fetch(ref))).size
        except Unavailable:
            raise
        except TryLater:
            if self._clock.now() - raw.arrived_at < FETCH_PATIENCE_MS:
                raise
        except Exception:
            log.exception("medium_not_fetched", connector=connector.name, file=draft.id)
        return 0


def _refuse(taken: list[tuple[DeliveryId, RawDelivery, asyncio.Future[None]]], error: InboxError) -> None:
    for _, _, done in taken:
        if not done.done():
            done.set_exception(error)


def _unreadable(raw: RawDelivery, connector: Connector | None, why: str) -> InboundMessage:
    """What stands in the thread for a delivery that nobody could read; its raw bytes stay in the ledger."""
    kind = connector.capabilities.address_kind if connector else "unknown"
    return InboundMessage(key=f"unreadable:{raw.key}", sender=Address(kind, f"unreadable:{raw.channel}"), unreadable=why)


@dataclass(frozen=True)
class SettleAs:
    """Settles a delivery that leaves no message behind."""

    delivery: DeliveryId
    state: str
    error: str
    rank: Rank = Rank.INGEST
    size: int = 100

    @property
    def group(self) -> str:
        """It stands alone."""
        return self.delivery

    def decide(self, layer: Layer) -> None:
        """Only the ledger changes."""
        layer.settle(Settled(self.delivery, self.state, self.error[:500]))
