"""The light of a channel says what is wrong, since when, when it last was well, and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

import pytest
import structlog
from msgspec import Struct
from structlog.testing import LogCapture

from inbox.connector import Capabilities, Connector, Health, Item, OutboundMessage, RawDelivery, Sent
from inbox.core.errors import NeedsLogin, Unsupported
from inbox.core.ids import ChannelId
from inbox.flow import lights as flow_lights
from inbox.flow.lights import PROBE, SENDING, Lights, Standing
from inbox.flow.probing import EVERY_MS, Probing
from inbox.testing.clock import START, ManualClock, settle
from inbox.testing.tools import no_tools

MAIL, SHOP = ChannelId("mail"), ChannelId("shop")
BAD = Health(False, "Login was refused.", "Enter the password.")


def test_a_channel_of_which_nothing_was_said_is_fine() -> None:
    assert Lights().standing(MAIL) == Standing(True)


def test_a_trouble_keeps_its_beginning_and_ends_with_who_reported_it() -> None:
    clock = ManualClock()
    lights = Lights(clock.now)
    lights.report(MAIL, Health(True), PROBE)
    clock.set(START + 10)
    lights.report(MAIL, BAD, SENDING)
    clock.set(START + 20)
    lights.report(MAIL, BAD, SENDING)
    lights.report(MAIL, Health(True), PROBE)
    assert lights.standing(MAIL) == Standing(False, BAD.problem, BAD.remedy, START + 10, START + 20)
    lights.report(MAIL, Health(True), SENDING)
    assert lights.standing(MAIL) == Standing(True, "", "", START + 20, START + 20)
    assert lights.standing(SHOP) == Standing(True)


def test_of_several_troubles_the_oldest_is_told() -> None:
    clock = ManualClock()
    lights = Lights(clock.now)
    lights.report(MAIL, BAD, PROBE)
    clock.set(START + 10)
    lights.report(MAIL, Health(False, "away", "wait"), SENDING)
    assert lights.standing(MAIL).problem == BAD.problem


def test_a_change_of_the_light_is_logged_once_without_anybodys_address(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, heard = ManualClock(), LogCapture()
    logger = structlog.wrap_logger(structlog.ReturnLogger(), processors=[heard], wrapper_class=structlog.make_filtering_bound_logger(0))
    monkeypatch.setattr(flow_lights, "log", logger)
    lights, logs = Lights(clock.now), heard.entries
    refused = Health(False, "Login was refused: ada@shop.example, +46 70 123 45 67, sk_0123456789abcdef0123456789", "Enter it.")
    lights.report(MAIL, Health(True), PROBE)
    lights.report(MAIL, refused, SENDING)
    clock.set(START + 10)
    lights.report(MAIL, refused, SENDING)
    lights.report(MAIL, BAD, PROBE)
    lights.report(MAIL, Health(True), SENDING)
    assert [entry["event"] for entry in logs] == ["channel_out_of_order"], "the probe still says that it is"
    clock.set(START + 20)
    lights.report(MAIL, Health(True), PROBE)
    broken, mended = logs
    assert (broken["log_level"], broken["channel"], broken["since"]) == ("error", MAIL, START)
    assert broken["what"] == "Login was refused: ..., ..., ..."
    assert (mended["event"], mended["log_level"], mended["channel"], mended["since"]) == ("channel_in_order", "info", MAIL, START + 20)


class Tried(Connector):
    """A connector whose trial ends as it is told."""

    name: ClassVar[str] = "tried"
    capabilities: Capabilities = Capabilities(address_kind="x")
    Settings: ClassVar[type[Struct]] = Struct

    def __init__(self, channel: ChannelId, ends: Health | Exception) -> None:
        super().__init__(channel, None, no_tools())
        self.ends = ends

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """Nothing comes in."""
        raise Unsupported

    async def send(self, message: OutboundMessage) -> Sent:
        """Nothing goes out."""
        raise Unsupported

    async def probe(self) -> Health:
        """As told."""
        if isinstance(self.ends, Exception):
            raise self.ends
        return self.ends


async def test_every_channel_is_tried_and_one_that_breaks_keeps_no_other_from_it() -> None:
    clock, lights = ManualClock(), Lights()
    tried = {
        ChannelId(n): Tried(ChannelId(n), e) for n, e in (("a", LookupError("a bug")), ("b", NeedsLogin("expired")), ("c", Health(True)))
    }
    probing = Probing(lambda: tried, lambda channel, health: lights.report(channel, health, PROBE), clock, lambda: 0.0)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(probing.run())
        await settle()
        assert [lights.standing(ChannelId(n)).ok for n in "abc"] == [False, False, True]
        assert "expired" in lights.standing(ChannelId("b")).problem
        tried[ChannelId("b")].ends = Health(True)
        await clock.advance(EVERY_MS)
        await settle()
        assert lights.standing(ChannelId("b")).ok
        running.cancel()
