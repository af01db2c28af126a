"""In-memory stand-ins for what web chat needs from outside: visitors, conversations, files and the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from inbox.connector import RawDelivery
from inbox.core.agent import Agent
from inbox.core.errors import Unavailable
from inbox.core.ids import ChannelId, Instant
from inbox.core.message import Author, Message
from inbox.core.transcript import Transcript
from inbox.core.visitor import Visitor, VisitorId
from inbox.gateway.visitor_protocol import Online
from inbox.gateway.visitor_rows import Mine, visible
from inbox.gateway.visitors import Episode, Held


class MemoryVisitors:
    """A ``VisitorStore`` in a dict; ``down`` makes it unreachable."""

    def __init__(self) -> None:
        self.stored: dict[VisitorId, Visitor] = {}
        self.down = False

    async def by_secret(self, channel: ChannelId, secret: str) -> Visitor | None:
        """See ``VisitorStore``."""
        return next((v for v in self._all(channel) if v.secret == secret), None)

    async def by_subject(self, channel: ChannelId, subject: str) -> Visitor | None:
        """See ``VisitorStore``."""
        return next((v for v in self._all(channel) if subject and v.subject == subject), None)

    async def create(self, visitor: Visitor) -> Visitor:
        """See ``VisitorStore``."""
        taken = await self.by_subject(visitor.channel, visitor.subject) if visitor.subject else None
        return taken or self.stored.setdefault(visitor.id, visitor)

    async def bind(self, visitor: VisitorId, subject: str) -> Visitor | None:
        """See ``VisitorStore``."""
        found = self.stored.get(visitor)
        if found is None or found.subject or await self.by_subject(found.channel, subject):
            return None
        self.stored[visitor] = replace(found, subject=subject)
        return self.stored[visitor]

    async def count_from(self, channel: ChannelId, ip: str, since: Instant, limit: int) -> list[Instant]:
        """See ``VisitorStore``."""
        made = sorted(v.created_at for v in self._all(channel) if v.ip == ip and not v.subject and v.created_at > since)
        return made[:limit]

    def _all(self, channel: ChannelId) -> list[Visitor]:
        if self.down:
            raise Unavailable("the database is away")
        return [visitor for visitor in self.stored.values() if visitor.channel == channel]


class MemoryVisitorFeed:
    """A ``VisitorFeed`` over a list of messages; remembers what visitors did that is not stored. ``down`` makes threads unreadable."""

    def __init__(self, address_kind: str) -> None:
        self.address_kind = address_kind
        self.messages: dict[str, Message] = {}
        self.accounts: dict[str, Agent] = {}
        self.proved: dict[VisitorId, Mine] = {}
        self.staffed, self.down = True, False
        self.closed_until: Instant | None = None
        self.typing: list[tuple[VisitorId, bool]] = []
        self.fronts: dict[VisitorId, str | None] = {}

    async def thread(self, channel: ChannelId, visitor: VisitorId, limit: int) -> Held:
        """See ``VisitorFeed``."""
        if self.down:
            raise Unavailable("the database is away")
        mine = self.proved.get(visitor, frozenset())
        shown = [m for m in self.messages.values() if visible(m, channel, self.address_kind, visitor, mine)]
        return Held(sorted(shown, key=lambda m: (m.arrived_at, m.id))[-limit:], mine)

    def account_of(self, author: Author) -> Agent | None:
        """See ``VisitorFeed``."""
        return self.accounts.get(author.id)

    def online(self, channel: ChannelId, visitor: VisitorId | None = None) -> Online:
        """See ``VisitorFeed``."""
        return Online(self.staffed and self.closed_until is None, self.closed_until)

    def visitor_typing(self, channel: ChannelId, visitor: VisitorId, on: bool) -> None:
        """See ``VisitorFeed``."""
        self.typing.append((visitor, on))

    def visitor_here(self, channel: ChannelId, visitor: VisitorId, page: str | None) -> None:
        """See ``VisitorFeed``."""
        self.fronts[visitor] = page


class MemoryDeliveries:
    """A ``Deliver`` that keeps each delivery once, by channel and key; ``down`` makes it refuse."""

    def __init__(self) -> None:
        self.rows: dict[tuple[ChannelId, str], RawDelivery] = {}
        self.down = False

    async def __call__(self, raw: RawDelivery) -> None:
        """See ``Deliver``."""
        if self.down:
            raise Unavailable("the database is away")
        self.rows.setdefault((raw.channel, raw.key), raw)

    @property
    def all(self) -> list[RawDelivery]:
        """In order of arrival."""
        return list(self.rows.values())


class MemoryPast:
    """A ``Past`` over what tests put into it; ``mailed`` holds what was to be mailed, and to whom."""

    def __init__(self) -> None:
        self.of: dict[VisitorId, list[Episode]] = {}
        self.mailed: list[tuple[str, Transcript]] = []
        self.wait: Instant = 0
        self.can_mail = True

    def mails(self) -> bool:
        """See ``Past``."""
        return self.can_mail

    async def earlier(self, channel: ChannelId, visitor: VisitorId) -> Sequence[Episode]:
        """See ``Past``."""
        return self.of.get(visitor, [])

    async def one(self, channel: ChannelId, visitor: VisitorId, conversation: str, limit: int) -> Episode | None:
        """See ``Past``."""
        his = self.of.get(visitor, [])
        return next((one for one in his if one.id == conversation or (one.current and not conversation)), None)

    async def take_up(self, channel: ChannelId, visitor: VisitorId, conversation: str) -> bool:
        """See ``Past``."""
        return await self.one(channel, visitor, conversation, 1) is not None

    async def mail(self, channel: ChannelId, visitor: VisitorId, conversation: str, to: str, transcript: Transcript) -> Instant:
        """See ``Past``."""
        if not self.wait:
            self.mailed.append((to, transcript))
        return self.wait
