"""A comment's whole way: from Meta's delivery, repeated and shuffled, to a conversation, and the answer under it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from connectors.meta_graph.comments import FacebookCommentsConnector
from inbox.app.contract import cases
from inbox.core.ids import ChannelId, message_id
from inbox.flow import channels as running
from inbox.flow.channels import Channels
from inbox.records import ChannelRecord
from inbox.testing.tools import no_tools
from tests.flow.house import House
from tests.store.conftest import in_memory

PAGE = ChannelId("page")
FOLDER = Path(__file__).parent
SETTINGS: Mapping[str, str] = {
    "page_id": "106540352242922",
    "access_token": "EAAGexamplepagetoken0123456789",
    "app_secret": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "verify_token": "a-word-of-our-own",
}


class PublicHouse(House):
    """A house whose only channel is the comments of a page."""

    def _channels(self, bot: bool, deadline_s: float) -> Channels:
        record = ChannelRecord(PAGE, FacebookCommentsConnector.name, "Comments", settings=dict(SETTINGS))
        classes = {FacebookCommentsConnector.name: FacebookCommentsConnector}
        return Channels(running.build([record], classes, lambda value, channel, name: value, lambda id: no_tools(), None))


@pytest.mark.parametrize("seed", range(5))
async def test_comments_come_once_whatever_the_order(seed: int) -> None:
    recorded = {case.name: case.raw() for case in cases(FacebookCommentsConnector, FOLDER)}
    names = ["comment", "reply_below_a_comment", "reply_of_somebody_else", "edited"] * 3
    random.Random(seed).shuffle(names)
    async with PublicHouse(in_memory()).running() as house:
        for name in names:
            await house.deliver_bytes(recorded[name].body, channel=PAGE, key=name)
            await house.rest()
        await house.pass_time(60_000)
        first, second, other = [await house.message(message_id(PAGE, f"122100_88{n}")) for n in (1, 2, 3)]
        assert first.conversation == second.conversation != other.conversation
        assert first.text == "Is it in stock in blue?"
        assert first.edited_at is not None
        assert len(await house.thread(first.conversation)) == 2
