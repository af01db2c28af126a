"""The connector ``probe``. In: JSON with an HMAC over its exact bytes. Out: one JSON line to the witness, who answers ``ok`` or ``no``.

The witness keeps every line it has read, so a line sent twice is seen twice; ``lookup`` asks it whether it has one.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta, Struct

from inbox.connector import Capabilities, Connector, InboundMessage, Item, OutboundMessage, RawDelivery, Sent
from inbox.core.errors import Malformed, NotAuthentic, TryLater, Unknown
from inbox.core.message import Address

SIGNATURE = "x-signature"


class ProbeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the witness listens, and the secret that deliveries are signed with."""

    secret: Annotated[str, Meta(extra={"secret": True})]
    port: int = 0


class ProbeLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One message of a customer."""

    key: str
    sender: str
    text: str


def sign(secret: str, body: bytes) -> str:
    """The signature a delivery carries."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class ProbeConnector(Connector):
    """See the module."""

    name: ClassVar[str] = "probe"
    capabilities: Capabilities = Capabilities(address_kind="probe", conversational=True, scoped=True)
    Settings: ClassVar[type[Struct]] = ProbeSettings

    def verify(self, raw: RawDelivery) -> None:
        """The HMAC must fit."""
        if not hmac.compare_digest(raw.headers.get(SIGNATURE, ""), sign(self.settings.secret, raw.body)):
            raise NotAuthentic

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """One line, one message."""
        try:
            line = msgspec.json.decode(raw.body, type=ProbeLine)
        except msgspec.MsgspecError as bad:
            raise Malformed(str(bad)) from None
        return [InboundMessage(key=line.key, sender=Address("probe", line.sender), text=line.text, authenticated=True)]

    async def send(self, message: OutboundMessage) -> Sent:
        """Raises ``TryLater`` when the witness is not there, ``Unknown`` when it did not answer a line that was written."""
        line = {"do": "send", "id": message.id, "text": message.text, "attempt": message.attempt, "pid": os.getpid()}
        answer = await self._tell(line)
        if answer != "ok":
            raise TryLater("witness said no")
        return Sent(provider_id=message.id)

    async def lookup(self, message: OutboundMessage) -> Sent | None:
        """Whether the witness has it."""
        answer = await self._tell({"do": "lookup", "id": message.id})
        return Sent(provider_id=message.id) if answer == "ok" else None

    async def _tell(self, line: dict[str, Any]) -> str:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.settings.port)
        except OSError as gone:
            raise TryLater("witness is away") from gone
        try:
            writer.write(json.dumps(line).encode() + b"\n")
            await writer.drain()
            answer = (await reader.readline()).decode().strip()
        except OSError as broken:
            raise Unknown("line broke") from broken
        finally:
            writer.close()
        if not answer:
            raise Unknown("no answer")
        return answer


CONNECTORS = (ProbeConnector,)
