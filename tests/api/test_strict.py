"""What is not exactly as the contract says is refused, and reaches no query: made from the structs of all bodies."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from inbox.api.call import Call
from inbox.api.contract import CALLS
from tests.api.requests import BODIES, path_of
from tests.api.world import World

WITH_BODY = [call for call in CALLS if call.body is not None]
OPERATORS: tuple[Any, ...] = (
    {"$gt": ""},
    {"$ne": None},
    {"$regex": ".*"},
    {"$where": "sleep(1000)"},
    {"$in": []},
    {"$expr": {}},
    {"a.b": 1},
    ["x", {"$gt": ""}],
    7,
    True,
    1.5,
)
SMUGGLED = (
    "account_id",
    "role",
    "password_hash",
    "hmac_verified",
    "owner",
    "created_at",
    "_id",
    "id",
    "store",
    "__proto__",
    "$set",
    "author",
)

Path = tuple[str | int, ...]


def places(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value inside a body and where it is."""
    if at:
        yield at, value
    if isinstance(value, dict) and at[-1:] != ("settings",):  # those are a connector's to check, see test_channels
        for key, inner in value.items():
            yield from places(inner, (*at, key))
    if isinstance(value, list):
        for n, inner in enumerate(value):
            yield from places(inner, (*at, n))


def put(body: Any, at: Path, value: Any) -> Any:
    """A copy of the body with another value at that place."""
    changed = copy.deepcopy(body)
    holder = changed
    for step in at[:-1]:
        holder = holder[step]
    holder[at[-1]] = value
    return changed


def strings(call: Call) -> list[Path]:
    """The places of all strings."""
    return [at for at, value in places(BODIES[call.name]()) if isinstance(value, str)]


def objects(call: Call) -> list[Path]:
    """The places of all objects with fixed fields, the body itself among them."""
    return [
        (),
        *(
            at
            for at, value in places(BODIES[call.name]())
            if isinstance(value, dict) and at[-1] not in ("attributes", "keys", "screen", "settings", "skills", "limits")
        ),
    ]


def test_every_string_field_of_every_body_is_in_the_examples() -> None:
    for call in WITH_BODY:
        assert call.body is not None
        sent = set(BODIES[call.name]())
        left_out = {"edit_conversation": {"assignee", "team", "status", "until", "bot", "queue"}}.get(call.name, set())
        assert sent | left_out == set(call.body.__struct_fields__), call.name


@pytest.mark.parametrize("call", WITH_BODY, ids=lambda c: c.name)
async def test_operators_in_place_of_any_string_are_refused(world: World, call: Call) -> None:
    browser = world.anonymous() if call.open else await world.log_in("mia")
    tried = 0
    for at in strings(call):
        for operator in OPERATORS:
            answer = await browser.ask(call.method, path_of(call, "own"), json=put(BODIES[call.name](), at, operator))
            assert answer.status == 422, (at, operator, await answer.text())
            tried += 1
    assert tried or not strings(call)


@pytest.mark.parametrize("call", WITH_BODY, ids=lambda c: c.name)
async def test_fields_nobody_asked_for_are_refused(world: World, call: Call) -> None:
    browser = world.anonymous() if call.open else await world.log_in("mia")
    for at in objects(call):
        for field in set(SMUGGLED) - set(BODIES[call.name]()):
            body = put(BODIES[call.name](), (*at, field), "x")
            answer = await browser.ask(call.method, path_of(call, "own"), json=body)
            assert answer.status == 422, (at, field)
            assert field in (await answer.json())["field"]


@pytest.mark.parametrize("call", WITH_BODY, ids=lambda c: c.name)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b'{"text":"\xff"}',
        b'{"text":"\\ud800"}',
        b'{"version":NaN}',
        b'{"version":1e999}',
        b'{"base":' + b"9" * 5000 + b"}",
        b'{"version":18446744073709551616}',
    ],
    ids=range(12),
)
async def test_broken_json_is_a_plain_refusal(world: World, call: Call, raw: bytes) -> None:
    browser = world.anonymous() if call.open else await world.log_in("mia")
    answer = await browser.ask(call.method, path_of(call, "own"), data=raw, headers={"Content-Type": "application/json"})
    assert answer.status == 422


@pytest.mark.parametrize("field", ["version", "base"])
@pytest.mark.parametrize("number", [-1, 2**53, 2**63, 10**400])
async def test_integers_that_do_not_fit_are_refused(world: World, field: str, number: int) -> None:
    mia = await world.log_in("mia")
    call = next(c for c in CALLS if c.name == {"version": "edit_customer", "base": "save_draft"}[field])
    answer = await mia.ask(call.method, path_of(call, "own"), json=BODIES[call.name]() | {field: number})
    assert (answer.status, (await answer.json())["field"]) == (422, field)


