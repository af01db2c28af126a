"""One answer that takes several calls: a text and files, or several people. What came of the parts as one outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from inbox.connector import OutboundMessage, Sent
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown

Post = Callable[[], Awaitable[str]]
"""Sends one part; the provider's id of it."""


async def in_parts(parts: Sequence[Post]) -> Sent:
    """All parts in their order. Answers will refer to the first, receipts to each of them.

    What fails before anything was sent raises as it is. Afterwards nothing may be repeated as a whole: what is missing is said in
    words (``Rejected``), unless nobody knows whether it is (``Unknown``).
    """
    ids: list[str] = []
    for part in parts:
        try:
            ids.append(await part())
        except Unknown:
            raise
        except InboxError as failed:
            if not ids:
                raise
            raise Rejected(f"Only the first {len(ids)} of {len(parts)} parts were sent. Then: {failed}") from failed
    return Sent(provider_id=ids[-1], external_id=ids[0], provider_ids=tuple(ids) if len(ids) > 1 else ())


async def to_each(message: OutboundMessage, deliver: Callable[[str], Awaitable[Sent]]) -> Sent:
    """To everybody who is still to get it, each by himself, because these channels have no groups for us."""
    addresses = message.envelope or tuple(address.value for address in message.to)
    if not addresses:
        raise Rejected("There is nobody to send this to.")
    if len(addresses) == 1:
        return await deliver(addresses[0])
    sent: list[Sent] = []
    refused: dict[str, str] = {}
    later: dict[str, str] = {}
    for address in addresses:
        try:
            sent.append(await deliver(address))
        except Rejected as no:
            refused[address] = no.reason
        except (TryLater, NeedsLogin) as wait:
            later[address] = wait.reason
        except Unknown as unsure:
            raise Unknown(unsure.reason, refused) from unsure
    return _together(sent, refused, later)


def _together(sent: Sequence[Sent], refused: dict[str, str], later: dict[str, str]) -> Sent:
    if sent:
        return Sent(sent[0].provider_id, sent[0].external_id, refused, later)
    if later:
        raise TryLater(next(iter(later.values())), recipients=refused)
    raise Rejected(next(iter(refused.values())), refused)
