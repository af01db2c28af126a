"""Webhooks and mails about alerts and broken promises: stored before they are tried, brought out by whichever server is left, ended
with what they were for. On both stores."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from msgspec.structs import replace

from inbox.core import delivery
from inbox.core.agent import Role
from inbox.core.alerts import Alert, Measure
from inbox.core.dispatching import DONE, ENDED, FAILED, PENDING, Dispatch, Webhook
from inbox.core.errors import Rejected, TryLater, Unknown
from inbox.core.events import EventType
from inbox.core.ids import AgentId
from inbox.core.policies import Action, Policy, Targets
from inbox.core.standard_webhooks import key_of, verify
from inbox.flow.dispatching import LEASE_MS, Dispatcher, Webhooks
from inbox.records import ALERTS, POLICIES, WEBHOOKS
from tests.flow.beside import running
from tests.flow.house import MINUTE, House
from tests.flow.test_alerting import watched
from tests.flow.test_router import many

SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
BOSS = AgentId("boss")
ALERT = Alert("a", "Many wait", Measure.WAITING, above=1, mails=("boss@example.org",), webhooks=("pager",))


class World:
    """A house, what its webhooks and mail got, and how they answer."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.mails: list[Dispatch] = []
        self.answers: list[Exception] = []
        self.hangs = False
        same = lambda value, webhook: value  # noqa: E731  what is sealed elsewhere
        self.webhooks = Webhooks(house.committer, house.store.queries, house.directory, house.clock, same, same)

    async def call(self, url: str, headers: dict[str, str], body: bytes) -> None:
        self.calls.append((url, headers, body))
        if self.hangs:
            await asyncio.Event().wait()
        if self.answers:
            raise self.answers.pop(0)

    async def mail(self, d: Dispatch) -> None:
        if self.answers:
            raise self.answers.pop(0)
        self.mails.append(d)

    def server(self) -> Dispatcher:
        """One server's loop."""
        house = self.house
        dispatcher = Dispatcher(
            house.committer, house.store.queries, house.clock, self.call, self.mail, lambda value, webhook: value, lambda: 0.0
        )
        house.feed.listen(dispatcher.heard)
        return dispatcher

    async def save(self, noun: Any, value: Any, expect: int = 0) -> Any:
        boss = await self.house.hire("boss", role=Role.ADMIN, online=False)
        return await self.house.catalog.save(boss, noun, value, expect, lambda *asked: None)

    async def hook(self, **more: Any) -> Webhook:
        stored: Webhook = await self.save(WEBHOOKS, await self.webhooks.sealed(Webhook("pager", "Pager", "https://pager.example", **more)))
        return stored

    async def become(self, *states: tuple[str, str]) -> None:
        """Wait until all that was to go out stands like this."""

        async def stand() -> bool:
            return sorted((d.type, d.state) for d in await self.webhooks.newest()) == sorted(states)

        await self.house.until(stand, str(states))

    async def put_off(self, error: str) -> None:
        """Wait until the newest was tried in vain for this reason."""

        async def waits() -> bool:
            newest = (await self.webhooks.newest())[0]
            return (newest.state, newest.error) == (PENDING, error)

        await self.house.until(waits, f"put off: {error}")

    async def called(self, times: int) -> None:
        """Wait for so many calls in all."""
        await self.house.until(lambda: len(self.calls) >= times, f"{times} calls")
        assert len(self.calls) == times


@pytest.fixture
def world(unrouted: House) -> World:
    return World(unrouted)


async def test_an_alert_goes_to_webhook_mail_and_supervisors_once_by_two_servers(world: World) -> None:
    house = world.house
    await house.hire("sue", role=Role.SUPERVISOR, online=False)
    await house.hire("mia", online=False)
    await world.hook(secret=SECRET)
    await world.save(ALERTS, ALERT)
    async with running(world.server(), world.server()), watched(house), watched(house):
        await many(house, 2)
        await house.pass_time(1_000)
        await world.become(("alert.raised", DONE), ("alert.raised", DONE))
    ((url, headers, body),) = world.calls
    verify([key_of(SECRET)], headers, body, house.clock.now())
    told = json.loads(body)
    assert (url, told["type"], told["data"]["name"], told["data"]["value"]) == ("https://pager.example", "alert.raised", "Many wait", 2)
    (mail,) = world.mails
    assert (mail.target, mail.subject) == ("boss@example.org", "Alert: Many wait")
    for who, notices in (("sue", ["alert"]), ("mia", [])):
        page, _ = await house.store.notices.page(AgentId(who), None, 10)
        assert [one.kind for one in page] == notices


async def test_what_a_killed_server_had_in_hand_is_done_by_another_under_the_same_id(world: World) -> None:
    await world.hook(secret=SECRET)
    world.hangs = True
    async with running(world.server()):
        await world.webhooks.try_out("pager", BOSS, "k")
        await world.called(1)
    world.hangs = False
    async with running(world.server(), world.server()):
        await world.house.pass_time(LEASE_MS - 2_000)
        assert len(world.calls) == 1, "whoever claimed it may still be at it"
        await world.house.pass_time(4_000)
        await world.become(("webhook.test", DONE))
    assert len(world.calls) == 2
    assert world.calls[0][1]["webhook-id"] == world.calls[1][1]["webhook-id"]


