"""Channels and a bot without a provider: what comes in is items as JSON, what the other side does with a message is scripted.

``Provider`` is the other side. It outlives the connectors that talk to it, so it can say what really arrived after a crash.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta, Struct

from inbox.connector import (
    AmendKind,
    Amendment,
    Answer,
    BotAction,
    BotTurn,
    Capabilities,
    Connector,
    ConnectorRole,
    Item,
    OutboundMessage,
    RawDelivery,
    Sent,
    Signal,
    SignalKind,
    Sticker,
    Tools,
)
from inbox.core.errors import Malformed, NotAuthentic, Rejected, Unknown, Unsupported
from inbox.core.ids import ChannelId
from inbox.core.templates import Template

_items: msgspec.json.Decoder[Item | list[Item]] = msgspec.json.Decoder(Item | list[Item])


@dataclass(frozen=True)
class Does:
    """What the provider does with one message: does it take it, for which addresses not or not yet, and what does the sender hear?"""

    accepts: bool = True
    hears: Exception | None = None
    hangs: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)
    later: Mapping[str, str] = field(default_factory=dict)


ACCEPTS = Does()
LOSES_ANSWER = Does(hears=Unknown("connection_lost"))
"""It has the message, but the sender does not know."""
LOSES_MESSAGE = Does(accepts=False, hears=Unknown("connection_lost"))
"""It does not have the message, and the sender does not know."""
HANGS = Does(accepts=False, hangs=True)
TAKES_AND_HANGS = Does(hangs=True)


def raises(error: Exception) -> Does:
    """Not accepted, and the sender is told: ``TryLater``, ``Rejected``, ``NeedsLogin``, or a bug's exception."""
    return Does(accepts=False, hears=error)


