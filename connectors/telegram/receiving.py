"""How updates come: asked for by long polling, or sent by Telegram to an address that is registered and watched here."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from connectors.telegram.api import BotApi
from connectors.telegram.settings import TelegramSettings
from connectors.telegram.updates import WANTED
from inbox.connector import Deliver, Health, RawDelivery, Tools
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unavailable, Unknown, Unsupported
from inbox.core.ids import ChannelId, digest

PLACE: Final = "updates"
POLL_SECONDS: Final = 50
AT_ONCE: Final = 20
"""Updates a poll asks for, so that even long ones fit into what is read of an answer."""

LOOK_SECONDS: Final = 300.0
"""Between two looks whether the webhook still is what it was set to: somebody else may have set another."""
FORGET_AFTER: Final = 6 * 24 * 60 * 60 * 1000
"""After a week of silence Telegram goes on with a random update_id, which an old offset would hide."""


class _Head(Struct, frozen=True):
    update_id: int


class _Pressed(Struct, frozen=True):
    id: str


class _MaybePressed(Struct, frozen=True):
    callback_query: _Pressed | None = None


class WebhookInfo(Struct, frozen=True):
    """How Telegram sees its calls to us; times in seconds since 1970."""

    url: str = ""
    pending_update_count: int = 0
    last_error_date: int = 0
    last_error_message: str = ""


def answer_to_press(body: bytes) -> dict[str, str] | None:
    """The call that ends the waiting mark on a button that was pressed; None for every other update."""
    with suppress(msgspec.MsgspecError, UnicodeError, RecursionError):
        pressed = msgspec.json.decode(body, type=_MaybePressed).callback_query
        if pressed is not None:
            return {"method": "answerCallbackQuery", "callback_query_id": pressed.id}
    return None


class Receiver:
    """Receives the updates of one bot, until cancelled."""

    def __init__(self, channel: ChannelId, settings: TelegramSettings, tools: Tools, api: BotApi) -> None:
        self._channel = channel
        self._settings = settings
        self._tools = tools
        self._api = api

    async def run(self, deliver: Deliver) -> None:
        """Raises whatever ends it; it may be started again."""
        try:
            await self._introduce()
            await (self._poll(deliver) if self._settings.mode == "poll" else self._watch())
        except Unavailable:  # it is our own database that is away
            raise
        except (TryLater, Unknown) as trouble:
            self._tools.report(Health(False, f"No news from Telegram: {trouble.reason or trouble.code}", "It is tried again by itself."))
            if isinstance(trouble, TryLater) and trouble.after:
                await asyncio.sleep(trouble.after / 1000)
            raise

    async def _introduce(self) -> None:
        """Tell Telegram the bot's menu, if one is configured."""
        if self._settings.commands:
            await self._api.call("setMyCommands", {"commands": self._settings.commands}, bool)

    # Long polling

    async def _poll(self, deliver: Deliver) -> None:
        """Ask, store, and only then move on: an update is confirmed by the next question's offset."""
        await self._api.call("deleteWebhook", {}, bool)  # while one is registered nothing can be asked
        while True:
            for update in await self._updates(await self._offset()):
                await self._take(update, deliver)
            self._tools.report(Health(True))

    async def _updates(self, offset: int) -> list[Raw]:
        fields: dict[str, Any] = {"timeout": POLL_SECONDS, "limit": AT_ONCE, "allowed_updates": WANTED}
        if offset:
            fields["offset"] = offset
        try:
            return await self._api.call("getUpdates", fields, list[Raw], seconds=POLL_SECONDS + 20)
        except Rejected as no:
            raise TryLater(no.reason) from no

    async def _offset(self) -> int:
        place = await self._tools.cursor.load(PLACE)
        fresh = self._tools.now() - int(place.get("at", 0)) < FORGET_AFTER
        return int(place.get("offset", 0)) if fresh else 0

    async def _take(self, update: Raw, deliver: Deliver) -> None:
        body = bytes(update)
        id = msgspec.json.decode(update, type=_Head).update_id
        now = self._tools.now()
        await deliver(RawDelivery(self._channel, digest("update", body), body, now))
        await self._tools.cursor.save(PLACE, {"offset": id + 1, "at": now})
        if (answer := answer_to_press(body)) is not None:
            with suppress(InboxError):  # the customer sees a waiting mark for a while, nothing more
                await self._api.call(answer.pop("method"), answer, bool)

    # Webhook

    async def _watch(self) -> None:
        """Register our address and look now and then how Telegram fares with it. Raises ``Unsupported`` without https."""
        url = f"{self._tools.hooks}telegram/{self._channel}"
        if not url.startswith("https://"):
            remedy = 'Set server.public_url to the https address of this service, or mode to "poll".'
            self._tools.report(Health(False, "Telegram calls only addresses that begin with https.", remedy))
            raise Unsupported("no public https address")
        await self._register(url)
        while True:
            info = await self._api.call("getWebhookInfo", {}, WebhookInfo)
            if info.url != url:
                await self._register(url)
            self._tools.report(self._as_health(info))
            await asyncio.sleep(LOOK_SECONDS)

    async def _register(self, url: str) -> None:
        fields = {
            "url": url,
            "secret_token": self._settings.secret_word(self._channel),
            "allowed_updates": WANTED,
            "max_connections": self._settings.connections,
        }
        try:
            await self._api.call("setWebhook", fields, bool)
        except Rejected as no:
            raise TryLater(f"Telegram refuses our address. {no.reason}"[:300]) from no

    def _as_health(self, info: WebhookInfo) -> Health:
        since = self._tools.now() - 1000 * info.last_error_date
        if not info.pending_update_count or since > 2000 * LOOK_SECONDS:
            return Health(True)
        problem = f"Telegram cannot deliver {info.pending_update_count} updates: {info.last_error_message}"[:300]
        return Health(False, problem, "Make sure that this address can be reached from the internet with a valid certificate.")


async def probe(api: BotApi) -> Health:
    """Whether Telegram knows the bot."""
    try:
        await api.call("getMe", {}, Raw)
    except NeedsLogin as refused:
        return Health(False, refused.reason, "Ask @BotFather for the token (/token) and enter it.")
    except InboxError as error:
        return Health(False, f"Telegram cannot be used: {error}"[:300], "Check that this server reaches base_url, and try again.")
    return Health(True)
