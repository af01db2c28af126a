"""Tokens of a channel that works by consent: given, renewed by one server at a time, lost, given anew; sealed where they lie."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from msgspec.structs import replace

from inbox.app.outside import Outside
from inbox.core.agent import Role
from inbox.core.errors import Denied, NeedsLogin, Rejected, TryLater, Unavailable
from inbox.core.ids import AgentId
from inbox.core.message import DeliveryState
from inbox.core.oauth import AHEAD_MS, STATE_MS, OAuthClient
from inbox.core.permissions import Actor
from inbox.flow.consenting import LEASE_MS
from inbox.flow.consents import Consents
from inbox.flow.resuming import Resume
from inbox.records import CONSENTS
from inbox.store.secrets import Keyring, make_key
from inbox.testing.recording_connector import raises
from tests.eventually import PATIENCE_S, eventually
from tests.flow.house import MAIL, House, load
from tests.peers.login_service import CLIENT_ID, CLIENT_SECRET, SCOPES, LoginService
from tests.store.conftest import in_memory

ADMIN = Actor(AgentId("ada"), Role.ADMIN)
SESSION = "a session"
HOUR = 3_600_000
KEYS = Keyring([make_key("k")])


@dataclass
class Server:
    """One process of the service with its consents."""

    house: House
    consents: Consents
    client: OAuthClient

    async def consent(self, actor: Actor = ADMIN, session: str = SESSION) -> None:
        """An admin goes to the login service and comes back."""
        state, code = await asked(self.consents.begin(actor, MAIL, self.client, session))
        await self.consents.give(actor, self.client, session, state, code)

    async def token(self, refused: str = "") -> str:
        return await self.consents.of(MAIL).token(self.client, refused)


async def asked(url: str) -> tuple[str, str]:
    """What the browser brings back: state and code."""
    async with aiohttp.ClientSession() as browser, browser.get(url, allow_redirects=False) as page:
        query = parse_qs(urlsplit(page.headers["Location"]).query)
        return query["state"][0], query.get("code", [""])[0]


@asynccontextmanager
async def a_server(login: LoginService, outside: Outside, beside: House | None = None) -> AsyncIterator[Server]:
    house = House(in_memory()) if beside is None else House(beside.store, beside.clock, beside.world, "two")
    urls = (f"{login.base}/authorize", f"{login.base}/token")
    client = OAuthClient("Example", *urls, CLIENT_ID, CLIENT_SECRET, SCOPES, "help@example.test")
    submit, journal, public = house.committer.submit, house.store.journal, "https://inbox.example"
    consents = Consents(submit, journal, house.clock, outside, KEYS, KEYS.derived("consents"), public)
    house.feed.listen(consents.heard)
    async with house.running():
        yield Server(house, consents, client)
        await consents.close()


@asynccontextmanager
async def two() -> AsyncIterator[tuple[LoginService, Server, Server]]:
    login, outside = LoginService(), Outside()
    async with login.running(), a_server(login, outside) as one, a_server(login, outside, one.house) as other:
        yield login, one, other
    await outside.close()


@asynccontextmanager
async def alone() -> AsyncIterator[tuple[LoginService, Server]]:
    login, outside = LoginService(), Outside()
    async with login.running(), a_server(login, outside) as one:
        yield login, one
    await outside.close()


async def test_a_token_is_good_until_it_is_renewed_ahead_of_its_end() -> None:
    async with alone() as (login, server):
        await server.consent()
        first = await server.token()
        assert login.owner(first) == "help@example.test"
        await server.house.pass_time(HOUR - AHEAD_MS - 1_000)
        assert await server.token() == first
        await server.house.pass_time(1_000)
        second = await server.token()
        assert second != first
        assert (login.owner(second), login.renewals) == ("help@example.test", 1)


async def test_everybody_who_asks_at_once_causes_one_renewal() -> None:
    async with two() as (login, one, other):
        await one.consent()
        await one.house.pass_time(HOUR)
        tokens = await asyncio.gather(*(server.token() for server in (one, other) * 10))
        assert len(set(tokens)) == 1
        assert login.renewals == 1


async def test_the_newest_refresh_token_survives_two_servers_and_many_renewals() -> None:
    async with two() as (login, one, other):
        await one.consent()
        for _ in range(6):
            await one.house.pass_time(HOUR)
            tokens = await asyncio.gather(other.token(), one.token(), other.token())
            assert {login.owner(token) for token in tokens} == {"help@example.test"}
        assert login.renewals == 6
        assert len(login.grants) == 1


async def test_a_token_refused_before_its_time_is_replaced_once() -> None:
    async with two() as (login, one, other):
        await one.consent()
        early = await one.token()
        login.end_access()
        again = await asyncio.gather(one.token(early), other.token(early))
        assert len(set(again)) == 1
        assert login.owner(again[0])
        assert login.renewals == 1


async def test_who_is_cancelled_does_not_lose_the_answer() -> None:
    async with alone() as (login, server):
        await server.consent()
        await server.house.pass_time(HOUR)
        login.gate.clear()
        async with asyncio.TaskGroup() as tasks:
            hasty = tasks.create_task(server.token())
            await eventually(lambda: login.asked == 2, what="the code, and the renewal that is under way")
            hasty.cancel()
        assert hasty.cancelled()
        login.gate.set()
        await eventually(lambda: login.renewals == 1)
        assert login.owner(await server.token())
        assert login.renewals == 1


async def unlucky(server: Server) -> None:
    with suppress(Unavailable):
        await server.token()


async def test_a_server_that_dies_while_it_renews_is_waited_for_and_followed() -> None:
    async with two() as (login, one, other):
        await one.consent()
        await one.house.pass_time(HOUR)
        login.rotates = False
        login.gate.clear()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(unlucky(one))
            await eventually(lambda: login.asked == 2)
            one.house.kill()
            following = tasks.create_task(other.token())
            await other.house.rest()
            assert not following.done(), "it is the other one's turn for a while"
            login.gate.set()
            await other.house.clock.advance(LEASE_MS + 1)
            assert login.owner(await following)


async def test_a_consent_that_is_taken_back_is_said_and_asked_for_and_given_anew() -> None:
    async with two() as (login, one, other):
        with pytest.raises(NeedsLogin, match="Nobody has signed in at Example yet"):
            await one.token()
        await one.consent()
        login.revoke()
        await one.house.pass_time(HOUR)
        for server in (one, other, one):
            with pytest.raises(NeedsLogin, match="Example asks to sign in again") as refused:
                await server.token()
            assert refused.value.remedy == "Open https://inbox.example/oauth/start/mail as an admin and sign in as help@example.test."
        assert login.asked == 2, "the code, and one renewal that was refused"
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
            for server in (one, other):
                tasks.create_task(server.consents.of(MAIL).consented(HOUR / 1000))
            await one.house.rest()
            await other.consent()
        assert login.owner(await one.token())
        stands = await one.consents.standing(MAIL, one.client)
        assert (stands.by, stands.problem) == ("ada", "")


async def test_a_login_service_that_is_away_alarms_nobody_while_the_token_is_good() -> None:
    async with alone() as (login, server):
        await server.consent()
        first = await server.token()
        await server.house.pass_time(HOUR - AHEAD_MS)
        login.troubles.append(web.Response(status=503))
        assert await server.token() == first
        await server.house.pass_time(AHEAD_MS)
        login.troubles.append(web.json_response({"error": "temporarily_unavailable"}, status=400))
        with pytest.raises(TryLater, match="login_service") as later:
            await server.token()
        assert later.value.away
        assert login.owner(await server.token()), "the next one who asks gets one"


async def test_a_secret_that_ran_out_is_named_and_the_consent_stays() -> None:
    async with alone() as (login, server):
        await server.consent()
        await server.house.pass_time(HOUR)
        good, server.client = server.client, replace(server.client, client_secret="expired")
        with pytest.raises(NeedsLogin, match="invalid_client The secret has expired"):
            await server.token()
        server.client = good
        assert login.owner(await server.token())


async def test_another_account_in_the_settings_needs_another_consent() -> None:
    async with alone() as (_, server):
        await server.consent()
        server.client = replace(server.client, user="sales@example.test")
        with pytest.raises(NeedsLogin, match="sign in again"):
            await server.token()


async def test_only_an_admin_consents_only_in_the_login_that_began_it_and_only_once() -> None:
    async with alone() as (login, server):
        supervisor = Actor(AgentId("sue"), Role.SUPERVISOR)
        with pytest.raises(Denied):
            server.consents.begin(supervisor, MAIL, server.client, SESSION)
        state, code = await asked(server.consents.begin(ADMIN, MAIL, server.client, SESSION))
        for actor, session in ((supervisor, SESSION), (ADMIN, "another session")):
            with pytest.raises(Denied):
                await server.consents.give(actor, server.client, session, state, code)
        await server.consents.give(ADMIN, server.client, SESSION, state, code)
        with pytest.raises(Rejected, match="invalid_grant"):
            await server.consents.give(ADMIN, server.client, SESSION, state, code)
        late, code = await asked(server.consents.begin(ADMIN, MAIL, server.client, SESSION))
        await server.house.pass_time(STATE_MS + 1)
        with pytest.raises(Denied, match="too_late"):
            await server.consents.give(ADMIN, server.client, SESSION, late, code)
        assert len(login.grants) == 1


async def test_tokens_lie_sealed_and_the_journal_has_none() -> None:
    async with alone() as (login, server):
        await server.consent()
        await server.house.pass_time(HOUR)
        access = await server.token()
        stored = (await load(server.house.store.journal, CONSENTS, MAIL))[MAIL]
        events = await server.house.store.journal.events_after({}, 1000)
        for secret in (access, login.grants[0].refresh):
            assert secret not in repr(stored)
            assert secret not in json.dumps([repr(event) for event in events])


async def test_what_waits_for_a_consent_is_sent_as_soon_as_it_is_given() -> None:
    async with alone() as (_, server):
        house = server.house
        mia = await house.hire("mia", capacity=50)
        house.world.mail.will(*[raises(NeedsLogin("Example asks to sign in again."))] * 7)
        answers = [
            await house.reply(mia, (await house.write(f"q{n}", key=f"q{n}", subject=str(n))).conversation, f"a{n}") for n in range(7)
        ]
        await house.pass_time(1_000)
        waiting = [(await house.message(a.id)).delivery for a in answers]
        assert {d.state for d in waiting if d} == {DeliveryState.PENDING}
        tried = len(house.world.mail.asked)
        house.world.mail.recover()
        await server.consent()
        resume = Resume(house.committer.submit, house.store.queries, house.clock)
        assert await resume(MAIL) == tried
        await house.pass_time(10)
        sent = [(await house.message(a.id)).delivery for a in answers]
        assert {d.state for d in sent if d} == {DeliveryState.SENT}
