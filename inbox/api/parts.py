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
from inbox.api.programs import Programs
from inbox.api.resets import Resets
from inbox.api.web_settings import WebSettings
from inbox.connector import RawDelivery
from inbox.core.agent import Agent
from inbox.core.ids import AgentId, ConversationId
from inbox.core.permissions import Actor
from inbox.flow.catalog import Catalog
from inbox.flow.channels import Channels
from inbox.flow.composing import Composer
from inbox.flow.consents import Consents
from inbox.flow.conversations import Conversations
from inbox.flow.directory import Directory
from inbox.flow.dispatching import Webhooks
from inbox.flow.faces import Faces
from inbox.flow.folding import Measure
from inbox.flow.jobs import Jobs
from inbox.flow.merging import Merging
from inbox.flow.people import People
from inbox.flow.pushing import Browsers
from inbox.flow.registry import address_kinds
from inbox.flow.resuming import Resume
from inbox.flow.router import Router
from inbox.flow.setups import Setups
from inbox.flow.sso import SingleSignOn
from inbox.flow.staff import Staff
from inbox.flow.surveying import Surveys
from inbox.flow.templates import TemplateSync
from inbox.ports import Clock, Facts, Files, Ledger, Notices, Own, Queries, Search

REQUEST_ID = web.RequestKey("request_id", str)
"""The request's own id, in its log lines and its answer."""
AGENT = web.RequestKey("agent", str)
"""Who sent the request, once that is known."""


class Live(Protocol):
    """What the socket side knows and must hear."""

    def state_of(self, account: Agent) -> str:
        """online, busy, break, away or offline: by his account as it was just read."""

    def read_moved(self, agent: AgentId, conversation: ConversationId, inbound: int) -> None:
        """An agent's read mark moved: his other tabs want to know."""

    def notices_read(self, agent: AgentId) -> None:
        """An agent has seen notices: his other windows want to know."""

    def draft_changed(self, agent: AgentId, conversation: ConversationId, mode: str, revision: int) -> None:
        """An agent's draft changed; revision 0: deleted."""

    def sessions_ended(self, sessions: Sequence[str]) -> None:
        """These logins are over: their sockets must go."""


async def utc() -> Measure:
    """Days of UTC, no opening hours."""
    return Measure()


@dataclass(frozen=True)
class ApiParts:
    """Everything a handler may use.

    ``accept`` stores a delivery durably or raises ``Unavailable``. ``links`` are the keys that sign addresses of files for providers.
    ``search_lag`` and ``reports_lag`` tell by how many milliseconds the search index and the reports are behind; ``measure`` how
    reports tell time. ``checks`` by name return what is wrong, '' when all is well. ``frames`` are the socket's unions for the
    published documents.
    """

    settings: WebSettings
    clock: Clock
    queries: Queries
    own: Own
    notices: Notices
    files: Files
    search: Search
    facts: Facts
    ledger: Ledger
    accounts: Accounts
    conversations: Conversations
    composer: Composer
    jobs: Jobs
    merging: Merging
    router: Router
    people: People
    staff: Staff
    faces: Faces
    catalog: Catalog
    browsers: Browsers
    webhooks: Webhooks
    consents: Consents
    sso: SingleSignOn
    surveys: Surveys
    resume: Resume
    directory: Directory
    live: Live
    auth: Auth
    programs: Programs
    resets: Resets
    cleaner: Cleaner
    metrics: Metrics
    channels: Channels
    setups: Setups
    templates: TemplateSync
    accept: Callable[[RawDelivery], Awaitable[None]]
    links: tuple[bytes, ...] = ()
    search_lag: Callable[[], int] = lambda: 0
    reports_lag: Callable[[], int] = lambda: 0
    measure: Callable[[], Awaitable[Measure]] = utc
    checks: Mapping[str, Callable[[], Awaitable[str]]] = field(default_factory=dict)
    frames: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of addresses that channels here can have."""
        return address_kinds(self.setups.classes.values())


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
    token: str = ""
    """What names the program's token it came with, '' for a browser."""


Handler = Callable[[Any], Awaitable[Any]]
"""Takes an ``Asked`` or ``Signed``; returns the call's answer as a struct, None for no content, or a ``StreamResponse``."""
