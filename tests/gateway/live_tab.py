"""A client of the socket by the rules of ``protocol``, with a wire that can be read frame by frame and cut anywhere."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from inbox.core.ids import AgentId, CustomerId
from inbox.core.views import BUILTIN
from inbox.flow.rows import QUIET, ConversationRow, MessageRow, conversation_row, event_row, message_row
from inbox.gateway import protocol as p
from inbox.gateway.board_frames import SubscribeBoard
from inbox.gateway.session import Session
from inbox.records import CONVERSATIONS, CUSTOMERS
from inbox.testing.clock import settle
from tests.gateway.described import AGENTS, require_described
from tests.gateway.live_world import World

Subscription = p.SubscribeView | p.SubscribeConversation | p.SubscribeCounts | SubscribeBoard
F = TypeVar("F")

_frames: msgspec.json.Decoder[p.ServerFrame] = msgspec.json.Decoder(p.ServerFrame)


def frames_of(data: list[bytes]) -> list[p.ServerFrame]:
    """What a client reads; all of it as the published document describes it."""
    for one in data:
        require_described(AGENTS, "send", one)
    return [_frames.decode(one) for one in data]


@dataclass
class Listing:
    """Rows of a view or things of a thread by id and version, as the screen keeps them."""

    rows: dict[str, Any] = field(default_factory=dict)
    absent: dict[str, int] = field(default_factory=dict)

    def put(self, id: str, version: int, row: Any) -> None:
        held = self.rows.get(id)
        if (held is None or held[0] < version) and self.absent.get(id, -1) < version:
            self.absent.pop(id, None)
            self.rows[id] = (version, row)

    def gone(self, id: str, version: int) -> None:
        held = self.rows.get(id)
        if held is None or held[0] <= version:
            self.absent[id] = max(version, self.absent.get(id, -1))
            self.rows.pop(id, None)

    def shown(self) -> dict[str, Any]:
        return {id: row for id, (_, row) in self.rows.items()}


@dataclass
class Followed:
    """One subscription on the screen. ``incoming`` collects frames while a snapshot is fetched."""

    listing: Listing = field(default_factory=Listing)
    incoming: Listing | None = None
    wanted: int = 0
    synced: bool = False
    over: bool = False

    @property
    def listings(self) -> list[Listing]:
        return [self.listing] if self.incoming is None else [self.listing, self.incoming]


@dataclass(frozen=True)
class Answer:
    """A snapshot on its way to the screen."""

    sub: str
    wanted: int
    found: list[tuple[str, int, Any]] | None


def _named(row: Any, customer: str, name: str) -> Any:
    if isinstance(row, ConversationRow) and row.customer.id == customer:
        return replace(row, customer=replace(row.customer, name=name))
    if isinstance(row, MessageRow) and row.author.id == customer:
        return replace(row, author_name=name)
    return row


class Tab:
    """Newer versions win, ``gone`` outlives older rows, the cursor only rises, and a snapshot replaces what was shown."""

    def __init__(self, world: World, agent: str = "mia", *subs: Subscription) -> None:
        self.world = world
        self.agent = AgentId(agent)
        self.subs: dict[str, Subscription] = {one.sub: one for one in subs}
        self.followed = {one.sub: Followed() for one in subs}
        self.cursor: dict[str, int] | None = None
        self.session: Session | None = None
        self.wire: deque[bytes] = deque()
        self.heard: list[p.ServerFrame] = []
        self.answers: deque[Answer] = deque()
        self.counts: dict[str, int] = {}
        self._receiving: asyncio.Task[None] | None = None

    # The connection

    async def connect(self) -> Tab:
        self.session = self.world.session(self.agent)
        self.session.greet()
        await self.send(p.Identify("csrf", self.cursor, tuple(self.subs.values())))
        return self

    async def send(self, frame: p.ClientFrame) -> None:
        """Send a frame and let the server work on it as far as it gets."""
        assert self.session is not None
        await self.flush()
        self.begin(frame)
        await settle()
        await self.flush()

    def begin(self, frame: p.ClientFrame) -> None:
        """Send a frame; the server begins to work on it when others let it."""
        assert self.session is not None
        data = msgspec.json.encode(frame)
        require_described(AGENTS, "receive", data)
        self._receiving = asyncio.get_running_loop().create_task(self.session.receive(data))

    async def flush(self) -> None:
        """Let the server put on the wire whatever it has."""
        while self.session is not None:
            if len(self.session.outbox):
                self.wire.extend(await self.session.outbox.take())
            if (self._receiving is None or self._receiving.done()) and not len(self.session.outbox):
                break
            await settle(5)
        if self._receiving is not None and self._receiving.done():
            self._receiving.result()

    def cut(self) -> None:
        """The connection breaks; what is on the wire is lost."""
        if self.session is not None:
            if self._receiving is not None:
                self._receiving.cancel()
            self.world.live.close(self.session)
        self.session = None
        self.wire.clear()

    async def read(self, count: int | None = None) -> list[p.ServerFrame]:
        """Take frames off the wire; all there are without ``count``."""
        await self.flush()
        taken = frames_of([self.wire.popleft() for _ in range(min(len(self.wire), count if count is not None else len(self.wire)))])
        for frame in taken:
            self._take(frame)
        self.heard += taken
        return taken

    # The screen

    def _take(self, frame: p.ServerFrame) -> None:
        c = getattr(frame, "c", None)
        if c is not None and c != (0, 0):
            self._reached({str(c[0]): c[1]})
        sub = getattr(frame, "sub", None)
        match frame:
            case p.Ready() | p.BeatAck():
                self._positioned(frame)
            case p.Subscribed() | p.Resync():
                self._confirmed(frame)
            case p.Reload(what="customers", id=id):
                self._renamed(id)
            case p.Counts(counts=counts):
                self.counts.update(counts)
            case p.Problem() if sub in self.followed:
                self._over(str(sub))
            case _ if sub in self.followed:
                self._show(str(sub), frame)

    def _positioned(self, frame: p.Ready | p.BeatAck) -> None:
        if isinstance(frame, p.BeatAck) or frame.resumed:
            self._reached(frame.cursor)
            return
        self.cursor = dict(frame.cursor)
        for followed in self.followed.values():
            followed.synced = False

    def _confirmed(self, frame: p.Subscribed | p.Resync) -> None:
        if isinstance(frame, p.Resync):
            for name in [frame.sub] if frame.sub is not None else list(self.followed):
                self._sync(name)
        elif frame.sub in self.followed:
            self.followed[frame.sub].over = False
            if not self.followed[frame.sub].synced:
                self._sync(frame.sub)

    def _reached(self, cursor: dict[str, int]) -> None:
        self.cursor = self.cursor or {}
        for writer, n in cursor.items():
            self.cursor[writer] = max(n, self.cursor.get(writer, 0))

    def _show(self, sub: str, frame: p.ServerFrame) -> None:
        for listing in self.followed[sub].listings:
            match frame:
                case p.Put(row=row):
                    listing.put(row.id, row.version, row)
                case p.PutMessage(row=message):
                    listing.put(f"message {message.id}", message.version, message)
                case p.PutEvent(row=line):
                    listing.put(f"line {line.id}", 1, line)
                case p.Gone(id=id, version=version):
                    listing.gone(id, version)
        if isinstance(frame, p.Gone) and isinstance(self.subs[sub], p.SubscribeConversation):
            self._over(sub)

    def _over(self, sub: str) -> None:
        followed = self.followed[sub]
        self.followed[sub] = Followed(wanted=followed.wanted + 1, over=True)

    def _renamed(self, id: str) -> None:
        """Fetches the customer; his name is shown in rows whose version did not change, and in pages asked for before."""
        name = self.world.tables.of(CUSTOMERS)[id].name
        for followed in self.followed.values():
            for listing in followed.listings:
                listing.rows = {key: (version, _named(row, id, name)) for key, (version, row) in listing.rows.items()}
        self.answers = deque(
            answer
            if answer.found is None
            else Answer(answer.sub, answer.wanted, [(key, version, _named(row, id, name)) for key, version, row in answer.found])
            for answer in self.answers
        )

    def _sync(self, sub: str) -> None:
        followed = self.followed[sub]
        if isinstance(self.subs[sub], p.SubscribeCounts | SubscribeBoard) or followed.over:
            return
        followed.synced = False
        followed.incoming = Listing()
        followed.wanted += 1
        self.answers.append(Answer(sub, followed.wanted, None))

    async def ask(self) -> None:
        """The service reads the snapshots that were asked for; they are not here yet."""
        self.answers = deque(
            [Answer(a.sub, a.wanted, await self.snapshot(a.sub)) if a.found is None else a for a in self.answers],
        )

    def answer(self) -> None:
        """One snapshot arrives."""
        if self.answers and self.answers[0].found is not None:
            answer = self.answers.popleft()
            followed = self.followed[answer.sub]
            if answer.wanted == followed.wanted and followed.incoming is not None:
                for id, version, row in answer.found or []:
                    followed.incoming.put(id, version, row)
                followed.listing, followed.incoming, followed.synced = followed.incoming, None, True

    async def snapshot(self, sub: str) -> list[tuple[str, int, Any]]:
        """What a fresh fetch over HTTP returns now."""
        wanted, queries, directory = self.subs[sub], self.world.queries, self.world.directory
        if isinstance(wanted, p.SubscribeView):
            page, _ = await queries.page(BUILTIN[wanted.view], self.world.scope(self.agent), self.agent, None, 1000)
            names = {id: one.name for id, one in self.world.tables.of(CUSTOMERS).items()}
            return [(c.id, c.version, conversation_row(c, names[c.customer])) for c in page]
        assert isinstance(wanted, p.SubscribeConversation)
        head = self.world.tables.of(CONVERSATIONS)[wanted.conversation]
        names = {id: one.name for id, one in self.world.tables.of(CUSTOMERS).items()}
        found: list[tuple[str, int, Any]] = [(head.id, head.version, conversation_row(head, names[head.customer]))]
        for m in await queries.timeline(head.id, None, 1000):
            name = names[CustomerId(m.author.id)] if m.author.kind == "customer" else await directory.author_name(m.author, m)
            found.append((f"message {m.id}", m.version, message_row(m, name)))
        lines = await queries.quiet_lines(head.id, QUIET, None, 1000)
        return found + [(f"line {e.o}-{e.n}", 1, event_row(e)) for e in lines]

    async def calm(self) -> None:
        """Everything that is under way arrives."""
        for _ in range(20):
            await self.read()
            await self.ask()
            while self.answers:
                self.answer()
            if not self.wire and not self.answers:
                return
        raise AssertionError("never calm")

    def rows(self, sub: str) -> dict[str, Any]:
        return self.followed[sub].listing.shown()

    def of(self, kind: type[F]) -> list[F]:
        """Frames of one kind that were read so far."""
        return [frame for frame in self.heard if isinstance(frame, kind)]
