"""Stealing tokens, forging and replaying identities, sharing a computer: nobody gets into another person's thread."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey

from inbox.core.widget import WidgetSettings
from inbox.gateway import visitor_protocol as p
from inbox.gateway.visitor_tokens import IdentityRefused, read_identity
from tests.gateway.visitor_world import SECRET, SHOP, START, World

HOUR = 3600
DAY = 24 * HOUR


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


class TestVisitorToken:
    """The secret of an anonymous browser."""

    async def test_it_opens_the_own_thread_tomorrow(self) -> None:
        world = World()
        tab, token = await world.writer()
        answer = world.answer(world.visitor_of(tab))
        tab.session.leave()
        world.now += 24 * HOUR * 1000
        back = await world.opened(token=token)
        assert (back.ready.visitor, [row.id for row in back.ready.messages]) == ("known", [answer.id])

    async def test_it_is_told_once_and_stored_nowhere(self) -> None:
        world = World()
        tab, token = await world.writer()
        await tab.say("line-0001")
        await tab.send("start")
        assert tab.frames()[-1] == p.VisitorMade("")
        again = world.tab()
        await again.send("open", token=token)
        assert token not in str(world.store.stored) + str(world.deliveries.all) + str(again.frames())

    @pytest.mark.parametrize("guess", ["", "0" * 64, "token-", "*", "{'$ne': None}"])
    async def test_a_guess_opens_nothing(self, guess: str) -> None:
        world = World()
        tab, _ = await world.writer()
        world.answer(world.visitor_of(tab))
        opened = await world.opened(token=guess)
        assert (opened.ready.visitor, opened.ready.messages) == ("unknown", ())

    async def test_what_is_stored_or_shown_is_no_token(self) -> None:
        world = World()
        await world.writer()
        stored = next(iter(world.store.stored.values()))
        for leaked in (stored.id, stored.secret):
            assert (await world.opened(token=leaked)).ready.visitor == "unknown"

    async def test_it_is_worth_nothing_on_another_channel(self) -> None:
        world = World()
        _, token = await world.writer()
        elsewhere = World(other=world)
        elsewhere.channel = type(world.channel)(SHOP.__class__("other"), world.channel.settings, world.channel.address_kind)
        assert (await elsewhere.opened(token=token)).ready.visitor == "unknown"

    async def test_one_socket_cannot_open_twice(self) -> None:
        world = World()
        _, token = await world.writer()
        thief = await world.opened()
        await thief.send("open", token=token)
        assert thief.frames() == [p.Refused("malformed")]


class TestSignedIdentity:
    """What the host site's token must be like to be believed."""

    def read(self, token: str, secret: str = SECRET) -> str:
        try:
            return read_identity(token, secret, SHOP, START).subject
        except IdentityRefused as refused:
            return f"refused: {refused.reason}"

    def test_a_good_one(self) -> None:
        token = World().identity("ada", name="Ada Byron", email="ada@example.org", email_verified=True)
        identity = read_identity(token, SECRET, SHOP, START)
        assert (identity.subject, identity.name, identity.email, identity.stated_email) == ("ada", "Ada Byron", "ada@example.org", "")

    @pytest.mark.parametrize("verified", [None, False, "true", 1])
    def test_an_address_the_site_does_not_vouch_for_is_only_a_claim(self, verified: object) -> None:
        identity = read_identity(World().identity(email="ada@example.org", email_verified=verified), SECRET, SHOP, START)
        assert (identity.email, identity.stated_email) == ("", "ada@example.org")

    @pytest.mark.parametrize(
        ("claims", "reason"),
        [
            ({"sub": None}, "invalid"),
            ({"sub": ""}, "invalid"),
            ({"sub": 7}, "invalid"),
            ({"sub": {"$gt": ""}}, "invalid"),
            ({"sub": "x" * 201}, "invalid"),
            ({"exp": None}, "invalid"),
            ({"exp": "tomorrow"}, "invalid"),
            ({"exp": START // 1000 - 61}, "expired"),
            ({"exp": START // 1000 + DAY + 61}, "lifetime"),
            ({"exp": 10**400}, "lifetime"),
            ({"exp": True}, "invalid"),
            ({"aud": None}, "audience"),
            ({"aud": "other"}, "audience"),
            ({"aud": ""}, "audience"),
            ({"aud": ["other", "shopping"]}, "audience"),
            ({"nbf": START // 1000 + 600}, "invalid"),
            ({"iat": START // 1000 + 600}, "invalid"),
        ],
    )
    def test_wrong_claims_are_refused(self, claims: dict[str, Any], reason: str) -> None:
        assert self.read(World().identity(**{"subject": "ada", **claims})) == f"refused: {reason}"

    def test_an_audience_may_be_one_of_several(self) -> None:
        assert self.read(World().identity(aud=["other", "shop"])) == "ada"

    def test_wrong_keys_and_algorithms_are_refused(self) -> None:
        world = World()
        claims = {"sub": "ada", "aud": "shop", "exp": START // 1000 + HOUR}
        rsa = RSAKey.generate_key(2048)
        good = world.identity()
        head, body, signature = good.split(".")
        forged = [
            world.identity(key="f" * 32),
            world.identity(header={"alg": "HS512"}),
            world.identity(header={"alg": "HS384"}),
            jwt.encode({"alg": "RS256"}, claims, rsa),
            unsigned({"alg": "none"}, claims),
            unsigned({"alg": "None"}, claims),
            unsigned({"alg": "HS256"}, claims),
            unsigned({"alg": "HS256", "jwk": {"kty": "oct", "k": ""}}, claims),
            f"{head}.{body}.",
            f"{head}.{body}",
            f"{head}.{unsigned({}, {**claims, 'sub': 'bob'}).split('.')[1]}.{signature}",
            f"{head}.{body}.{signature[:-2]}",
            f"{good}.{signature}",
            "",
            "...",
            "ada",
        ]
        assert {self.read(token) for token in forged} == {"refused: invalid"}

    def test_a_channel_without_a_secret_believes_nobody(self) -> None:
        claims = {"sub": "ada", "aud": "shop", "exp": START // 1000 + HOUR}
        assert self.read(World().identity(), secret="") == "refused: off"
        assert self.read(unsigned({"alg": "HS256"}, claims), secret="") == "refused: off"

    @given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
    def test_any_text_is_refused(self, token: str) -> None:
        assert self.read(token) == "refused: invalid"

    @given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
    def test_signed_nonsense_is_refused_or_read_never_crashes(self, value: Any) -> None:
        world = World()
        for name in ("sub", "exp", "aud", "name", "email", "email_verified", "nbf"):
            assert self.read(world.identity(**{name: value})) is not None


class TestThreads:
    """Whose thread opens for whom once identities are in play."""

    async def test_a_users_thread_follows_him_to_another_browser(self) -> None:
        world = World()
        phone = await world.opened(identity=world.identity("ada"))
        await phone.send("start")
        assert phone.one(p.VisitorMade).token == ""
        answer = world.answer(world.visitor_of(phone))
        laptop = world.tab("ip-2")
        await laptop.send("open", identity=world.identity("ada"))
        believed, ready = laptop.frames()
        assert believed == p.Identified(True)
        assert isinstance(ready, p.Ready)
        assert [row.id for row in ready.messages] == [answer.id]

    async def test_the_first_line_after_a_login_carries_the_proof_and_only_the_first(self) -> None:
        world = World()
        tab = await world.opened(identity=world.identity("ada", email="ada@example.org", email_verified=True, name="Ada"))
        await tab.send("start")
        await tab.say("line-0001")
        await tab.say("line-0002")
        first, second = (raw.context for raw in world.deliveries.all)
        assert (first["subject"], first["email"], first["name"]) == ("ada", "ada@example.org", "Ada")
        assert "subject" not in second

    async def test_an_anonymous_thread_becomes_the_users_when_he_logs_in(self) -> None:
        world = World()
        tab, _ = await world.writer()
        answer = world.answer(world.visitor_of(tab))
        tab.frames()
        await tab.send("identify", identity=world.identity("ada"))
        believed, ready = tab.frames()
        assert believed == p.Identified(True)
        assert isinstance(ready, p.Ready)
        assert [row.id for row in ready.messages] == [answer.id]
        (proved,) = world.deliveries.all
        assert (proved.context["subject"], proved.body) == ("ada", b'{"t":"proved"}')

    async def test_after_logging_out_the_old_token_alone_opens_nothing(self) -> None:
        world = World()
        tab, token = await world.writer()
        world.answer(world.visitor_of(tab))
        await tab.send("identify", identity=world.identity("ada"))
        next_person = await world.opened(token=token)
        assert (next_person.ready.visitor, next_person.ready.messages) == ("locked", ())

    async def test_the_next_user_of_a_shared_computer_starts_a_thread_of_his_own(self) -> None:
        world = World()
        tab, token = await world.writer()
        world.answer(world.visitor_of(tab), "for Ada only")
        await tab.send("identify", identity=world.identity("ada"))
        bob = world.tab()
        await bob.send("open", token=token, identity=world.identity("bob"))
        _, ready = bob.frames()
        assert isinstance(ready, p.Ready)
        assert (ready.visitor, ready.messages) == ("locked", ())
        await bob.send("start")
        await bob.say("line-0001")
        assert {visitor.subject for visitor in world.store.stored.values()} == {"ada", "bob"}
        assert [raw.context["subject"] for raw in world.deliveries.all if raw.body != b'{"t":"proved"}'] == ["bob"]

    async def test_switching_users_in_an_open_tab_switches_the_thread(self) -> None:
        world = World()
        tab = await world.opened(identity=world.identity("ada"))
        await tab.send("start")
        ada = world.visitor_of(tab)
        await tab.send("identify", identity=world.identity("bob"))
        tab.frames()
        world.answer(ada, "for Ada only")
        assert tab.none()
        assert world.visitors.tabs(SHOP, ada) == ()

    async def test_a_bad_identity_leaves_the_anonymous_thread_open(self) -> None:
        world = World()
        tab, _ = await world.writer()
        await tab.send("identify", identity=world.identity("ada", key="f" * 32))
        assert tab.frames() == [p.Identified(False, "invalid")]
        await tab.say("line-0001")
        assert "subject" not in world.deliveries.all[0].context
        assert next(iter(world.store.stored.values())).subject == ""

    async def test_an_identity_ends_with_its_token_while_the_tab_is_open(self) -> None:
        world = World()
        tab = await world.opened(identity=world.identity("ada"))
        await tab.send("start")
        tab.frames()
        me = world.visitor_of(tab)
        world.now += (HOUR + 61) * 1000
        world.answer(me, "too late")
        assert tab.frames() == [p.Identified(False, "expired")]
        await tab.say("line-0001")
        assert tab.frames() == [p.Refused("start_first", "line-0001")]
        await tab.send("identify", identity=world.identity("ada"))
        assert [type(frame) for frame in tab.frames()] == [p.Identified, p.Ready]
        assert world.visitor_of(tab) == me

    async def test_two_tabs_that_start_at_once_share_one_thread(self) -> None:
        world = World()
        tab = await world.opened(identity=world.identity("ada"))
        other = await world.opened(identity=world.identity("ada"))
        await tab.send("start")
        answer = world.answer(world.visitor_of(tab))
        await other.send("start")
        ready, made = other.frames()
        assert made == p.VisitorMade("")
        assert isinstance(ready, p.Ready)
        assert [row.id for row in ready.messages] == [answer.id]
        assert len(world.store.stored) == 1

    async def test_users_the_site_vouches_for_are_not_counted_by_address(self) -> None:
        world = World()
        for n in range(10):
            tab = await world.opened(identity=world.identity(f"user-{n}"))
            await tab.send("start")
            tab.one(p.VisitorMade)
        assert (await world.writer())[1]

    async def test_where_identity_is_required_there_is_no_way_around_it(self) -> None:
        lax = World()
        _, token = await lax.writer()
        strict = World(WidgetSettings(identity_secret=SECRET, identity_required=True), other=lax)
        known, unknown = await strict.opened(token=token), await strict.opened()
        await known.say("line-0001")
        assert known.frames() == [p.Refused("identify_first", "line-0001")]
        await unknown.send("start")
        assert unknown.frames() == [p.Refused("identify_first")]
        assert not strict.deliveries.all

    async def test_a_typed_address_of_an_unverified_claim_reaches_the_agents_as_a_claim(self) -> None:
        world = World()
        tab = await world.opened(identity=world.identity("ada", email="ada@example.org"))
        await tab.send("start")
        await tab.say("line-0001")
        (raw,) = world.deliveries.all
        assert "email" not in raw.context
        assert b'"email":"ada@example.org"' in raw.body
