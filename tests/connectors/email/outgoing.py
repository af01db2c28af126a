"""A reply as the outbox hands it over, for tests to vary."""

from typing import Any

from msgspec.structs import replace

from connectors.email.settings import EmailSettings
from inbox.connector import OutboundMessage
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address

AT = 1_795_255_200_000  # 2026-11-21T10:00Z
TOKEN = "qaddhu7z6edojq5zuxlcbc3pqy"
MESSAGE_TOKEN = "aerukz4jvpg66ajdivtytk6n563aoyopjnzmy2gipgnqwlckbmja"
SETTINGS = EmailSettings("support@example.test", name="Example Support")


def mail_to(*addresses: str) -> tuple[Address, ...]:
    """Addresses without names."""
    return tuple(Address("email", address) for address in addresses)


def reply(**changes: Any) -> OutboundMessage:
    """A short reply to customer@example.test with whatever is different."""
    plain = OutboundMessage(
        id=MessageId("0123456789abcdef" * 2),
        channel=ChannelId("support"),
        author="Sam",
        text="Which order is it?",
        at=AT,
        to=mail_to("customer@example.test"),
        subject="Re: Where is my order?",
        references=("m1@customer.test",),
        token=TOKEN,
        message_token=MESSAGE_TOKEN,
    )
    return replace(plain, **changes)
