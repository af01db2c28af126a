"""The live side of one process, built and run as a whole: what the application starts, and what api and flow ask and tell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from inbox.core.agent import Agent
from inbox.core.ids import AgentId, ConversationId, CustomerId
from inbox.core.permissions import Actor
from inbox.flow.directory import Directory
from inbox.flow.feed import Feed
from inbox.flow.floor import LiveFloor
from inbox.flow.today import Today
from inbox.flow.views import Views
from inbox.gateway.board import Boards
from inbox.gateway.counts import Counts
from inbox.gateway.hub import Hub
from inbox.gateway.outbox import Outbox
from inbox.gateway.places import Places
from inbox.gateway.presence import Presence
from inbox.gateway.protocol import DraftChanged, Read, Reload
from inbox.gateway.replay import Replay
from inbox.gateway.roster import Roster
from inbox.gateway.session import Login, Session
from inbox.gateway.subscriptions import Services
from inbox.gateway.viewers import Viewers
from inbox.gateway.watchers import AgentTyping, Watchers
from inbox.ports import Clock, Journal, Own, PresenceBoard, Queries

Loop = Callable[[], Awaitable[None]]


class Live:
    """Everybody's sessions and what they share."""

    def __init__(
        self,
        feed: Feed,
        journal: Journal,
        queries: Queries,
        own: Own,
        directory: Directory,
        board: PresenceBoard,
        clock: Clock,
        server: str,
        *,
        came: Callable[[], None] = lambda: None,
        moved: Callable[[], None] = lambda: None,
        agent_typing: AgentTyping = lambda conversation, agent, on: None,
        agent_read: Callable[[ConversationId], None] = lambda conversation: None,
        floor: LiveFloor | None = None,
        today: Today | None = None,
    ) -> None:
        """``server`` names this process among others. ``came``: an agent became available; ``moved``: somebody came or
        went. ``agent_typing``, ``agent_read``: for the customer's screen. Without ``today`` boards tell nothing of the day."""
        self._agent_read = agent_read
        roster = Roster()
        self._presence = Presence(board, server, queries, roster, clock, came, moved)
        counts = Counts(queries, clock)
        self._hub = Hub(feed, directory, roster, counts, self._presence)
        self._viewers = Viewers(self._hub.lists, self._hub.threads, clock)
        self._watchers = Watchers(self._hub.threads, self._viewers, clock, agent_typing)
        self._feed = feed
        self._floor = floor or LiveFloor(queries)
        self._boards = boards = Boards(self._floor, today, self._presence, directory, clock)
        self._places = places = Places(roster, clock)
        replay = Replay(journal, queries, self._hub)
        self._roster = roster
        self._sessions: set[Session] = set()
        self._services = Services(
            self._hub,
            roster,
            counts,
            self._presence,
            self._watchers,
            self._viewers,
            replay,
            directory,
            queries,
            own,
            clock,
            Views(directory),
            boards,
        )
        self.loops: Mapping[str, Loop] = {
            "gateway.hub": self._hub.run,
            "gateway.counts": counts.run,
            "gateway.presence": self._presence.run,
            "gateway.presence.tick": self._presence.tick,
            "gateway.watchers": self._watchers.run,
            "gateway.watchers.sweep": self._watchers.sweep,
            "gateway.viewers": self._viewers.run,
            "gateway.places": places.run,
            "gateway.boards": boards.run,
            "gateway.boards.today": boards.count,
            "gateway.boards.tick": boards.tick,
        }
        """To be run until the end, each as a task of its own; each may be started again after an error."""

    def start(self) -> None:
        """Begin where the feed is now; to be called once it is started and the directory listens to it."""
        self._hub.start()
        self._feed.listen(self._floor.heard)
        self._feed.listen(self._boards.heard)
        self._feed.listen(self._places.heard)

    async def stop(self) -> None:
        """After the last socket: other servers hear that the agents here are on their way. Raises ``TryLater``."""
        await self._presence.withdraw()

    # For the sockets

    def open(self, actor: Actor, login: Login, outbox: Outbox) -> Session:
        """A new connection of somebody who is logged in; his frames go into ``outbox``."""
        session = Session(self._services, actor, login, outbox)
        self._sessions.add(session)
        return session

    def close(self, session: Session) -> None:
        """Its socket is gone."""
        session.end()
        self._sessions.discard(session)

    # For the API and the other steps

    def state_of(self, account: Agent) -> str:
        """online, busy, break, away or offline: by his account as it was just read."""
        return self._presence.state_of(account)

    def everybody(self) -> list[tuple[AgentId, tuple[str, str]]]:
        """Every agent with his state and the reason of his break."""
        return [(AgentId(one.id), (one.state, one.break_reason)) for one in self._presence.all()]

    @property
    def floor(self) -> LiveFloor:
        """The floor of this process, which supervisors' boards show too."""
        return self._floor

    def on_presence(self, hearer: Callable[[frozenset[AgentId]], None]) -> None:
        """Call ``hearer`` with those whose state or load changed."""
        self._presence.listen(hearer)

    def available(self) -> frozenset[AgentId]:
        """Who takes new conversations now."""
        return self._presence.available()

    def there(self) -> frozenset[AgentId]:
        """Who is connected at all."""
        return self._presence.there()

    def in_sight(self, agent: AgentId) -> bool:
        """Whether he has a window before his eyes."""
        return self._presence.in_sight(agent)

    def read_moved(self, agent: AgentId, conversation: ConversationId, inbound: int) -> None:
        """The agent has read it; his other tabs follow, and the customer may see it."""
        self.marked_read(agent, conversation, inbound)
        self._agent_read(conversation)

    def marked_read(self, agent: AgentId, conversation: ConversationId, inbound: int) -> None:
        """His read mark moved without a look at the conversation; his other tabs follow."""
        self._roster.tell(agent, Read(conversation, inbound))

    def notices_read(self, agent: AgentId) -> None:
        """The agent has seen notices; his other windows fetch them again."""
        self._roster.tell(agent, Reload("notices"))

    def draft_changed(self, agent: AgentId, conversation: ConversationId, mode: str, revision: int) -> None:
        """The agent's draft changed; ``revision`` 0: deleted."""
        self._roster.tell(agent, DraftChanged(conversation, mode, revision))

    def reload(self, what: str, id: str) -> None:
        """Something of this process that every screen shows is another now."""
        self._roster.tell_all(Reload(what, id))

    def visitor_typing(self, conversation: ConversationId, customer: CustomerId, on: bool) -> None:
        """The customer types, or has stopped."""
        self._watchers.visitor_typing(conversation, customer, on)

    def visitor_in_front(self, conversation: ConversationId, customer: CustomerId, page: str | None) -> None:
        """The customer has the open chat before his eyes, on this page; None: not any more."""
        self._watchers.visitor_in_front(conversation, customer, page)

    def sessions_ended(self, logins: Sequence[str]) -> None:
        """These logins are over; their connections end now."""
        self._revoke(lambda session: session.login in logins)

    def agent_ended(self, agent: AgentId) -> None:
        """The agent's connections end now, whatever login they have."""
        self._revoke(lambda session: session.agent == agent)

    def _revoke(self, concerned: Callable[[Session], bool]) -> None:
        for session in tuple(self._sessions):
            if concerned(session):
                session.revoke()