class Provider:
    """The other side of a channel. What is not scripted is accepted.

    ``asked`` holds every message somebody tried to send, ``accepted`` what the customers got, ``looked_up`` every question
    after an uncertain one; ``media`` what can be fetched by its reference, ``templates`` what is approved, ``names`` what
    customers are called and ``asked_names`` who was asked for; ``signals`` what somebody tried to show them,
    ``amendments`` what was to be changed. A send may take
    ``patience`` seconds; ``hanging`` counts those that have not come to an end.
    """

    def __init__(self) -> None:
        self.asked: list[OutboundMessage] = []
        self.accepted: list[OutboundMessage] = []
        self.looked_up: list[OutboundMessage] = []
        self.can_look_up = True
        self.patience = 5.0
        self.hanging = 0
        self.answers_look_up: Exception | None = None
        self.media: dict[str, bytes | Exception] = {}
        self.templates: list[Template] | Exception = []
        self.names: dict[str, str | Exception] = {}
        self.asked_names: list[str] = []
        self.signals: list[Signal] = []
        self.answers_signal: Exception | None = None
        self.amendments: list[Amendment] = []
        self.answers_amend: deque[Exception] = deque()
        self._script: deque[Does] = deque()
        self._released = asyncio.Event()

    def will(self, *behaviours: Does) -> None:
        """Script what happens to the next messages, one after the other."""
        self._script.extend(behaviours)

    def recover(self) -> None:
        """Whatever was scripted and has not happened yet will not."""
        self._script.clear()

    def release(self) -> None:
        """Let what hangs come to its end."""
        self._released.set()

    async def take(self, message: OutboundMessage) -> Sent:
        """One attempt to send."""
        self.asked.append(message)
        does = self._script.popleft() if self._script else ACCEPTS
        if does.accepts:
            self.accepted.append(message)
        if does.hangs:
            await self._hang()
        if does.hears is not None:
            raise does.hears
        return self._receipt(message, does)

    async def _hang(self) -> None:
        self.hanging += 1
        try:
            await self._released.wait()
        finally:
            self.hanging -= 1

    async def find(self, message: OutboundMessage) -> Sent | None:
        """What became of an uncertain message. Raises ``Unsupported`` where ``can_look_up`` is false, and what is scripted."""
        if not self.can_look_up:
            raise Unsupported("this provider cannot tell")
        self.looked_up.append(message)
        if self.answers_look_up is not None:
            raise self.answers_look_up
        return self._receipt(message, ACCEPTS) if any(m.id == message.id for m in self.accepted) else None

    async def stream(self, ref: str) -> AsyncIterator[bytes]:
        """A medium's bytes in two pieces; raises what is stored in its place, ``Rejected`` for an unknown one."""
        found = self.media.get(ref, Rejected("gone"))
        if isinstance(found, Exception):
            raise found
        yield found[: len(found) // 2]
        yield found[len(found) // 2 :]

    def _receipt(self, message: OutboundMessage, does: Does) -> Sent:
        external = f"<{message.message_token}@recording.example>" if message.message_token else ""
        return Sent(f"provider-{message.id}", external, dict(does.refused), dict(does.later))


class RecordingSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``secret`` signs deliveries; ``address`` is the channel's own."""

    secret: Annotated[str, Meta(extra={"secret": True})] = "open sesame"
    address: str = "help@example.com"


class RecordingConnector(Connector):
    """Mail-like. A delivery is one item or a list of them in JSON, signed with HMAC-SHA-256 in ``X-Signature``."""

    name: ClassVar[str] = "recording"
    capabilities: Capabilities = Capabilities(
        address_kind="email", reply_keys=True, subject=True, recipients=True, html=True, repeat_after=15 * 60 * 1000
    )
    Settings: ClassVar[type[Struct]] = RecordingSettings

    def __init__(self, channel: ChannelId, settings: Any, tools: Tools) -> None:
        super().__init__(channel, settings, tools)
        self.provider = Provider()

    @property
    def sent(self) -> list[OutboundMessage]:
        """Every message somebody tried to send."""
        return self.provider.asked

    def verify(self, raw: RawDelivery) -> None:
        """The signature is over the exact bytes."""
        wanted = signature(self.settings.secret, raw.body)
        if not hmac.compare_digest(wanted.encode(), raw.headers.get("x-signature", "").encode("utf-8", "surrogatepass")):
            raise NotAuthentic

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """The items. The body ``unsupported`` is a kind that is not handled, ``crash`` a bug of the parser."""
        match raw.body:
            case b"unsupported":
                raise Unsupported("a kind that is not handled")
            case b"crash":
                raise LookupError("a bug in the parser")
        try:
            found = _items.decode(raw.body)
        except (msgspec.MsgspecError, UnicodeError) as bad:
            raise Malformed(str(bad)) from None
        return found if isinstance(found, list) else [found]

    def answer(self, raw: RawDelivery) -> Answer:
        """A ``challenge`` in the query is repeated, as many providers want it."""
        name, _, value = raw.context.get("query", "").partition("=")
        return Answer("challenge", value) if name == "challenge" else Answer("accepted", "thanks")

    async def send(self, message: OutboundMessage) -> Sent:
        """As the provider's script says."""
        return await self.provider.take(message)

    def send_seconds(self, message: OutboundMessage) -> float:
        """As long as the test says."""
        return self.provider.patience

    async def lookup(self, message: OutboundMessage) -> Sent | None:
        """Whether the provider has it."""
        return await self.provider.find(message)

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """A medium the provider holds."""
        return self.provider.stream(ref)

    async def profile(self, address: str) -> str:
        """What the provider calls somebody; raises what is stored in its place."""
        self.provider.asked_names.append(address)
        name = self.provider.names.get(address, Rejected("unknown"))
        if isinstance(name, Exception):
            raise name
        return name

    async def amend(self, amendment: Amendment) -> None:
        """Done; raises the next of what is stored for it."""
        self.provider.amendments.append(amendment)
        if self.provider.answers_amend:
            raise self.provider.answers_amend.popleft()

    async def signal(self, signal: Signal) -> None:
        """Shown; raises what is stored for it."""
        self.provider.signals.append(signal)
        if self.provider.answers_signal is not None:
            raise self.provider.answers_signal

    async def templates(self) -> Sequence[Template]:
        """What the provider has approved; raises what is stored in its place."""
        if isinstance(self.provider.templates, Exception):
            raise self.provider.templates
        return self.provider.templates


class RecordingChat(RecordingConnector):
    """Chat-like: an identity's messages belong together, visitors type and see, addresses mean nothing elsewhere."""

    name: ClassVar[str] = "recording_chat"
    capabilities: Capabilities = Capabilities(
        address_kind="visitor",
        conversational=True,
        scoped=True,
        typing=True,
        receipts=True,
        text_limit=4_000,
        weight=2,
        templates=True,
        stickers=(Sticker("1/2", "👌", "ok", "Pack"),),
        profiles=True,
        opt_out=True,
        signals=(SignalKind.TYPING, SignalKind.READ),
        amends=(AmendKind.EDIT, AmendKind.DELETE, AmendKind.REACT),
    )


class RecordingBot(Connector):
    """A bot whose turns are scripted: each is what it does, or what goes wrong. It is silent when the script is over.

    While ``awake`` is cleared it thinks and says nothing.
    """

    name: ClassVar[str] = "recording_bot"
    role: ClassVar[ConnectorRole] = ConnectorRole.BOT
    capabilities: Capabilities = Capabilities(address_kind="", media=False)
    Settings: ClassVar[type[Struct]] = RecordingSettings

    def __init__(self, channel: ChannelId, settings: Any, tools: Tools) -> None:
        super().__init__(channel, settings, tools)
        self.script: deque[Sequence[BotAction] | Exception] = deque()
        self.turns: list[BotTurn] = []
        self.awake = asyncio.Event()
        self.awake.set()

    async def respond(self, turn: BotTurn) -> Sequence[BotAction]:
        """The next of the script."""
        self.turns.append(turn)
        await self.awake.wait()
        does = self.script.popleft() if self.script else ()
        if isinstance(does, Exception):
            raise does
        return does

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """Nothing comes in here."""
        raise Unsupported("this bot answers at once")

    async def send(self, message: OutboundMessage) -> Sent:
        """Nothing goes out here."""
        raise Rejected("bots_are_told_by_respond")


def signature(secret: str, body: bytes) -> str:
    """What ``verify`` wants to see."""
    return hmac.digest(secret.encode(), body, "sha256").hex()
