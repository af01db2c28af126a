"""Phone calls that agents log: a place for them among the channels. Nothing comes in by itself, and nothing goes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from inbox.connector import Capabilities, Connector, Item, OutboundMessage, RawDelivery, Sent
from inbox.core.errors import Rejected
from inbox.core.labels import label


class CallSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``address``: the number customers call, as agents shall see it; it is only shown."""

    address: Annotated[str, Meta(max_length=100), label("Number", "That customers call; it is only shown.")] = ""


class CallConnector(Connector):
    """A telephone that people answer."""

    name: ClassVar[str] = "phone_calls"
    title: ClassVar[str] = "Phone calls"
    purpose: ClassVar[str] = "Calls that agents log by hand, in the same history as everything else."
    capabilities: Capabilities = Capabilities(address_kind="phone", sign="phone", media=False, sends=False)
    Settings: ClassVar[type[Struct]] = CallSettings

    settings: CallSettings

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """Nothing: calls are logged by people."""
        return []

    async def send(self, message: OutboundMessage) -> Sent:
        """Nothing can be said by it in writing."""
        raise Rejected("Nothing can be written to a telephone that only keeps calls.")


CONNECTORS = (CallConnector,)
