"""The same service over a real MongoDB: what a screen does in a day, and what an attacker tries with queries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import FormData
from pyotp import TOTP

from inbox.core.security import STEP_MS
from inbox.store.accounts import MongoAccounts
from inbox.store.client import Database, connect
from inbox.store.directory import MongoDirectory
from inbox.store.facts import MongoFacts
from inbox.store.files import MongoFiles
from inbox.store.journal import MongoJournal
from inbox.store.ledger import MongoLedger
from inbox.store.notices import MongoNotices
from inbox.store.own import MongoOwn
from inbox.store.queries import MongoQueries
from inbox.store.schema import prepare
from inbox.store.search import MongoSearch
from tests.api.world import PASSWORD, World, a_world


@dataclass
class Stores:
    """The ports as MongoDB fills them."""

    journal: MongoJournal
    queries: MongoQueries
    ledger: MongoLedger
    files: MongoFiles
    own: MongoOwn
    search: MongoSearch
    accounts: MongoAccounts
    directory: MongoDirectory
    facts: MongoFacts
    notices: MongoNotices


@pytest.fixture
async def world(mongo_uri: str, database: Database) -> AsyncIterator[World]:
    """A running service over an empty database."""
    db = connect(mongo_uri, database.name)
    try:
        await prepare(db)
        first = (MongoJournal, MongoQueries, MongoLedger, MongoFiles, MongoOwn, MongoSearch, MongoAccounts, MongoDirectory)
        parts = (*first, MongoFacts, MongoNotices)
        async with a_world(store=Stores(*(part(db) for part in parts))) as world:  # type: ignore[arg-type]  # one of each, in the order of the fields
            yield world
    finally:
        await db.client.close()


async def test_a_day_of_an_agent(world: World) -> None:
    mia = await world.log_in("mia")
    assert [row["id"] for row in (await mia.get("/conversations"))["rows"]] == ["c-own"]
    assert (await mia.get("/counts"))["counts"]["mine"] == 1
    assert [row["id"] for row in (await mia.get("/customers?q=anna"))["rows"]] == ["anna"]
    assert [hit["row"]["id"] for hit in (await mia.get("/search?q=order"))["hits"]] == ["c-own"]

    world.clock.set(world.clock.now() + 1000)
    form = FormData()
    form.add_field("file", b"x" * 700_000, filename="a.txt", content_type="text/plain")
    file = await (await mia.ask("POST", "/uploads", data=form, headers={"Idempotency-Key": "u1"})).json()
    assert (await (await mia.ask("GET", f"/files/{file['id']}")).read()) == b"x" * 700_000
    draft = await mia.ask("PUT", "/conversations/c-own/drafts/reply", json={"text": "Dear Anna", "files": [file["id"]]})
    assert (await draft.json())["revision"] == 1
    assert (await mia.ask("PUT", "/conversations/c-own/drafts/reply", json={"text": "Dear", "base": 0})).status == 409

    body = {"kind": "reply", "text": "It is on its way.", "client_id": "one", "files": [file["id"]], "then": "resolved", "anyway": True}
    sent = [await mia.ask("POST", "/conversations/c-own/messages", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status for answer in sent] == [201, 201], await sent[0].text()
    assert [(await answer.json())["duplicate"] for answer in sent] == [False, True]

    edited = await mia.ask("PATCH", "/conversations/c-own", json={"priority": "urgent", "add_tags": ["vip"], "status": "open"})
    assert edited.status == 200, await edited.text()
    detail = await mia.get("/conversations/1")
    kinds = [item.get("kind") or item["type"] for item in detail["timeline"]["items"]]
    assert kinds[:3] == ["customer", "reply", "reply"]
    assert {"conversation.status_changed", "conversation.priority_changed", "conversation.tags_changed"} <= set(kinds)
    page = await mia.get("/conversations/c-own/timeline?limit=2")
    earlier = await mia.get(f"/conversations/c-own/timeline?limit=100&before={page['before']}")
    assert [i["id"] for i in earlier["items"] + page["items"]] == [i["id"] for i in detail["timeline"]["items"]]
    assert (await (await mia.ask("PUT", "/conversations/c-own/read", json={"message": "m-own"})).json())["inbound"] == 1
    assert (await mia.get("/bootstrap"))["tags"] == ["vip"]


async def test_persons_are_changed_by_version_and_addresses_belong_to_one(world: World) -> None:
    mia = await world.log_in("mia")
    changed = await mia.ask("PATCH", "/customers/anna", json={"version": 1, "company": "ACME", "attributes": {"city": "Bonn"}})
    assert (await changed.json())["attributes"] == {"city": "Bonn"}
    assert (await mia.ask("PATCH", "/customers/anna", json={"version": 1, "name": "X"})).status == 409
    for key, value, status in (("a", " Anna.Two@Example.ORG ", 201), ("a", "anna.two@example.org", 201), ("a", "three@example.org", 422)):
        answer = await mia.ask(
            "POST", "/customers/anna/identities", json={"kind": "email", "value": value}, headers={"Idempotency-Key": key}
        )
        assert answer.status == status, await answer.text()
    started = await mia.ask(
        "POST",
        "/conversations",
        json={"channel": "mail", "to": [{"kind": "email", "value": "bob@example.org"}], "text": "Hello", "client_id": "s"},
    )
    bob = (await started.json())["conversation"]["customer"]["id"]
    taken = await mia.ask("POST", f"/customers/{bob}/identities", json={"kind": "email", "value": "anna@example.org"})
    assert (taken.status, (await taken.json())["code"]) == (409, "prevented")
    phone = await mia.ask("POST", f"/customers/{bob}/identities", json={"kind": "phone", "value": "+49 30 123456"})
    assert "+4930123456" in {i["value"] for i in (await phone.json())["identities"]}
    assert (await mia.ask("POST", f"/customers/{bob}/identities", json={"kind": "phone", "value": "030 123456"})).status == 422


async def test_the_gate_is_asked_by_every_query(world: World) -> None:
    mia, sue = await world.log_in("mia"), await world.log_in("sue")
    for path in ("/conversations?view=all", "/conversations?customer=anna", "/search?q=order", "/search?q=%232"):
        assert "c-foreign" not in str(await mia.get(path)), path
        assert "c-foreign" in str(await sue.get(path)), path
    for path in ("/conversations/2", "/conversations/c-foreign", "/messages/m-foreign/raw", "/files/f-foreign"):
        assert (await mia.ask("GET", path)).status == 404, path


TYPED = ('{"$gt":""}', "$where", ".*", "^a", "\\", "a\\E", "%", "_", "'", '"', "[", "(", "x" * 400, "\U0010ffff", "\u0301")
TWO_NUMBERS = "WzEsMl0"
"""[1, 2]: a position of the search, and of nothing else."""
POSITIONS = ("x", "W10", "WyIkZ3QiLCIiXQ", "W3siJGd0IjoiIn0sImEiXQ", "WzFlNDAwLCJhIl0", "WzkyMjMzNzIwMzY4NTQ3NzU4MDgsImEiXQ")


async def test_what_is_typed_is_never_an_expression(world: World) -> None:
    mia = await world.log_in("mia")
    for text in TYPED:
        assert (await mia.get("/customers", params={"q": text}))["rows"] == [], text
        assert "c-foreign" not in str(await mia.get("/search", params={"q": f"order {text}"})), text
        assert (await mia.get("/conversations", params={"customer": text[:60]}))["rows"] == [], text


async def test_made_up_positions_are_refused(world: World) -> None:
    mia = await world.log_in("mia")
    for path in ("/conversations?view=all&", "/conversations?view=due&", "/customers?", "/search?q=order&"):
        for after in (*POSITIONS, TWO_NUMBERS):
            if after != TWO_NUMBERS or not path.startswith("/search"):
                assert (await mia.ask("GET", f"{path}after={after}")).status == 422, (path, after)


async def test_sessions_links_and_limits_are_kept_in_the_database(world: World) -> None:
    mia = await world.log_in("mia")
    assert (await world.anonymous().ask("POST", "/password-resets", json={"email": "MIA@example.com"})).status == 204
    await world.parts.resets.settled()
    token = world.mails[0][1].rpartition("/")[2]
    assert (await world.anonymous().ask("POST", f"/password-resets/{token}", json={"password": "a brand new one"})).status == 204
    assert (await world.anonymous().ask("POST", f"/password-resets/{token}", json={"password": "a brand new one"})).status == 404
    assert (await mia.ask("GET", "/session")).status == 401
    statuses = [
        (await world.anonymous().ask("POST", "/session", json={"email": "mia@example.com", "password": PASSWORD})).status for _ in range(12)
    ]
    assert statuses == [401] * 10 + [429] * 2


async def test_people_and_teams(world: World) -> None:
    ada = await world.log_in("ada")
    assert (await ada.ask("POST", "/teams", json={"name": "Returns"})).status == 201
    new = {"email": "new@example.com", "name": "New", "teams": ["returns"]}
    invitation = await (await ada.ask("POST", "/accounts", json=new)).json()
    account = invitation["account"]
    assert (await ada.ask("POST", "/accounts", json={**new, "email": "NEW@example.com"})).status == 409
    assert (await ada.ask("PATCH", "/teams/returns", json={"name": "Returns and repairs"})).status == 200
    assert (await ada.ask("DELETE", "/teams/returns")).status == 204
    row = next(row for row in await ada.get("/accounts") if row["id"] == account["id"])
    assert row["teams"] == []
    off = await ada.ask("PATCH", f"/accounts/{account['id']}", json={"version": row["version"], "active": False})
    assert (off.status, (await off.json())["active"]) == (200, False)
    assert {"id": "returns", "name": "Returns and repairs"} not in (await ada.get("/bootstrap"))["teams"]


async def test_a_second_factor_from_its_beginning_to_its_end(world: World) -> None:
    mia, ada = await world.log_in("mia"), await world.log_in("ada")
    shown = await (await mia.ask("POST", "/me/factor", json={"password": PASSWORD})).json()
    code = TOTP(shown["secret"]).generate_otp(world.clock.now() // STEP_MS)
    assert (await mia.ask("PUT", "/me/factor", json={"code": code})).status == 204
    rule = {"version": 0, "two_factor": False, "passwords": "all"}
    assert (await ada.ask("PUT", "/security", json=rule)).status == 200
    assert (await ada.get("/security"))["version"] == 1
    assert (await ada.ask("PUT", "/security", json={**rule, "version": 1, "passwords": "admins"})).status == 422
    login = {"email": "mia@example.com", "password": PASSWORD}
    assert (await world.anonymous().ask("POST", "/session", json={**login, "code": code})).status == 401
    assert (await world.anonymous().ask("POST", "/session", json={**login, "code": shown["recovery"][0]})).status == 200
    assert (await ada.ask("DELETE", "/accounts/mia/factor")).status == 204
    assert (await world.anonymous().ask("POST", "/session", json=login)).status == 200
