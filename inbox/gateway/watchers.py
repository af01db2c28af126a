"""Who looks at a conversation and who types in it, right now: never stored, shown to its followers, void unless repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from inbox.core.conversation import FAR_FUTURE
from inbox.core.ids import AgentId, ConversationId, CustomerId, Instant
from inbox.gateway.protocol import Watcher
from inbox.gateway.protocol import Watchers as Watching
from inbox.gateway.roster import Follower
from inbox.gateway.threads import Threads
from inbox.gateway.viewers import Viewers
from inbox.ports import Clock

VIEWING_MS = 30_000
TYPING_MS = 10_000
COALESCE_MS = 200
SWEEP_MS = 1_000
LEAVING_MS = 5_000
"""A customer who goes from page to page is not away in between."""

AgentTyping = Callable[[ConversationId, AgentId, bool], None]
"""Told when an agent types an answer (not a note) and when he stops: for the customer's screen."""


@dataclass(slots=True)
class _Presence:
    kind: str
    id: str
    viewing_until: Instant = 0
    typing_until: Instant = 0
    mode: str = ""
    page: str = ""


class Watchers:
    """By conversation and tab. ``look`` and ``type`` trust their caller to have asked the gate."""

    def __init__(self, threads: Threads, viewers: Viewers, clock: Clock, agent_typing: AgentTyping) -> None:
        self._threads = threads
        self._viewers = viewers
        self._clock = clock
        self._agent_typing = agent_typing
        self._here: dict[str, dict[object, _Presence]] = {}
        self._changed: set[str] = set()
        self._shown: dict[str, tuple[Watcher, ...]] = {}
        self._wake = asyncio.Event()

    def look(self, tab: Follower, conversation: str | None) -> None:
        """This tab shows this conversation now, and no other."""
        for other in [c for c, tabs in self._here.items() if tab in tabs and c != conversation]:
            self.left(tab, other)
        if conversation is not None:
            here = self._at(conversation, tab, "agent", tab.agent)
            if here.viewing_until <= self._clock.now():
                self._change(conversation)
            here.viewing_until = self._clock.now() + VIEWING_MS

    def type(self, tab: Follower, conversation: str, mode: str, on: bool) -> None:
        """The agent types a reply or a note in this tab, or has stopped."""
        here = self._at(conversation, tab, "agent", tab.agent)
        was_reply = _types(here, self._clock.now()) == "reply"
        self._set_typing(conversation, here, mode, on)
        if was_reply or (on and mode == "reply"):
            self._agent_typing(ConversationId(conversation), tab.agent, on and mode == "reply")

    def visitor_typing(self, conversation: ConversationId, customer: CustomerId, on: bool) -> None:
        """The customer types, or has stopped."""
        self._set_typing(conversation, self._at(conversation, customer, "customer", customer), "reply", on)

    def visitor_in_front(self, conversation: ConversationId, customer: CustomerId, page: str | None) -> None:
        """The customer has the chat open before his eyes, on this page, until told otherwise (None); then he is there for a moment more."""
        here = self._at(conversation, customer, "customer", customer)
        if page is None:
            here.viewing_until = min(here.viewing_until, self._clock.now() + LEAVING_MS)
            return
        here.viewing_until, here.page = FAR_FUTURE, page
        self._change(conversation)

    def left(self, tab: object, conversation: str | None = None) -> None:
        """The tab is closed, or shows this conversation no longer."""
        for c in [conversation] if conversation is not None else list(self._here):
            here = self._here.get(c, {}).pop(tab, None)
            if here is not None:
                self._stopped(c, here)
                self._change(c)
            if not self._here.get(c, True):
                del self._here[c]

    def now(self, conversation: str) -> Watching:
        """Everybody at the conversation."""
        now = self._clock.now()
        seen: dict[tuple[str, str], Watcher] = {}
        for here in self._here.get(conversation, {}).values():
            if max(here.viewing_until, here.typing_until) > now:
                typing = seen[here.kind, here.id].typing if (here.kind, here.id) in seen else ""
                seen[here.kind, here.id] = Watcher(here.kind, here.id, _types(here, now) or typing, here.page)
        return Watching(conversation, tuple(one for _, one in sorted(seen.items())))

    async def run(self) -> None:
        """Show what changed, at most every ``COALESCE_MS``, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            self.flush()
            await self._clock.sleep_until(self._clock.now() + COALESCE_MS)

    async def sweep(self) -> None:
        """Let expire what was not repeated, until cancelled."""
        while True:
            await self._clock.sleep_until(self._clock.now() + SWEEP_MS)
            self.expire()

    def flush(self) -> None:
        """Send the lists that are not what was shown last."""
        changed, self._changed = self._changed, set()
        for conversation in changed:
            there = self.now(conversation)
            if there.watchers != self._shown.pop(conversation, ()):
                self._threads.tell(conversation, there)
                self._viewers.note(conversation, tuple(one.id for one in there.watchers if one.kind == "agent"))
            if there.watchers:
                self._shown[conversation] = there.watchers

    def expire(self) -> None:
        """Drop who has not been heard of for too long."""
        now = self._clock.now()
        for conversation, tabs in list(self._here.items()):
            for tab, here in list(tabs.items()):
                if 0 < here.typing_until <= now:
                    self._stopped(conversation, here)
                    here.typing_until = 0
                    self._change(conversation)
                if max(here.viewing_until, here.typing_until) <= now:
                    self.left(tab, conversation)

    def _at(self, conversation: str, tab: object, kind: str, id: str) -> _Presence:
        tabs = self._here.setdefault(conversation, {})
        return tabs.setdefault(tab, _Presence(kind, id))

    def _set_typing(self, conversation: str, here: _Presence, mode: str, on: bool) -> None:
        now = self._clock.now()
        was = _types(here, now)
        here.typing_until, here.mode = (now + TYPING_MS, mode) if on else (0, "")
        if _types(here, now) != was:
            self._change(conversation)

    def _stopped(self, conversation: str, here: _Presence) -> None:
        if here.kind == "agent" and here.typing_until and here.mode == "reply":
            self._agent_typing(ConversationId(conversation), AgentId(here.id), False)

    def _change(self, conversation: str) -> None:
        self._changed.add(conversation)
        self._wake.set()


def _types(here: _Presence, now: Instant) -> str:
    return here.mode if here.typing_until > now else ""
