"""One agent's connection without its socket: takes the client's frames, follows what it asks for, and fills the outbox."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Protocol

from inbox.core.errors import Malformed, TryLater
from inbox.core.ids import AgentId, ConversationId, Instant
from inbox.core.permissions import Actor, Scope, scope, supervises
from inbox.flow.marks import marks
from inbox.gateway.outbox import MAX_BYTES, MAX_FRAMES, Outbox
from inbox.gateway.protocol import (
    HEARTBEAT_MS,
    VERSION,
    Beat,
    BeatAck,
    ClientFrame,
    CloseCode,
    Cursor,
    Hello,
    Identify,
    Marked,
    Marks,
    Presence,
    Problem,
    Ready,
    Reconnect,
    Resync,
    ServerFrame,
    Typing,
    Unsubscribe,
    Viewing,
    decode,
    encode,
)
from inbox.gateway.replay import Missed, Wanted
from inbox.gateway.subscriptions import Services, Subscriptions

MAX_STRIKES = 5
"""So many frames may be malformed before the connection is closed; of those before Identify, none."""
FRAMES_PER_MINUTE = 120
MAX_ENTRY = 2**63 - 1
MAX_WRITER_DIGITS = 10


class Login(Protocol):
    """The login behind a cookie; its ``csrf`` proves that our own page speaks."""

    @property
    def id(self) -> str:
        """Names it, to be revoked by."""

    @property
    def csrf(self) -> str:
        """What the first frame must repeat."""


class Session:
    """Life: ``greet``, the client's Identify, then frames until ``end``. ``outbox.code`` is set when it is to be closed."""

    __slots__ = (
        "_allowance",
        "_csrf",
        "_held",
        "_held_bytes",
        "_logged_out",
        "_services",
        "_strikes",
        "_subs",
        "agent",
        "identified",
        "login",
        "outbox",
        "scope",
        "supervising",
    )

    def __init__(self, services: Services, actor: Actor, login: Login, outbox: Outbox) -> None:
        self._services = services
        self._csrf = login.csrf
        self.agent: AgentId = actor.id
        self.login: str = login.id
        self.scope: Scope = scope(actor)
        self.supervising = supervises(actor)
        self.outbox = outbox
        self.identified = False
        self._logged_out = False
        self._strikes = 0
        self._allowance: Instant = 0
        self._subs = Subscriptions(services, self)
        self._held: list[bytes] | None = None
        self._held_bytes = 0

    # What others send to it

    def send(self, frame: bytes) -> None:
        """Hand over one frame; while a replay runs it waits behind that."""
        if self._held is None:
            self.outbox.offer(frame)
        elif self._held and (len(self._held) >= MAX_FRAMES or self._held_bytes + len(frame) > MAX_BYTES):
            self.outbox.close(CloseCode.RESUME, "resume", drop=True)
        else:
            self._held.append(frame)
            self._held_bytes += len(frame)

    def ended(self, sub: str) -> None:
        """A conversation it followed is out of its sight."""
        self._subs.ended(sub)

    def account_changed(self, actor: Actor | None) -> None:
        """From now on the agent may do what ``actor`` may; None or switched off: nothing."""
        if actor is None or not actor.active:
            return self.revoke()
        before, self.supervising = self.supervising, supervises(actor)
        if not self.supervising:
            self._subs.stop_boards()
        now = scope(actor)
        if now != self.scope or self.supervising != before:
            self.scope = now
            self._subs.rescoped()
            self._emit(Resync())
        return None

    def revoke(self) -> None:
        """The login is over: from now on nothing is sent but that."""
        self._logged_out = True
        self._leave()
        self._fatal("unauthenticated", "You are logged out.", CloseCode.UNAUTHENTICATED, drop=True)

    def drain(self, after: Instant) -> None:
        """The server stops: come back after so many milliseconds."""
        self.outbox.close(CloseCode.RESTART, "restart", encode(Reconnect(after)))

    # What the server drives

    def greet(self) -> None:
        """The first frame of all."""
        self._emit(Hello(VERSION, HEARTBEAT_MS))

    async def receive(self, data: str | bytes) -> None:
        """Take one frame of the client. Whatever it holds, the answer is frames or a closed outbox, never an error."""
        if self.outbox.code is not None or not self._allow():
            return None
        try:
            frame = decode(data)
        except Malformed as bad:
            return self._malformed(str(bad))
        if isinstance(frame, Identify) == self.identified:
            return self._fatal("out_of_turn", "identify comes first, and once.", CloseCode.MALFORMED)
        try:
            return await self._take(frame)
        except TryLater:
            return self._fatal("try_later", "The service cannot answer now.", CloseCode.TRY_LATER)

    def end(self) -> None:
        """The socket is gone."""
        self.outbox.close(CloseCode.RESUME)
        self._leave()

    async def _take(self, frame: ClientFrame) -> None:
        match frame:
            case Identify():
                await self._identify(frame)
            case Unsubscribe(sub):
                self._subs.stop(sub)
            case Beat(active):
                self._services.presence.beat(self.agent, active)
                self._emit(self._all_sent())
            case Viewing() | Typing():
                self._subs.watch(frame)
            case Marks(conversations):
                await self._tell_marks([ConversationId(id) for id in conversations])
            case _:
                await self._subs.start(frame)

    async def _tell_marks(self, ids: Sequence[ConversationId]) -> None:
        """The agent's own, so no gate stands before it: where he has none, it is the same answer as for what does not exist."""
        known = await self._services.queries.conversations(ids)
        seen, own = await marks(self._services.own, self.agent, list(known.values())), await self._services.own.drafts(self.agent, ids)
        drafts: dict[str, dict[str, int]] = {}
        for draft in own:
            drafts.setdefault(draft.conversation, {})[draft.mode] = draft.revision
        self._emit(Marked({id: seen.get(id, 0) for id in ids}, drafts))

    # The beginning, and coming back

    async def _identify(self, frame: Identify) -> None:
        if not hmac.compare_digest(frame.csrf.encode("utf-8", "surrogatepass"), self._csrf.encode()):
            return self._fatal("csrf", "This is not our page.", CloseCode.UNAUTHENTICATED)
        self.identified = True
        self._held = []
        self._services.roster.join(self)
        self._services.presence.connected(self.agent)
        position, cursor = self._all_sent(), _cursor(frame.cursor)
        self.account_changed(await self._services.directory.actor(self.agent))
        for subscription in frame.subs:
            await self._subs.start(subscription)
        missed = await self._services.replay.missed(cursor, self.agent) if cursor is not None else None
        if missed is None or cursor is None or missed.account:
            await self._greet_back(Ready(self.agent, position.cursor, position.now, resumed=False))
        else:
            await self._resume(frame.cursor or {}, cursor, missed, position)
        return await self._release()

    async def _resume(self, given: Cursor, cursor: Mapping[int, int], missed: Missed, position: BeatAck) -> None:
        """What was missed goes out at the client's own position; only then it hears how far it has come."""
        await self._greet_back(Ready(self.agent, given, position.now, resumed=True))
        async for frame in self._services.replay.frames(missed, Wanted(self, self._subs.views, self._subs.threads, cursor)):
            if self.outbox.code is not None:
                return
            await self.outbox.put(frame)
        await self.outbox.put(encode(position))

    async def _greet_back(self, ready: Ready) -> None:
        """Ready goes before everything that subscribing has already answered."""
        answers, self._held, self._held_bytes = self._held or [], [], 0
        for frame in (encode(ready), *answers, encode(Presence(self._services.presence.all()))):
            await self.outbox.put(frame)

    async def _release(self) -> None:
        """Go over to live: what was held goes first, and while it goes, what comes is held in turn."""
        while self._held:
            held, self._held, self._held_bytes = self._held, [], 0
            for frame in held:
                await self.outbox.put(frame)
        self._held = None

    def _all_sent(self) -> BeatAck:
        position = {str(o): n for o, n in self._services.hub.position.items()}
        return BeatAck(position, self._services.clock.now())

    # Ends

    def _leave(self) -> None:
        self._subs.stop_all()
        self._services.roster.leave(self)
        if self.identified:
            self.identified = False
            self._services.presence.disconnected(self.agent, at_once=self._logged_out)

    def _allow(self) -> bool:
        """Generic cell rate: a minute's frames at once, refilled evenly."""
        now, cost = self._services.clock.now(), 60_000 // FRAMES_PER_MINUTE
        after = max(self._allowance, now) + cost
        if after - now > 60_000:
            self._fatal("too_many", f"more than {FRAMES_PER_MINUTE} frames a minute", CloseCode.TOO_MANY)
            return False
        self._allowance = after
        return True

    def _malformed(self, message: str) -> None:
        self._strikes += 1
        if self._strikes >= MAX_STRIKES or not self.identified:
            return self._fatal("malformed", message, CloseCode.MALFORMED)
        return self._emit(Problem("malformed", message))

    def _fatal(self, code: str, message: str, close: CloseCode, *, drop: bool = False) -> None:
        self.outbox.close(close, code, encode(Problem(code, message, fatal=True)), drop=drop)

    def _emit(self, frame: ServerFrame) -> None:
        self.send(encode(frame))


def _cursor(given: Cursor | None) -> dict[int, int] | None:
    """A client's cursor; None when there is none, or nothing we ever sent."""
    if given is None:
        return None
    cursor: dict[int, int] = {}
    for writer, n in given.items():
        if not (writer.isascii() and writer.isdigit() and len(writer) <= MAX_WRITER_DIGITS and 0 <= n <= MAX_ENTRY):
            return None
        cursor[int(writer)] = n
    return cursor
