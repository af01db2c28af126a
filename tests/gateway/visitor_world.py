"""A web chat without sockets and database: visitors' tabs on one side, agents' answers on the other, time turned by hand."""

from __future__ import annotations

import itertools
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
from joserfc import jwt
from joserfc.jwk import OctKey
from msgspec.structs import replace

from connectors.webchat import KIND, WebchatConnector
from inbox.connector import InboundMessage, Receipt
from inbox.core.agent import Agent, Role
from inbox.core.errors import Conflict, Malformed
from inbox.core.ids import AgentId, ChannelId, ConversationId, FileId, MessageId, message_id
from inbox.core.message import Address, Attachment, Author, Delivery, DeliveryState, Kind, Message
from inbox.core.widget import WidgetSettings
from inbox.gateway import visitor_protocol as p
from inbox.gateway.visitor_session import VisitorSession
from inbox.gateway.visitor_tokens import Tickets
from inbox.gateway.visitors import Services, VisitorChannel, Visitors
from inbox.testing.visitors import MemoryDeliveries, MemoryPast, MemoryVisitorFeed, MemoryVisitors
from tests.gateway.described import VISITORS, require_described

SECRET = "0123456789abcdef0123456789abcdef"
START = 1_790_000_000_000
SHOP = ChannelId("shop")
SAM = Author("agent", "sam")
F = TypeVar("F")

_server_frames = msgspec.json.Decoder(p.ServerFrame)


class World:
    """One server and what it stands on. ``other_server`` makes another one over the same stored state."""

    def __init__(self, settings: WidgetSettings | None = None, *, other: World | None = None) -> None:
        self.channel = VisitorChannel(SHOP, settings or WidgetSettings(origins=("https://shop.example",), identity_secret=SECRET), KIND)
        self.store: MemoryVisitors = other.store if other else MemoryVisitors()
        self.feed: MemoryVisitorFeed = other.feed if other else MemoryVisitorFeed(KIND)
        self.deliveries: MemoryDeliveries = other.deliveries if other else MemoryDeliveries()
        self.feed.accounts[SAM.id] = Agent(AgentId(SAM.id), "sam@example.org", "Sam Okafor", Role.AGENT, face="f" * 32)
        self.now: int = other.now if other else START
        self.tickets = Tickets(b"k" * 32)
        self.visitors = Visitors()
        self.past = MemoryPast()
        self.comments: list[tuple[MessageId, str]] = []
        self.too_late = False
        self._count = itertools.count(1)
        self._placed: set[str] = set()
        self.services = Services(
            store=self.store,
            feed=self.feed,
            deliver=self.deliveries,
            tickets=self.tickets,
            now=lambda: self.now,
            new_id=lambda: f"{next(self._count):032x}",
            new_token=lambda: f"token-{next(self._count):040x}",
            rated_at=lambda message: f"https://inbox.example/s/{message}",
            comment=self._comment,
            past=self.past,
        )

    async def _comment(self, question: MessageId, text: str) -> None:
        if self.too_late:
            raise Conflict("It is too late to answer.")
        self.comments.append((question, text))

    def tab(self, ip: str = "ip-1") -> Tab:
        """A browser tab that has just opened its socket."""
        return Tab(VisitorSession(self.services, self.visitors, self.channel, ip))

    async def opened(self, ip: str = "ip-1", **fields: Any) -> Tab:
        """A tab that has opened and read its ``ready``, kept as ``tab.ready``."""
        tab = self.tab(ip)
        await tab.send("open", **fields)
        tab.ready = tab.one(p.Ready)
        return tab

    async def writer(self, ip: str = "ip-1") -> tuple[Tab, str]:
        """A new visitor's tab and token."""
        tab = await self.opened(ip)
        await tab.send("start")
        return tab, tab.one(p.VisitorMade).token

    def place(self) -> list[Message]:
        """Do with new deliveries what ingest does: store messages, apply receipts, tell who listens."""
        changed: list[Message] = []
        for raw in self.deliveries.all:
            if raw.key in self._placed:
                continue
            self._placed.add(raw.key)
            for item in WebchatConnector.parse(raw):
                match item:
                    case InboundMessage():
                        changed.append(self._message(item))
                    case Receipt(state, provider_id):
                        answer = self.feed.messages[provider_id]
                        changed.append(replace(answer, delivery=Delivery(state), version=answer.version + 1))
        for message in changed:
            self._store(message)
        return changed

    def _message(self, item: InboundMessage) -> Message:
        files = tuple(Attachment(FileId(f.ref), f.name, f.type, 1) for f in item.files)
        return Message(
            id=message_id(SHOP, item.key),
            conversation=ConversationId("c1"),
            kind=Kind.CUSTOMER,
            author=Author("customer", "customer-1"),
            at=self.now,
            arrived_at=self.now,
            channel=SHOP,
            sender=item.sender,
            text=item.text,
            attachments=files,
        )

    def answer(self, visitor: str, text: str = "Hello, Sam here.", **fields: Any) -> Message:
        """An agent's message to a visitor, sent unless ``fields`` say otherwise."""
        message = Message(
            id=MessageId(f"{next(self._count):032x}"),
            conversation=ConversationId("c1"),
            kind=Kind.REPLY,
            author=SAM,
            at=self.now,
            arrived_at=self.now,
            channel=SHOP,
            to=(Address(KIND, visitor),),
            text=text,
            delivery=Delivery(DeliveryState.SENT),
        )
        message = replace(message, **fields)
        self._store(message)
        return message

    def _store(self, message: Message) -> None:
        self.feed.messages[message.id] = message
        self.visitors.changed(message, KIND)

    def visitor_of(self, tab: Tab) -> str:
        """The id behind a tab."""
        assert tab.session.visitor is not None
        return tab.session.visitor.id

    def identity(self, subject: str = "ada", *, key: str = SECRET, header: dict[str, str] | None = None, **claims: Any) -> str:
        """What the host site signs about its user; a claim of None is left out."""
        seconds = self.now // 1000
        known: dict[str, Any] = {"sub": subject, "aud": SHOP, "iat": seconds, "exp": seconds + 3600, **claims}
        present = {name: value for name, value in known.items() if value is not None}
        algorithm = header or {"alg": "HS256"}
        return jwt.encode(algorithm, present, OctKey.import_key(key), algorithms=[algorithm["alg"]])


