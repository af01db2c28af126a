"""What the API's handlers are given: ports, the steps they start, and what the other adapters know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from aiohttp import web

from inbox.admission import Accounts, Session
from inbox.api.auth import Auth
from inbox.api.cleaner import Cleaner
from inbox.api.metrics import Metrics
from inbox.api.resets import Resets
from inbox.api.web_settings import WebSettings
from inbox.connector import RawDelivery
from inbox.core.ids import AgentId, ConversationId
from inbox.core.permissions import Actor
from inbox.flow.channels import Channels
from inbox.flow.conversations import Conversations
from inbox.flow.directory import Directory
from inbox.flow.people import People
from inbox.flow.staff import Staff
from inbox.ports import Clock, Files, Ledger, Own, Queries, Search

REQUEST_ID = web.RequestKey("request_id", str)
"""The request's own id, in its log lines and its answer."""
AGENT = web.RequestKey("agent", str)
"""Who sent the request, once that is known."""


class Live(Protocol):
    """What the socket side knows and must hear."""

    def states(self) -> Mapping[AgentId, str]:
        """online, away or offline by agent; who is missing is offline."""

    def read_moved(self, agent: AgentId, conversation: ConversationId, inbound: int) -> None:
        """An agent's read mark moved: his other tabs want to know."""

    def draft_changed(self, agent: AgentId, conversation: ConversationId, mode: str, revision: int) -> None:
        """An agent's draft changed; revision 0: deleted."""

    def sessions_ended(self, sessions: Sequence[str]) -> None:
        """These logins are over: their sockets must go."""


@dataclass(frozen=True)
class ApiParts:
    """Everything a handler may use.

    ``accept`` stores a delivery durably or raises ``Unavailable``. ``links`` are the keys that sign addresses of files for providers.
    ``search_lag`` tells by how many milliseconds the search index is behind. ``checks`` by name return what is wrong, ''
    when all is well. ``frames`` are the socket's unions for the published documents.
    """

    settings: WebSettings
    clock: Clock
    queries: Queries
    own: Own
    files: Files
    search: Search
    ledger: Ledger
    accounts: Accounts
    conversations: Conversations
    people: People
    staff: Staff
    directory: Directory
    live: Live
    auth: Auth
    resets: Resets
    cleaner: Cleaner
    metrics: Metrics
    channels: Channels
    accept: Callable[[RawDelivery], Awaitable[None]]
    links: tuple[bytes, ...] = ()
    search_lag: Callable[[], int] = lambda: 0
    checks: Mapping[str, Callable[[], Awaitable[str]]] = field(default_factory=dict)
    frames: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""


B = TypeVar("B")


@dataclass(frozen=True)
class Asked(Generic[B]):
    """One request after all checks: the decoded body, the path's and the query's values, the idempotency key."""

    parts: ApiParts
    body: B
    path: Mapping[str, str]
    query: Mapping[str, str]
    key: str
    http: web.Request


@dataclass(frozen=True)
class Signed(Asked[B]):
    """One of somebody who is logged in."""

    actor: Actor
    session: Session


Handler = Callable[[Any], Awaitable[Any]]
"""Takes an ``Asked`` or ``Signed``; returns the call's answer as a struct, None for no content, or a ``StreamResponse``."""
