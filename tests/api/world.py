"""A whole service over HTTP on loopback: real server, real steps, storage in memory, a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Protocol

from aiohttp import ClientResponse, DummyCookieJar
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from connectors.phone_calls import CallConnector
from inbox.api.attempts import Attempts
from inbox.api.auth import COOKIE, Auth
from inbox.api.cleaner import Cleaner
from inbox.api.factors import SecondFactors
from inbox.api.metrics import Metrics
from inbox.api.parts import ApiParts
from inbox.api.passkeys import PasskeyChecks
from inbox.api.passwords import Passwords
from inbox.api.programs import Programs
from inbox.api.resets import Purpose, Resets
from inbox.api.server import build
from inbox.api.web_settings import WebSettings
from inbox.connector import Connector, RawDelivery, Tools
from inbox.core.agent import Agent, Role
from inbox.core.errors import NeedsLogin
from inbox.core.ids import AgentId, ChannelId, ConversationId, TeamId, delivery_id, digest
from inbox.core.message import Attachment
from inbox.core.oauth import OAuthClient
from inbox.core.sso import Provider
from inbox.core.words import words
from inbox.flow import channels as running
from inbox.flow.accounts import logins_ended
from inbox.flow.catalog import Catalog
from inbox.flow.channels import Channels
from inbox.flow.committer import Committer
from inbox.flow.composing import Composer
from inbox.flow.consents import Consents
from inbox.flow.conversations import Conversations
from inbox.flow.desks import Desks
from inbox.flow.directory import Directory
from inbox.flow.dispatching import Webhooks
from inbox.flow.faces import Faces
from inbox.flow.feed import Feed
from inbox.flow.folding import Measure
from inbox.flow.jobs import Jobs
from inbox.flow.merging import Merging
from inbox.flow.people import People
from inbox.flow.pushing import Browsers
from inbox.flow.resuming import Resume
from inbox.flow.router import Router
from inbox.flow.setups import Setups
from inbox.flow.sso import SingleSignOn
from inbox.flow.staff import Staff
from inbox.flow.surveying import Surveys
from inbox.flow.templates import TemplateSync
from inbox.gateway.protocol import ClientFrame, ServerFrame
from inbox.provider import NO_HTTP, Http
from inbox.records import AGENTS, CONVERSATIONS, CUSTOMERS, IDENTITIES, MESSAGES, WORKSPACE, Batch, Put, StoredFile
from inbox.store.secrets import Keyring, make_key
from inbox.testing.builders import a_channel, a_conversation, a_customer, a_delivery, a_message, a_reply, a_team, an_agent, an_identity
from inbox.testing.clock import START, ManualClock
from inbox.testing.memory_records import MemoryCursor
from inbox.testing.memory_store import MemoryStore
from inbox.testing.recording import RecordingConnector
from inbox.testing.recording_connector import RecordingBot, RecordingChat

PASSWORD = "correct horse battery"
FRAMES = {"ServerFrame": ServerFrame, "ClientFrame": ClientFrame}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
LOGIN = OAuthClient("Example", "https://login.example/a", "https://login.example/t", "id", "the-secret", ("mail",), "help@example.com")
LINK_KEY = b"l" * 32
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The same algorithm with the cost of a test."""

AGENTS_OF_THE_HOUSE = (
    an_agent("ada", role=Role.ADMIN),
    an_agent("sue", role=Role.SUPERVISOR),
    an_agent("mia", teams=(TeamId("support"),)),
    an_agent("ben", teams=(TeamId("sales"),)),
    an_agent("off", teams=(TeamId("support"),), active=False),
    an_agent("bot", role=Role.BOT),
)


