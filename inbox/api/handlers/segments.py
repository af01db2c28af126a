"""Segments of customers beyond their list: who would be in one."""

from __future__ import annotations

from typing import Final

from inbox.api import segment_structs as ss
from inbox.api import show
from inbox.api.parts import Signed
from inbox.core import segments
from inbox.core.customer import Customer
from inbox.core.ids import CustomerId
from inbox.core.permissions import Action, require

MOST: Final = 10_000
"""So many customers are looked at for one answer: some 0.2 s of work."""
PAGE: Final = 500
SHOWN: Final = 5


async def preview_segment(asked: Signed[ss.PreviewSegment]) -> ss.SegmentPreview:
    """Nothing is stored. Raises ``Invalid`` for conditions that make no segment."""
    for action in (Action.MANAGE_QUEUES, Action.CUSTOMER_READ):
        require(asked.actor, action)
    wanted = segments.check(asked.body.conditions)
    count = looked_at = 0
    first: list[Customer] = []
    after: CustomerId | None = CustomerId("")
    while after is not None and looked_at < MOST:
        page = await asked.parts.queries.customers_by_id(after, PAGE)
        found = [customer for customer in page if segments.fits(wanted, customer)]
        first = sorted([*first, *found], key=lambda one: (not one.name, one.id))[:SHOWN]
        count, looked_at = count + len(found), looked_at + len(page)
        after = page[-1].id if len(page) == PAGE else None
    return ss.SegmentPreview(count, looked_at, after is None, tuple(map(show.person, first)))
