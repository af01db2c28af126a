"""Stickers as LINE takes them."""

from __future__ import annotations

from connectors.line import LineConnector
from connectors.line.settings import LineSettings
from inbox.app.outside import Outside
from inbox.connector import OutboundMessage
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.testing.tools import no_tools
from tests.peers.line_api import TOKEN, FakeLine

MINA = "U" + "4" * 32
LISTED = {"11537": (52002734, 52002773), "8515": (16581242, 16581265), "8522": (16581266, 16581289), "8525": (16581290, 16581313)}
"""Which packages the Messaging API sends, of those used, and the ids in them."""


async def test_a_sticker_is_all_that_goes_and_by_its_two_ids() -> None:
    line, outside = FakeLine(), Outside()
    async with line.running():
        settings = LineSettings("s" * 32, TOKEN, line.base, line.base)
        connector = LineConnector(ChannelId("shop"), settings, no_tools(http=outside))
        message = OutboundMessage(MessageId("m1"), ChannelId("shop"), "Sam", "👌", 0, to=(Address("line", MINA),), sticker="11537/52002740")
        await connector.send(message)
    await outside.close()
    assert line.shown == [(MINA, {"type": "sticker", "packageId": "11537", "stickerId": "52002740"})]


def test_stickers_are_of_packages_that_the_messaging_api_sends() -> None:
    offered = LineConnector.capabilities.stickers
    for one in offered:
        package, _, id = one.id.partition("/")
        first, last = LISTED[package]
        assert first <= int(id) <= last
    assert len({one.id for one in offered}) == len(offered)
