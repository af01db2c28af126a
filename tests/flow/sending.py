"""What tests of the outbox share: an answer to be sent, and how it stands."""

from inbox.core.ids import ConversationId
from inbox.core.message import DeliveryState, Message
from inbox.core.permissions import Actor
from inbox.testing.recording_connector import Provider
from tests.flow.house import MINUTE, House

HOUR = 60 * MINUTE
LEASE = 2 * MINUTE
PENDING, UNKNOWN, SENT, FAILED = DeliveryState.PENDING, DeliveryState.UNKNOWN, DeliveryState.SENT, DeliveryState.FAILED


async def asked(house: House) -> tuple[Actor, ConversationId]:
    """Mia has a question of Anna's to answer."""
    mia = await house.hire("mia")
    return mia, (await house.write("question", key="q")).conversation


async def state(house: House, message: Message) -> tuple[DeliveryState, str]:
    """How the whole stands, and why."""
    stored = (await house.message(message.id)).delivery
    assert stored is not None
    return stored.state, stored.error


async def at_last(house: House, message: Message, wanted: DeliveryState) -> None:
    """Returns once it stands so."""

    async def reached() -> bool:
        return (await state(house, message))[0] is wanted

    await house.until(reached, f"{wanted}")


async def results(house: House, message: Message) -> list[object]:
    """How the whole stands, and each of its recipients."""
    stored = (await house.message(message.id)).delivery
    assert stored is not None
    return [stored.state, *((r.state, r.error) for r in stored.recipients)]


def said(provider: Provider) -> list[str]:
    """What the customers got."""
    return [m.text for m in provider.accepted]
