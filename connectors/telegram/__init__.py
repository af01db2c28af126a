"""Telegram: one bot, whose private chats, groups, channel inboxes and business chats are conversations.

What talks to Telegram is imported where it is used: a service without such a channel does not load the provider's library.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, ClassVar, Final
from urllib.parse import quote

from msgspec import Meta, Struct

from connectors.telegram.api import BotApi
from connectors.telegram.parsing import parse_update
from connectors.telegram.places import KIND, place_of
from connectors.telegram.receiving import Receiver, answer_to_press, probe
from connectors.telegram.settings import TelegramSettings
from inbox.connector import (
    SEND_SECONDS,
    AmendKind,
    Amendment,
    Answer,
    Capabilities,
    Connector,
    Deliver,
    Health,
    Item,
    OutboundMessage,
    RawDelivery,
    Sent,
    Signal,
    SignalKind,
    Tools,
)
from inbox.core.errors import NotAuthentic, Rejected
from inbox.core.ids import ChannelId
from inbox.provider import encoded

SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"
TEXT_LIMIT: Final = 16_000
"""An agent's longest text; it goes out as at most a handful of messages."""


class _File(Struct, frozen=True):
    file_path: Annotated[str, Meta(min_length=1, max_length=1_000)]


class TelegramConnector(Connector):
    """One bot."""

    name: ClassVar[str] = "telegram"
    title: ClassVar[str] = "Telegram"
    purpose: ClassVar[str] = "A Telegram bot: people, groups and business chats."
    capabilities: Capabilities = Capabilities(
        address_kind=KIND,
        sign="telegram",
        conversational=True,
        text_limit=TEXT_LIMIT,
        rate=30.0,
        choices=11,
        signals=(SignalKind.TYPING,),
        amends=(AmendKind.EDIT, AmendKind.DELETE, AmendKind.REACT),
    )
    Settings: ClassVar[type[Struct]] = TelegramSettings
    settings: TelegramSettings

    def __init__(self, channel: ChannelId, settings: TelegramSettings, tools: Tools) -> None:
        super().__init__(channel, settings, tools)
        self._api = BotApi(settings, tools)

    def verify(self, raw: RawDelivery) -> None:
        """The word we gave Telegram at registration; a channel that polls takes nothing from outside."""
        told = raw.headers.get(SECRET_HEADER, "")
        right = self.settings.secret_word(self.channel)
        if self.settings.mode != "webhook" or not hmac.compare_digest(told.encode("utf-8", "surrogateescape"), right.encode()):
            raise NotAuthentic

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """One update."""
        return parse_update(raw)

    def answer(self, raw: RawDelivery) -> Answer:
        """Telegram carries out a call that its own call is answered with: a pressed button stops waiting."""
        call = answer_to_press(raw.body)
        return Answer("accepted") if call is None else Answer("accepted", encoded(call).decode(), "application/json")

    async def receive(self, deliver: Deliver) -> None:
        """Polls, or keeps the webhook registered, until cancelled."""
        await Receiver(self.channel, self.settings, self.tools, self._api).run(deliver)

    async def send(self, message: OutboundMessage) -> Sent:
        """One or more calls; a repeated attempt goes on after the last one that was accepted.

        No ``external_id``: it would stand among the references, and an answer is to quote what the customer wrote.
        """
        from connectors.telegram.sending import Sender

        return await Sender(self.settings, self.tools, self._api).send(message)

    def send_seconds(self, message: OutboundMessage) -> float:
        """Longer for uploads over a slow line."""
        from connectors.telegram.sending import seconds_for

        return SEND_SECONDS + seconds_for(message.files)

    async def amend(self, amendment: Amendment) -> None:
        """See ``amending``."""
        from connectors.telegram.amending import amend

        await amend(self._api, amendment)

    async def signal(self, signal: Signal) -> None:
        """Typing, for five seconds or until an answer comes; in groups only in the topic, and not in a channel's direct messages."""
        place = place_of(signal.to)
        if place is None or place.topic.startswith("d"):
            return
        thread = {"message_thread_id": int(place.topic)} if place.topic else {}
        account = {"business_connection_id": place.business} if place.business else {}
        await self._api.call("sendChatAction", {"chat_id": place.chat, "action": "typing", **thread, **account}, bool)

    async def probe(self) -> Health:
        """Asks who the bot is."""
        return await probe(self._api)

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of a file by its id; the address is good for an hour and asked for anew each time."""
        file = await self._api.call("getFile", {"file_id": ref}, _File)
        if file.file_path.startswith("/") or ".." in file.file_path.split("/"):
            raise Rejected("Telegram named a file that cannot be asked for.")
        return self.tools.http.download(self.settings.file_url(quote(file.file_path)), own=self.settings.base_url)


CONNECTORS = (TelegramConnector,)