async def test_what_fails_is_tried_again_and_says_why_until_it_is_given_up(world: World) -> None:
    await world.hook(secret=SECRET)
    world.answers = [TryLater("http_503"), Unknown("connection_broke"), Rejected("address_not_allowed")]
    async with running(world.server()):
        await world.webhooks.try_out("pager", BOSS, "k")
        await world.put_off("http_503")
        for tries, seconds, error in ((2, 31, "connection_broke"), (3, 61, "address_not_allowed")):
            await world.house.pass_time(seconds * 1_000)
            await world.put_off(error)
            assert len(world.calls) == tries
        await world.house.pass_time(121 * 1_000)
        await world.become(("webhook.test", DONE))
        world.answers = [TryLater("http_502")] * 500
        await world.webhooks.try_out("pager", BOSS, "again")
        await world.put_off("http_502")
        await world.house.pass_time(delivery.MAX_TRIED_FOR)
        await world.become(("webhook.test", DONE), ("webhook.test", FAILED))
    assert (await world.webhooks.newest())[0].error == "http_502"


@pytest.mark.parametrize("how", ["removed", "switched off", "says that it is gone"])
async def test_a_webhook_that_is_gone_is_called_no_more(world: World, how: str) -> None:
    stored = await world.hook(secret=SECRET)
    world.answers = [Rejected("gone") if how == "says that it is gone" else TryLater("http_503")]
    async with running(world.server()):
        await world.webhooks.try_out("pager", BOSS, "k")
        await (world.become(("webhook.test", FAILED)) if how == "says that it is gone" else world.put_off("http_503"))
        if how == "removed":
            boss = await world.house.hire("boss", role=Role.ADMIN, online=False)
            await world.house.catalog.delete(boss, WEBHOOKS, stored.id, 1, lambda *asked: None)
        if how == "switched off":
            await world.save(WEBHOOKS, replace(stored, enabled=False), expect=1)
        await world.house.pass_time(60 * MINUTE)
        await world.become(("webhook.test", FAILED if how == "says that it is gone" else ENDED))
    assert len(world.calls) == 1


async def test_mails_of_an_alert_end_with_it(world: World) -> None:
    house = world.house
    await world.save(ALERTS, replace(ALERT, webhooks=()))
    world.answers = [TryLater("away")]
    async with running(world.server()):
        async with watched(house):
            await many(house, 2)
            await house.pass_time(1_000)
            await world.put_off("away")
        boss = await house.hire("boss", role=Role.ADMIN, online=False)
        await house.catalog.delete(boss, ALERTS, "a", 1, lambda *asked: None)
        await house.pass_time(60 * MINUTE)
        await world.become(("alert.raised", ENDED))
    assert world.mails == []


async def test_a_broken_promise_calls_the_webhook_in_the_commit_of_the_breach(world: World) -> None:
    house = world.house
    await world.hook(secret=SECRET)
    action = (Action("webhook", "pager"),)
    await world.save(POLICIES, Policy("p", name="P", targets=Targets(first_response=10 * MINUTE), on_warning=action, on_breach=action))
    await house.promises.refresh()
    await house.write("Where is it?")
    await house.pass_time(11 * MINUTE)
    await world.become(("sla.breached", PENDING), ("sla.warned", PENDING))
    async with running(world.server(), world.server()):
        await world.become(("sla.breached", DONE), ("sla.warned", DONE))
    (breached,) = [json.loads(body) for _, _, body in world.calls if b"breached" in body]
    assert (breached["data"]["metric"], breached["data"]["policy"], breached["data"]["priority"]) == ("first_response", "p", "normal")
    events = await house.store.journal.events_after({}, 1_000)
    assert sum(e.type is EventType.SLA_BREACHED for e in events) == 1 == len([b for _, _, b in world.calls if b"breached" in b])


async def test_a_changed_secret_signs_beside_the_new_one_for_a_day(world: World) -> None:
    house = world.house
    stored = await world.hook(secret=SECRET)
    changed = await world.webhooks.sealed(replace(stored, secret=OTHER))
    await world.save(WEBHOOKS, changed, expect=1)
    async with running(world.server()):
        await world.webhooks.try_out("pager", BOSS, "one")
        await world.called(1)
        for secret in (SECRET, OTHER):
            verify([key_of(secret)], *world.calls[0][1:], house.clock.now())
        await house.pass_time(25 * 60 * MINUTE)
        await world.webhooks.try_out("pager", BOSS, "two")
        await world.called(2)
    assert [len(headers["webhook-signature"].split()) for _, headers, _ in world.calls] == [2, 1]
    kept = await world.webhooks.sealed(replace(stored, name="Other name", secret=""))
    assert kept.secret == OTHER, "what is not given stays"
