"""What agents change about messages that are out: an answer reworded or taken back, a reaction to what the customer wrote.

What is wanted is stored before the provider is asked, and shown as done only when he did it. Doing any of them twice changes nothing, so
what nobody knows the end of is simply done again.
"""

from __future__ import annotations

from msgspec.structs import replace

from inbox.core import revisions
from inbox.core.errors import Conflict, Invalid
from inbox.core.ids import Instant
from inbox.core.message import Amending, AmendKind, DeliveryState, Kind, Message

OUT = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ})


def asked(message: Message, wanted: Amending) -> Message:
    """The message with what is wanted of it. Raises ``Conflict`` while something else is under way, ``Invalid`` for what cannot be."""
    if message.amending is not None and message.amending.due_at is not None:
        raise Conflict("A change of this message is under way.")
    if message.deleted_at is not None:
        raise Invalid("message", "it was taken back")
    if wanted.kind is AmendKind.REACT:
        if message.kind is not Kind.CUSTOMER or not message.external_id:
            raise Invalid("message", "there is nothing to react to")
    elif message.kind is not Kind.REPLY or message.delivery is None or message.delivery.state not in OUT:
        raise Invalid("message", "this was not sent")
    elif wanted.kind is AmendKind.EDIT:
        _check_edit(message, wanted)
    return replace(message, amending=wanted)


def _check_edit(message: Message, wanted: Amending) -> None:
    if message.template is not None or message.survey is not None or message.rates is not None:
        raise Invalid("message", "its words are fixed")
    if not wanted.text.strip() or wanted.text == message.text:
        raise Invalid("text", "there is nothing new in it")


def claimed(message: Message, now: Instant, lease: int) -> Message | None:
    """Taken for ``lease`` milliseconds; None when there is nothing to be done now."""
    wanted = message.amending
    if wanted is None or wanted.due_at is None or (wanted.lease_until or wanted.due_at) > now:
        return None
    return replace(
        message, amending=replace(wanted, lease_until=now + lease, fence=wanted.fence + 1, attempts=wanted.attempts + 1, due_at=now)
    )


def done(message: Message, fence: int, now: Instant) -> Message:
    """The provider did it. Raises ``Conflict`` when another worker took it over."""
    wanted = _held(message, fence)
    free = replace(message, amending=None)
    if wanted.kind is AmendKind.EDIT:
        return revisions.reworded(free, wanted.text, now)
    if wanted.kind is AmendKind.DELETE:
        return revisions.withdrawn(free, now)
    return revisions.reacted(free, wanted.by, wanted.text, now)


def refused(message: Message, fence: int, why: str) -> Message:
    """It will not be done; the reason stays to be read, until something else is wanted. Raises ``Conflict`` as above."""
    return replace(message, amending=replace(_held(message, fence), due_at=None, lease_until=None, error=why[:300]))


def put_off(message: Message, fence: int, why: str, due_at: Instant) -> Message:
    """It was not done, or nobody knows: again at ``due_at``. Raises ``Conflict`` as above."""
    return replace(message, amending=replace(_held(message, fence), due_at=due_at, lease_until=None, error=why[:300]))


def _held(message: Message, fence: int) -> Amending:
    if message.amending is None or message.amending.fence != fence:
        raise Conflict("Another worker took this over.")
    return message.amending


def due(message: Message) -> Instant | None:
    """When somebody may take it; None: never."""
    wanted = message.amending
    return None if wanted is None or wanted.due_at is None else wanted.lease_until or wanted.due_at