@pytest.mark.parametrize("key", ["$gt", "a.b", "", "a\x00", "x" * 61, "line\nbreak"])
async def test_names_of_attributes_cannot_be_operators(world: World, key: str) -> None:
    mia = await world.log_in("mia")
    answer = await mia.ask("PATCH", "/customers/anna", json={"version": 1, "attributes": {key: "x"}})
    assert (answer.status, (await answer.json())["field"]) == (422, "attributes")


@pytest.mark.parametrize("call", WITH_BODY, ids=lambda c: c.name)
async def test_single_lines_hold_no_line_breaks(world: World, call: Call) -> None:
    """Whatever may end up in a header of a mail: no CR, no LF, no NUL, at no place of the text."""
    many_lines = {"text", "notes", "signature", "password", "current", "outside_hours_text", "closed_text", "full_text"}
    browser = world.anonymous() if call.open else await world.log_in("mia")
    for at in strings(call):
        if at[-1] in many_lines or "words" in at:  # a survey is asked in as many lines as one likes
            continue
        for bad in ("a\r\nBcc: x@evil.org", "a\n", "\x00", "a\x0bb", "a\x7f"):
            answer = await browser.ask(call.method, path_of(call, "own"), json=put(BODIES[call.name](), at, bad))
            assert answer.status == 422, (at, bad)


@pytest.mark.parametrize(
    "query",
    [
        "view[$gt]=",
        "view[$ne]=x",
        "limit=0",
        "limit=101",
        "limit=1e1",
        "limit=%D9%A1",
        "limit=",
        "view=mine&view=all",
        "wiev=mine",
        "after=%00",
        "after=x",
    ],
)
async def test_queries_are_taken_literally(world: World, query: str) -> None:
    mia = await world.log_in("mia")
    assert (await mia.ask("GET", f"/conversations?{query}")).status == 422


@pytest.mark.parametrize(
    "after", ["x", "e30", "W10", "WzEsMiwzXQ", "W1sxXSwxXQ", "WyIkZ3QiLCIiXQ", "A" * 900, "%7B%22%24gt%22%3A%22%22%7D"]
)
@pytest.mark.parametrize("path", ["/conversations?view=all&", "/customers?", "/search?q=order&"])
async def test_positions_nobody_gave_out_are_refused(world: World, path: str, after: str) -> None:
    mia = await world.log_in("mia")
    assert (await mia.ask("GET", f"{path}after={after}")).status == 422


@pytest.mark.parametrize("before", ["x", "1", "1.m", "1.e1", "-1.mx", "1.mx.y", "9" * 20 + ".mx", "1.e1.2.3"])
async def test_places_in_a_thread_nobody_gave_out_are_refused(world: World, before: str) -> None:
    mia = await world.log_in("mia")
    for name in ("before", "later"):
        assert (await mia.ask("GET", f"/conversations/c-own/timeline?{name}={before}")).status == 422
    assert (await mia.ask("GET", "/conversations/c-own/timeline?before=1.mx&around=m-own")).status == 422


@pytest.mark.parametrize(
    "id", ["..%2f..%2fetc%2fpasswd", "%00", "{%22$gt%22:%22%22}", "c-own%0d%0a", "c-own%20", "%F0%9F%98%80", "x" * 300]
)
@pytest.mark.parametrize("path", ["/conversations/{}", "/messages/{}/html", "/files/{}", "/customers/{}"])
async def test_ids_that_cannot_be_are_absent(world: World, path: str, id: str) -> None:
    mia = await world.log_in("mia")
    assert (await mia.ask("GET", path.format(id))).status == 404


async def test_a_body_where_none_belongs_is_refused(world: World) -> None:
    mia = await world.log_in("mia")
    assert (await mia.ask("POST", "/messages/r-own/retry", json={"force": True})).status == 422


async def test_a_body_over_the_limit_is_refused_without_reading_it_all(world: World) -> None:
    mia = await world.log_in("mia")
    answer = await mia.ask("PATCH", "/me", data=BytesIO(b'{"name":"' + b"x" * 3_000_000), headers={"Content-Type": "application/json"})
    assert answer.status == 413


async def test_unknown_paths_and_methods_are_problems_too(world: World) -> None:
    mia = await world.log_in("mia")
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("POST", "/nothing", 404),
        ("DELETE", "/conversations", 405),
        ("HEAD", "/session", 405),
    ):
        answer = await mia.ask(method, path)
        assert answer.status == status, (method, path)
        assert answer.content_type == "application/problem+json"
    assert "GET" in (await mia.ask("DELETE", "/conversations")).headers["Allow"]
