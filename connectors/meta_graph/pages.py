"""Messenger and Instagram: messages to a Facebook page and to a professional Instagram account, by the same family of calls."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from connectors.meta_graph import ownership, page_parse, webhook
from connectors.meta_graph.graph import Graph
from connectors.meta_graph.page_errors import LATE, SENTENCES, TOO_LATE
from connectors.meta_graph.sending import in_parts, to_each
from connectors.meta_graph.settings import InstagramSettings, MessengerSettings
from connectors.meta_graph.webhook import ACCOUNT, reading
from inbox.connector import (
    Answer,
    Capabilities,
    Connector,
    Health,
    Item,
    OutboundFile,
    OutboundMessage,
    RawDelivery,
    Sent,
    Signal,
    SignalKind,
    Tools,
)
from inbox.core.errors import Rejected, TryLater
from inbox.core.ids import ChannelId
from inbox.core.plain import plain

_DAY: Final = 24 * 60 * 60 * 1000
_HUMAN_AGENT: Final = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
_MB: Final = 1024 * 1024


class _Accepted(Struct, frozen=True):
    """The answer to a message, or to a file that was handed over."""

    message_id: str = ""
    attachment_id: str = ""


class _Person(Struct, frozen=True):
    """What Meta tells of somebody who wrote."""

    name: str = ""
    first_name: str = ""
    last_name: str = ""
    username: str = ""


class PageConnector(Connector):
    """What both have in common. Whom they write to has an id of his own for every account."""

    about: ClassVar[str]
    names: ClassVar[str]
    settings: MessengerSettings | InstagramSettings

    def __init__(self, channel: ChannelId, settings: Any, tools: Tools) -> None:
        super().__init__(channel, settings, tools)
        self._graph = Graph(settings, tools, SENTENCES)
        if settings.human_agent:
            self.capabilities = replace(self.capabilities, window=7 * _DAY)  # Meta has granted this app that much

    def verify(self, raw: RawDelivery) -> None:
        """By the verify token or the signature."""
        webhook.verify(raw, self.settings.app_secret, self.settings.verify_token)

    def context(self) -> Mapping[str, str]:
        """Several accounts may share one webhook: ``parse`` takes what is for this one."""
        return {ACCOUNT: self.settings.account}

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """Every event of every entry."""
        return page_parse.parse(raw, cls.capabilities.address_kind, cls.about)

    def answer(self, raw: RawDelivery) -> Answer:
        """The challenge, or that it was taken."""
        return webhook.answer(raw)

    def render(self, message: OutboundMessage) -> str:
        """Plain words: these channels know no marks."""
        return plain(message.text)

    async def send(self, message: OutboundMessage) -> Sent:
        """Files are prepared first: they are what may be refused, and nobody has seen anything of the answer by then."""
        media = [{"attachment": await self._attachment(file)} for file in message.files]
        text = self.render(message)
        self._fits(text)
        said: list[dict[str, Any]] = [{"text": text}] if text else []
        offer: dict[str, Any] = {"text": text, "quick_replies": _quick(message.choices)}
        contents = [*media, offer] if message.choices else [*said, *media]
        return await to_each(message, partial(self._send_to, message, contents))

    def _fits(self, text: str) -> None:
        limit = self.capabilities.text_limit
        if limit is not None and len(text) > limit:
            raise Rejected(f"This is longer than the {limit} characters that this channel takes.")

    @abstractmethod
    async def _attachment(self, file: OutboundFile) -> dict[str, Any]:
        """The file as a part of a message."""

    async def _send_to(self, message: OutboundMessage, contents: Sequence[dict[str, Any]], address: str) -> Sent:
        payloads: list[dict[str, Any]] = [{"recipient": {"id": address}, "message": dict(content)} for content in contents]
        if self.settings.quote_answers and message.references:
            payloads[0]["reply_to"] = {"mid": message.references[-1]}
        # Comes back in the echo. Only the last part bears it: it says that all of them were accepted.
        payloads[-1]["message"]["metadata"] = message.message_token
        late = self.settings.human_agent and not message.by_bot and not message.automatic
        return await in_parts([partial(self._post, payload, late) for payload in payloads])

    async def _post(self, payload: Mapping[str, Any], late: bool) -> str:
        """As an answer; where it is too late for that, a person may still write with the tag for people (``late``)."""
        try:
            return await self._send({**payload, "messaging_type": "RESPONSE"})
        except Rejected as no:
            if not late or no.reason != LATE:
                raise
        try:
            return await self._send({**payload, **_HUMAN_AGENT})
        except Rejected as no:
            raise Rejected(TOO_LATE if no.reason == LATE else no.reason) from no

    async def _send(self, payload: Mapping[str, Any]) -> str:
        answer = await self._graph.send("me/messages", payload)
        accepted = reading(answer.body, _Accepted) or _Accepted()
        return str(accepted.message_id)

    async def signal(self, signal: Signal) -> None:
        """Sender actions: typing fades after 20 seconds or with an answer."""
        action = "typing_on" if signal.kind is SignalKind.TYPING else "mark_seen"
        await self._graph.send("me/messages", {"recipient": {"id": signal.to}, "sender_action": action})

    async def profile(self, address: str) -> str:
        """As people who wrote to the account may be asked for (User Profile API); Instagram knows some by their user name only."""
        answer = await self._graph.get(address, fields=self.names)
        told = reading(answer.body, _Person) or _Person()
        return told.name or f"{told.first_name} {told.last_name}".strip() or (f"@{told.username}" if told.username else "")

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """From the address that came with the message; it is open to whoever knows it, and ends."""
        return self._graph.public(ref)


class MessengerConnector(PageConnector):
    """One Facebook page."""

    name: ClassVar[str] = "messenger"
    title: ClassVar[str] = "Messenger"
    purpose: ClassVar[str] = "The messages of a Facebook page."
    about: ClassVar[str] = "page"
    names: ClassVar[str] = "first_name,last_name"
    capabilities: Capabilities = Capabilities(
        address_kind="messenger",
        sign="messenger",
        conversational=True,
        scoped=True,
        receipts=True,
        text_limit=2000,
        window=_DAY,
        rate=300,
        choices=11,
        profiles=True,
        signals=(SignalKind.TYPING, SignalKind.READ),
    )
    Settings: ClassVar[type[Struct]] = MessengerSettings
    settings: MessengerSettings

    async def _attachment(self, file: OutboundFile) -> dict[str, Any]:
        """Handed over to Meta, which gives an id for it."""
        if file.size > 25 * _MB:
            raise Rejected(f"{file.name} is larger than the 25 MB that Messenger takes.")
        kind = _kind(file)
        described = msgspec.json.encode({"attachment": {"type": kind, "payload": {"is_reusable": True}}}).decode()
        answer = await self._graph.upload("me/message_attachments", file, "filedata", {"message": described})
        accepted = reading(answer.body, _Accepted) or _Accepted()
        if not accepted.attachment_id:
            raise TryLater("Meta took the file and told no id.")
        return {"type": kind, "payload": {"attachment_id": accepted.attachment_id}}

    async def probe(self) -> Health:
        """Whether the token belongs to this page."""
        return await ownership.of_page(self._graph, self.settings.page_id)


class InstagramConnector(PageConnector):
    """One professional Instagram account."""

    name: ClassVar[str] = "instagram"
    title: ClassVar[str] = "Instagram"
    purpose: ClassVar[str] = "Direct messages of a professional account."
    about: ClassVar[str] = "instagram"
    names: ClassVar[str] = "name,username"
    capabilities: Capabilities = Capabilities(
        address_kind="instagram",
        sign="instagram",
        conversational=True,
        scoped=True,
        receipts=True,
        text_limit=1000,
        window=_DAY,
        rate=300,
        choices=11,
        profiles=True,
        signals=(SignalKind.TYPING, SignalKind.READ),
    )
    Settings: ClassVar[type[Struct]] = InstagramSettings
    settings: InstagramSettings

    def context(self) -> Mapping[str, str]:
        """Also whether files may be stored."""
        return {**super().context(), **({} if self.settings.keep_media else {page_parse.LINKS: "yes"})}

    def _fits(self, text: str) -> None:
        """Instagram counts bytes."""
        if len(text.encode()) > 1000:
            raise Rejected("This is longer than the 1000 bytes that Instagram takes; letters with accents and emoji count several.")

    async def _attachment(self, file: OutboundFile) -> dict[str, Any]:
        """An address under which Meta fetches it: this works with either login."""
        kind = _kind(file)
        if file.size > (8 if kind == "image" else 25) * _MB:
            raise Rejected(f"{file.name} is larger than Instagram takes: 8 MB for pictures, 25 MB for the rest.")
        return {"type": kind, "payload": {"url": self.tools.link(file.file, file.name)}}

    async def probe(self) -> Health:
        """Whether the token belongs to this account."""
        return await ownership.of_instagram(self._graph, self.settings.login, self.settings.account_id)


def _quick(choices: Sequence[str]) -> list[dict[str, str]]:
    """Offered below the last message until the customer writes anything."""
    return [{"content_type": "text", "title": choice, "payload": f"choice-{number}"} for number, choice in enumerate(choices, 1)]


def _kind(file: OutboundFile) -> str:
    major = file.type.partition("/")[0]
    return major if major in ("image", "video", "audio") else "file"