@dataclass
class RecordingLive:
    """What the socket side would have heard."""

    online: dict[AgentId, str] = field(default_factory=dict)
    reads: list[tuple[str, str, int]] = field(default_factory=list)
    drafts: list[tuple[str, str, str, int]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def state_of(self, account: Agent) -> str:
        """As he set it, if he is there and touches his keys."""
        state = self.online.get(account.id, "offline")
        return account.availability.value if state == "online" else state

    def notices_read(self, agent: AgentId) -> None:
        """Notices were seen."""
        self.seen.append(agent)

    def read_moved(self, agent: AgentId, conversation: ConversationId, inbound: int) -> None:
        """A read mark moved."""
        self.reads.append((agent, conversation, inbound))

    def draft_changed(self, agent: AgentId, conversation: ConversationId, mode: str, revision: int) -> None:
        """A draft changed."""
        self.drafts.append((agent, conversation, mode, revision))

    def sessions_ended(self, sessions: Sequence[str]) -> None:
        """Logins are over."""
        self.ended += sessions


class Store(Protocol):
    """Where it is all kept: in memory, or in MongoDB."""

    journal: Any
    queries: Any
    ledger: Any
    facts: Any
    files: Any
    own: Any
    notices: Any
    search: Any
    accounts: Any
    directory: Any


@dataclass
class World:
    """The running service and what is behind it."""

    store: Store
    clock: ManualClock
    live: RecordingLive
    parts: ApiParts
    client: TestClient[Any, Any]
    connector: RecordingConnector
    mails: list[tuple[Agent, str]]
    delivered: list[RawDelivery]
    mail_fails: bool = False

    @property
    def memory(self) -> MemoryStore:
        """The store, where a test looks into it or takes it away."""
        assert isinstance(self.store, MemoryStore)
        return self.store

    async def log_in(self, who: str, password: str = PASSWORD) -> Browser:
        """A browser in which this agent is logged in. The clients' common cookie jar is not used."""
        browser = Browser(self)
        answer = await browser.ask("POST", "/session", json={"email": f"{who}@example.com", "password": password})
        assert answer.status == 200, await answer.text()
        browser.csrf = (await answer.json())["csrf"]
        return browser

    def anonymous(self) -> Browser:
        """A browser that knows nobody."""
        return Browser(self)


@dataclass
class Browser:
    """Keeps one cookie and one token, as a browser and the screen do."""

    world: World
    cookie: str = ""
    csrf: str = ""

    async def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> ClientResponse:
        """Send a request; ``path`` is below the API's prefix unless it begins with ``//``."""
        url = path[1:] if path.startswith("//") else f"/api/v1{path}"
        sent = {"X-CSRF-Token": self.csrf} if self.csrf and method != "GET" else {}
        sent |= {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        answer = await self.world.client.request(method, url, headers={**sent, **(headers or {})}, allow_redirects=False, **more)
        await answer.read()
        for line in answer.headers.getall("Set-Cookie", []):
            if COOKIE in (morsels := SimpleCookie(line)):
                self.cookie = morsels[COOKIE].value
        return answer

    async def get(self, path: str, **more: Any) -> Any:
        """The JSON of a successful GET."""
        answer = await self.ask("GET", path, **more)
        assert answer.status == 200, await answer.text()
        return await answer.json()


@asynccontextmanager
async def a_world(
    ui: Path = Path("/nonexistent"),
    public_url: str = "http://inbox.example",
    store: Store | None = None,
    http: Http = NO_HTTP,
    sso: Sequence[Provider] = (),
    zone: str = "UTC",
    **settings: Any,
) -> AsyncIterator[World]:
    """A service with people, two teams, and conversations of both; it ends with the block."""
    store, clock, live = store or MemoryStore(), ManualClock(), RecordingLive()
    mails: list[tuple[Agent, str]] = []
    delivered: list[RawDelivery] = []

    async def mail(agent: Agent, link: str, purpose: Purpose) -> None:
        if world.mail_fails:
            raise NeedsLogin("no channel can send mail")
        mails.append((agent, link))

    async def accept(raw: RawDelivery) -> None:
        await store.ledger.record([(delivery_id(raw.channel, raw.key), raw)])
        delivered.append(raw)

    feed = Feed(store.journal, store.queries)
    directory = Directory(store.queries)
    channels = _channels(clock)
    _listen(feed, directory, desks := Desks(directory))
    committer = Committer(store.journal, feed, clock, lambda *parts: digest("world", *parts), channels.facts, "test", desk=desks.at)
    consents = Consents(committer.submit, store.journal, clock, http, Keyring([make_key("k")]), (b"c" * 32,), public_url)
    metrics = Metrics()
    resets = Resets(store.accounts, clock, public_url, mail, b"i" * 32)
    parts = ApiParts(
        settings=WebSettings(public_url, ui=ui, **settings),
        clock=clock,
        queries=store.queries,
        own=store.own,
        notices=store.notices,
        files=store.files,
        search=store.search,
        facts=store.facts,
        ledger=store.ledger,
        accounts=store.accounts,
        conversations=Conversations(committer, store.queries, store.files, (b"k" * 32,)),
        composer=Composer(store.queries, directory, (b"k" * 32,)),
        merging=Merging(committer, store.queries, (b"k" * 32,)),
        jobs=Jobs(committer, store.journal, store.queries, store.own, directory, clock, (b"k" * 32,), "test", live.read_moved),
        router=Router(committer, store.queries, frozenset, asyncio.Event(), clock, channels.facts, desks),
        people=People(committer),
        staff=Staff(committer),
        faces=Faces(committer, store.journal),
        catalog=Catalog(committer),
        browsers=Browsers(committer, directory, "BKey"),
        webhooks=Webhooks(committer, store.queries, directory, clock, _same, _same),
        consents=consents,
        sso=SingleSignOn(sso, committer.submit, clock, http, (b"s" * 32,), public_url),
        surveys=Surveys(committer, store.queries, (b"k" * 32,), public_url),
        resume=Resume(committer.submit, store.queries, clock),
        directory=directory,
        live=live,
        auth=_auth(store, directory, clock, metrics, committer, public_url),
        programs=Programs(store.accounts, directory, clock),
        resets=resets,
        cleaner=Cleaner(),
        metrics=metrics,
        channels=channels,
        setups=Setups(
            committer, CLASSES, _sealed, _unsealed, _tools_at(clock), lambda *parts: digest("calls", *parts), store.queries.channels
        ),
        templates=TemplateSync(committer, store.queries, channels.connectors, clock, lambda: 0.0),
        accept=accept,
        links=(LINK_KEY,),
        frames=FRAMES,
        version="test",
        measure=_days_of(zone),
    )
    parts.auth.single_sign_on = bool(sso)
    await _begin(store, feed, parts)
    async with asyncio.TaskGroup() as tasks, TestClient(TestServer(build(parts)), cookie_jar=DummyCookieJar()) as client:
        running_tasks = [tasks.create_task(committer.run()), tasks.create_task(resets.run())]
        connector = channels.running[ChannelId("mail")].connector
        assert isinstance(connector, RecordingConnector)
        world = World(store, clock, live, parts, client, connector, mails, delivered)
        yield world
        for task in running_tasks:
            task.cancel()
        await parts.cleaner.close()


def _days_of(zone: str) -> Callable[[], Awaitable[Measure]]:
    async def measure() -> Measure:
        return Measure(zone)

    return measure


async def _begin(store: Store, feed: Feed, parts: ApiParts) -> None:
    await _furnish(store)
    await feed.start()
    feed.listen(parts.router.heard)


def _listen(feed: Feed, directory: Directory, desks: Desks) -> None:
    feed.listen(directory.heard)
    feed.listen(desks.heard)


CLASSES: Mapping[str, type[Connector]] = {kind.name: kind for kind in (RecordingConnector, RecordingChat, RecordingBot, CallConnector)}


def _same(value: str, webhook: str) -> str:
    """What is sealed elsewhere."""
    return value


def _sealed(value: str, channel: str, field: str) -> str:
    return f"sealed:{channel}:{field}:{value[::-1]}"


def _unsealed(sealed: str, channel: str, field: str) -> str:
    if not sealed.startswith(f"sealed:{channel}:{field}:"):
        raise NeedsLogin("sealed for another place, or with another key")
    return sealed.removeprefix(f"sealed:{channel}:{field}:")[::-1]


def _tools_at(clock: ManualClock) -> Callable[[ChannelId], Tools]:
    async def nothing(file: str) -> AsyncIterator[bytes]:
        for none in tuple[bytes, ...]():
            yield none

    def tools(channel: ChannelId) -> Tools:
        return Tools(clock.now, nothing, MemoryCursor(), lambda health: None)

    return tools


def _auth(store: Store, directory: Directory, clock: ManualClock, metrics: Metrics, committer: Committer, public_url: str) -> Auth:
    factors = SecondFactors(store.accounts, clock, Attempts(store.accounts, clock), _sealed, _unsealed)
    passkeys = PasskeyChecks(store.accounts, clock, public_url)
    return Auth(store.accounts, directory, Passwords(CHEAP), clock, metrics, factors, passkeys, partial(logins_ended, committer))


def _channels(clock: ManualClock) -> Channels:
    records = [
        a_channel(connector="recording", team="support"),
        a_channel("chat", connector="recording_chat", team="support"),
        a_channel("phone", connector="phone_calls", team="support", settings={}),
    ]
    built = running.build(records, CLASSES, _unsealed, _tools_at(clock), None)
    mail = built[ChannelId("mail")].connector
    assert isinstance(mail, RecordingConnector)
    mail.client = LOGIN
    return Channels(built)


async def _furnish(store: Store) -> None:
    """``c-own`` is Mia's, ``c-foreign`` is Ben's of another team; each with a message, a reply, a file and a raw delivery."""
    puts = [Put(AGENTS, agent, None) for agent in AGENTS_OF_THE_HOUSE]
    puts += [Put(CUSTOMERS, a_customer(), None), Put(IDENTITIES, an_identity(), None)]
    for number, (side, holder, team) in enumerate((("own", "mia", "support"), ("foreign", "ben", "sales")), 1):
        raw = a_delivery(f"raw-{side}", body=f"raw of {side}".encode())
        await store.ledger.record([(delivery_id(raw.channel, raw.key), raw)])
        file = StoredFile(f"f-{side}", "photo.png", "image/png", len(PNG), f"message:m-{side}", START)
        await store.files.store(file, PNG)
        conversation = a_conversation(f"c-{side}", number=number, assignee=AgentId(holder), team=TeamId(team), messages=2, inbound=1)
        id = conversation.id
        question = a_message(
            f"m-{side}",
            conversation=id,
            html=f"<p>Hello from {side}</p><img src='cid:pic'>",
            raw=delivery_id(raw.channel, raw.key),
            attachments=(Attachment(file.id, file.name, file.type, file.size, content_id="<pic>", inline=True),),  # type: ignore[arg-type]  # a file id
        )
        reply = a_reply(f"r-{side}", conversation=id, author=a_reply().author, arrived_at=START + 1, at=START + 1)
        puts += [Put(CONVERSATIONS, conversation, None), Put(MESSAGES, question, None), Put(MESSAGES, reply, None)]
        await store.search.index([(conversation, message, words(message.text)) for message in (question, reply)])
    await store.journal.commit(Batch(puts=puts))
    for team in ("support", "sales"):
        await store.directory.save_team(a_team(team))
    await store.directory.save_channel(a_channel("mail", connector="recording", team="support"))
    ours = {"connector": "recording", "name": "Ours", "managed": WORKSPACE, "settings": {"address": "ours@example.com"}}
    await store.directory.save_channel(a_channel("ours", **ours, secrets={"secret": _sealed("the secret of ours", "ours", "secret")}))
    encoded = CHEAP.hash(PASSWORD)
    for agent in AGENTS_OF_THE_HOUSE:
        await store.accounts.set_password(agent.id, encoded)