class Tab:
    """What a test does with one session."""

    def __init__(self, session: VisitorSession) -> None:
        self.session = session
        self.ready: p.Ready

    async def send(self, t: str, **fields: Any) -> None:
        """Send one frame; what the service takes is as the published document describes it."""
        data = msgspec.json.encode({"t": t, **fields})
        with suppress(Malformed):
            p.decode(data)
            require_described(VISITORS, "receive", data)
        await self.session.receive(data)

    async def say(self, client_id: str, text: str = "Hello", **fields: Any) -> None:
        """Send one line."""
        await self.send("say", client_id=client_id, text=text, **fields)

    def frames(self) -> list[p.ServerFrame]:
        """What came back since the last call, all of it as the published document describes it."""
        data = [_at_once(self.session.out.next()) for _ in range(len(self.session.out))]
        for one in data:
            require_described(VISITORS, "send", one)
        return [_server_frames.decode(one) for one in data]

    def one(self, kind: type[F]) -> F:
        """The only frame of this kind among what came back."""
        found = [frame for frame in self.frames() if isinstance(frame, kind)]
        assert len(found) == 1, found
        return found[0]

    def none(self) -> bool:
        """Whether nothing came back."""
        return not self.frames()


def _at_once(waiting: Coroutine[Any, Any, bytes | None]) -> bytes:
    """The result of a coroutine that has nothing to wait for."""
    try:
        waiting.send(None)
    except StopIteration as done:
        return bytes(done.value or b"")
    raise AssertionError("it waits")
