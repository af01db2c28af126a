"""One tab of one visitor, without its socket: bytes in, frames out. It decides who he is and so whose thread the tab holds."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from msgspec.structs import replace

from inbox.core.errors import Malformed, TryLater
from inbox.core.ids import Instant
from inbox.core.message import Message
from inbox.core.visitor import Known, Newcomer, Visitor, VisitorId, admit, origin_allowed
from inbox.gateway import visitor_protocol as p
from inbox.gateway.visitor_limits import Rate
from inbox.gateway.visitor_past import Tab
from inbox.gateway.visitor_rows import shown_name
from inbox.gateway.visitor_thread import VisitorThread
from inbox.gateway.visitor_tokens import LEEWAY_S, Identity, IdentityRefused, read_identity, secret_hash
from inbox.gateway.visitors import POLICY, TRY_LATER, Outgoing, Services, VisitorChannel, Visitors

FRAMES_PER_MINUTE = 120
FRAMES_BEFORE_CLOSE = 600
STARTS_WINDOW = 12 * 3600 * 1000


class VisitorSession:
    """``receive`` is called with one frame at a time; ``leave`` once, when the socket is gone; ``out`` holds what goes to the client."""

    def __init__(self, services: Services, visitors: Visitors, channel: VisitorChannel, ip: str) -> None:
        """``ip``: keyed hash of the client's address, for limits and for the record."""
        self.out = Outgoing()
        self._services = services
        self._visitors = visitors
        self._channel = channel
        self._tab = Tab(ip)
        self._opened = False
        self._thread: VisitorThread | None = None
        self._identity: Identity | None = None
        self._frames = Rate(FRAMES_PER_MINUTE, per=60_000)
        self._dropped = 0
        self._front: str | None = None
        visitors.arrive(channel.id, self)

    @property
    def opened(self) -> bool:
        """Whether the first frame has come."""
        return self._opened

    @property
    def visitor(self) -> Visitor | None:
        """Whose thread the tab holds."""
        return self._thread.visitor if self._thread else None

    @property
    def front(self) -> str | None:
        """The page on which the visitor has the open chat before his eyes; None while he has not."""
        return self._front

    def leave(self) -> None:
        """The socket is gone."""
        self._exit()
        self._visitors.depart(self._channel.id, self)

    def changed(self, message: Message) -> None:
        """A message from or to the visitor may be new or different."""
        self._drop_expired()
        if self._thread is not None:
            self._thread.changed(message)

    def agent_typing(self, name: str, on: bool) -> None:
        """Somebody types an answer, or has stopped."""
        self.out.put(p.SomebodyTypes(shown_name(self._channel.settings, name), on))

    async def receive(self, data: str | bytes) -> None:
        """Deal with what the client sent; whatever it was, the answer is a frame, silence or a close, never an error."""
        if not self._within_rate():
            return
        try:
            frame = p.decode(data)
        except Malformed:
            self.out.put(p.Refused("malformed"))
            return
        try:
            await self._dispatch(frame)
        except TryLater:
            self._unavailable(frame)

    def _within_rate(self) -> bool:
        wait = self._frames.take("", self._services.now())
        if not wait:
            return True
        self._dropped += 1
        if self._dropped % FRAMES_PER_MINUTE == 1:
            self.out.put(p.SlowDown(wait))
        if self._dropped >= FRAMES_BEFORE_CLOSE:
            self.out.close(POLICY)
        return False

    def _unavailable(self, frame: p.ClientFrame) -> None:
        """Nothing was stored, or not all was shown. Half-opened is not opened: the client starts over on a new socket."""
        if isinstance(frame, p.Open | p.Identify) or (self._thread is not None and self._thread.half_shown):
            self.out.close(TRY_LATER)
        else:
            self.out.put(p.Refused("unavailable", getattr(frame, "client_id", ""), again=True))

    async def _dispatch(self, frame: p.ClientFrame) -> None:
        self._drop_expired()
        match frame:
            case p.Open():
                await self._open(frame)
            case p.Beat():
                self.out.put(p.Beaten(self._services.now()))
            case _ if not self._opened:
                self.out.put(p.Refused("open_first"))
            case p.Identify():
                await self._identify(frame)
            case p.Start():
                await self._start()
            case p.About():
                self._about(frame)
            case p.Here():
                self._here(frame)
            case _:
                await self._inside(frame)

    async def _inside(self, frame: p.ThreadFrame) -> None:
        """Frames that make sense only once he is somebody."""
        missing = "identify_first" if self._must_identify() else "start_first" if self._thread is None else ""
        if missing:
            self.out.put(p.Refused(missing, getattr(frame, "client_id", "")))
        elif self._thread is not None:
            await self._thread.receive(frame)

    def _must_identify(self) -> bool:
        return self._channel.settings.identity_required and self._identity is None

    async def _open(self, frame: p.Open) -> None:
        if self._opened:
            self.out.put(p.Refused("malformed"))
            return
        self._opened = True
        self._tab = replace(self._tab, page=_without_secrets(frame.page), language=frame.language)
        if frame.identity:
            self._believe(frame.identity)
        by_token = await self._services.store.by_secret(self._channel.id, secret_hash(frame.token)) if frame.token else None
        await self._enter(by_token, frame.have, frame.pending)

    async def _identify(self, frame: p.Identify) -> None:
        if not self._believe(frame.identity):
            return
        by_token = self._thread.visitor if self._thread and not self._thread.visitor.subject else None
        self._exit()
        await self._enter(by_token, {}, ())

    def _about(self, frame: p.About) -> None:
        self._tab = replace(self._tab, attributes=frame.attributes)
        if self._thread is not None:
            self._thread.look(self._tab)

    def _here(self, frame: p.Here) -> None:
        """Agents are shown a page of the channel's own sites only: what a client says it shows may be anything."""
        self._front = frame.page
        if frame.page is not None:
            page = _without_secrets(frame.page)
            listed = origin_allowed("/".join(page.split("/", 3)[:3]), self._channel.settings.origins)
            self._front, self._tab = page if listed else "", replace(self._tab, page=page)
        if self._thread is not None:
            self._thread.look(self._tab)
            self._tell_here(self._thread.visitor.id)

    def _tell_here(self, visitor: VisitorId) -> None:
        self._services.feed.visitor_here(self._channel.id, visitor, self._visitors.front(self._channel.id, visitor))

    def _believe(self, token: str) -> bool:
        try:
            self._identity = read_identity(token, self._channel.settings.identity_secret, self._channel.id, self._services.now())
        except IdentityRefused as refused:
            self.out.put(p.Identified(False, refused.reason))
            return False
        self.out.put(p.Identified(True))
        return True

    async def _enter(self, by_token: Visitor | None, have: dict[str, int], pending: tuple[str, ...]) -> None:
        decision = await self._admission(by_token)
        if isinstance(decision, Newcomer):
            state: Literal["unknown", "locked"] = "unknown" if decision.reason == "unknown" else "locked"
            there = self._services.feed.online(self._channel.id)
            self.out.put(p.Ready(self._services.now(), p.HEARTBEAT_MS, there.online, state, whole=True, messages=(), back=there.back))
            return
        thread = self._begin(decision.visitor)
        await thread.show(have, pending)
        if decision.bind:
            await thread.prove()

    async def _admission(self, by_token: Visitor | None) -> Known | Newcomer:
        store, channel = self._services.store, self._channel.id
        subject = self._identity.subject if self._identity else ""
        decision = admit(by_token, await store.by_subject(channel, subject) if subject else None, subject)
        if isinstance(decision, Newcomer) or not decision.bind:
            return decision
        bound = await store.bind(decision.visitor.id, subject) or await store.by_subject(channel, subject)
        return Known(bound, bind=True) if bound else Newcomer("other_user")

    def _begin(self, visitor: Visitor) -> VisitorThread:
        self._thread = VisitorThread(self._services, self._visitors, self._channel, visitor, self._identity, self._tab, self.out)
        self._visitors.join(self._channel.id, visitor.id, self)
        self._tell_here(visitor.id)
        return self._thread

    async def _start(self) -> None:
        """Make somebody unknown a visitor: only now, when he is about to write, and only so often from one address."""
        if self._thread is not None:
            self.out.put(p.VisitorMade(""))
        elif self._must_identify():
            self.out.put(p.Refused("identify_first"))
        elif wait := await self._start_wait():
            self.out.put(p.SlowDown(wait))
        else:
            await self._make_visitor()

    async def _make_visitor(self) -> None:
        token = self._services.new_token()
        made = Visitor(
            id=VisitorId(self._services.new_id()),
            channel=self._channel.id,
            secret=secret_hash(token),
            created_at=self._services.now(),
            subject=self._identity.subject if self._identity else "",
            ip=self._tab.ip,
        )
        visitor = await self._services.store.create(made)
        thread = self._begin(visitor)
        if visitor.id != made.id:  # another tab of the same user was quicker
            await thread.show({}, ())
        self.out.put(p.VisitorMade("" if visitor.subject else token))

    async def _start_wait(self) -> Instant:
        """Milliseconds until this address may bring another visitor; users the host site vouches for are not counted."""
        if self._identity is not None:
            return 0
        now, limit = self._services.now(), self._channel.settings.starts_per_ip
        made = await self._services.store.count_from(self._channel.id, self._tab.ip, now - STARTS_WINDOW, limit)
        return max(1, made[0] + STARTS_WINDOW - now) if len(made) >= limit else 0

    def _drop_expired(self) -> None:
        """A signed identity ends with its token, in the middle of a connection too."""
        if self._identity is None or self._services.now() < self._identity.expires_at + LEEWAY_S * 1000:
            return
        self._identity = None
        self._exit()
        self.out.put(p.Identified(False, "expired"))

    def _exit(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._visitors.leave(self._channel.id, thread.visitor.id, self)
            self._tell_here(thread.visitor.id)


def _without_secrets(page: str) -> str:
    """A page's address without query and fragment, which may hold tokens; '' for anything that is no web address."""
    try:
        parts = urlsplit(page)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:500] if parts.scheme in ("http", "https") else ""
