"""A channel without Python: signed webhooks in both directions (Standard Webhooks), for whatever has no connector of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

import msgspec
from msgspec import Struct

from connectors.api.incoming import KIND, items_of, placed
from connectors.api.outgoing import Ping, Recipient, Reply, reply
from connectors.api.settings import ApiSettings
from inbox.connector import Answer, Capabilities, Connector, Health, Item, OutboundMessage, RawDelivery, Sent
from inbox.core.errors import InboxError, Malformed, NotAuthentic, Rejected
from inbox.core.message import Address
from inbox.core.plain import plain
from inbox.core.standard_webhooks import signed, verify
from inbox.provider import JSON, HttpAnswer, encoded, judged

_GONE = 410


class _Taken(Struct, frozen=True):
    """The answer's body, if it has one."""

    id: str = ""


class ApiConnector(Connector):
    """One system of the operator's."""

    name: ClassVar[str] = "api"
    title: ClassVar[str] = "Own system"
    purpose: ClassVar[str] = "Any system of yours, by signed webhooks in both directions."
    capabilities: Capabilities = Capabilities(address_kind="api", conversational=True, reply_keys=True, scoped=True, receipts=True)
    Settings: ClassVar[type[Struct]] = ApiSettings
    settings: ApiSettings

    def verify(self, raw: RawDelivery) -> None:
        """See ``signature``."""
        if raw.context.get("method", "POST") != "POST":
            raise NotAuthentic("a webhook is posted")
        verify(self.settings.keys, raw.headers, raw.body, self.tools.now())

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """See ``incoming``."""
        return items_of(raw.body)

    def answer(self, raw: RawDelivery) -> Answer:
        """Whoever sends this is a program that somebody is writing: he hears what is wrong, and it is not stored."""
        try:
            items_of(raw.body)
        except Malformed as wrong:
            return Answer("invalid", encoded({"error": str(wrong)}).decode(), "application/json")
        return Answer("accepted", "{}", "application/json")

    def render(self, message: OutboundMessage) -> str:
        """The plain text."""
        return plain(message.text)

    async def send(self, message: OutboundMessage) -> Sent:
        """Any 2xx took it. The id that the answer's body names is what receipts and reactions may call it."""
        wanted = message.envelope or tuple(a.value for a in message.to if a.kind == KIND)
        to = [_recipient(a) for a in message.to if a.kind == KIND and a.value in wanted]
        if not to:
            raise Rejected("Nobody of this channel is among the recipients.")
        answer = await self._call(reply(message, to, self.tools.link), message.id)
        if answer.status == _GONE:
            raise Rejected("The system behind this channel wants no more messages (410).")
        taken = _taken(judged(answer, self.tools.now(), lambda told: f"The system behind this channel answered with status {told.status}."))
        return Sent(provider_id=taken.id or message.id, external_id=taken.id or message.id)

    async def lookup(self, message: OutboundMessage) -> Sent | None:
        """Asks by sending again: the webhook-id is the same at every attempt, and a receiver takes one id once.

        None: it refuses the message, so it had not taken it.
        """
        try:
            return await self.send(message)
        except Rejected:
            return None

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """A file from the address that came with a message; only public ones are asked."""
        return self.tools.http.download(ref)

    async def probe(self) -> Health:
        """A signed ping."""
        if not self.settings.url:
            return Health(True)
        now = self.tools.now()
        try:
            answer = await self._call(Ping(now), f"ping-{now}")
        except InboxError as wrong:
            return Health(False, f"{self.settings.url} cannot be reached: {wrong}", "Check url, and that the system behind it runs.")
        if not answer.ok:
            problem = f"{self.settings.url} answers a signed ping with status {answer.status}."
            return Health(False, problem, "Check that it verifies with the same secret and answers 2xx.")
        return Health(True)

    async def _call(self, told: Reply | Ping, id: str) -> HttpAnswer:
        if not self.settings.url:
            raise Rejected("This channel only receives: it has no url.")
        body = encoded(told)
        headers = {**JSON, **signed(self.settings.keys, id, self.tools.now(), body)}
        return await self.tools.http.request("POST", self.settings.url, headers=headers, body=body)


def _recipient(address: Address) -> Recipient:
    id, thread = placed(address.value)
    return Recipient(id, address.name, thread)


def _taken(answer: HttpAnswer) -> _Taken:
    try:
        return answer.json(_Taken)
    except msgspec.MsgspecError:
        return _Taken()


CONNECTORS = (ApiConnector,)
