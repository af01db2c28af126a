"""Deliveries by HTTP: what is stored, what is acknowledged, and what is turned away."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import pytest
from aiohttp import ClientResponse

from inbox.testing.recording import RecordingSettings, signature
from tests.api.world import World, a_world

BODY = b'{"key":"1","sender":{"kind":"email","value":"a@example.org"},"text":"caf\xc3\xa9 \\u00e9"}'
SIGNED = {"X-Signature": signature("open sesame", BODY)}


async def deliver(
    world: World, body: bytes = BODY, headers: Mapping[str, str] = SIGNED, path: str = "/hooks/recording/mail", method: str = "POST"
) -> ClientResponse:
    """Send it as a provider would."""
    answer = await world.client.request(method, path, data=BytesIO(body) if body else None, headers=dict(headers))
    await answer.read()
    return answer


async def test_a_signed_delivery_is_stored_byte_for_byte_before_it_is_acknowledged(world: World) -> None:
    answer = await deliver(world, headers={**SIGNED, "X-Forwarded-For": "1.2.3.4", "Cookie": "a=b", "X-Api-Token": "hidden"})
    assert (answer.status, await answer.text()) == (200, "thanks")
    [raw] = world.delivered
    assert raw.body == BODY
    assert raw.headers["x-signature"] == SIGNED["X-Signature"]
    assert not {"cookie", "x-forwarded-for", "x-api-token", "host"} & raw.headers.keys()
    assert raw.context["url"] == "http://inbox.example/hooks/recording/mail"
    assert raw.context["peer"] == "127.0.0.1"
    assert raw.arrived_at == world.clock.now()


async def test_what_the_parser_has_to_know_of_the_settings_is_stored_with_the_delivery(world: World) -> None:
    await deliver(world)
    [raw] = world.delivered
    assert (raw.context["account"], raw.context["method"]) == ("help@example.com", "POST")


async def test_the_same_delivery_has_the_same_key_and_another_another(world: World) -> None:
    other = BODY.replace(b'"1"', b'"2"')
    await deliver(world)
    await deliver(world)
    await deliver(world, other, {"X-Signature": signature("open sesame", other)})
    keys = [raw.key for raw in world.delivered]
    assert keys[0] == keys[1] != keys[2]
    assert len(world.memory.tables.deliveries) == 2 + 2, "two of the furniture, two of these"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Signature": ""},
        {"X-Signature": "0"},
        {"X-Signature": signature("another secret", BODY)},
        {"X-Signature": signature("open sesame", BODY + b" ")},
        {"X-Signature": signature("open sesame", BODY)[:-1]},
        {"X-Signature": signature("open sesame", BODY).replace("1", "\u0661")},
        {"X-Signature": "x" * 8000},
    ],
    ids=range(8),
)
async def test_a_delivery_that_does_not_prove_its_origin_is_turned_away_and_not_stored(world: World, headers: dict[str, str]) -> None:
    assert (await deliver(world, headers=headers)).status == 403
    assert world.delivered == []


async def test_a_signature_that_comes_twice_is_none(world: World) -> None:
    right, wrong = ("X-Signature", SIGNED["X-Signature"]), ("X-Signature", "0")
    for headers in ([right, wrong], [wrong, right], [right, right]):
        assert (await world.client.post("/hooks/recording/mail", data=BODY, headers=headers)).status == 403
    assert world.delivered == []


@pytest.mark.parametrize(
    "path", ["/hooks/recording/other", "/hooks/other/mail", "/hooks/recording/", "/hooks/recording/..%2fmail", "/hooks/RECORDING/mail"]
)
async def test_a_channel_that_is_not_there_takes_nothing(world: World, path: str) -> None:
    assert (await deliver(world, path=f"/hooks/{path}")).status == 404
    assert world.delivered == []


async def test_what_nobody_can_read_but_is_authentic_is_stored_and_acknowledged(world: World) -> None:
    broken = b"\xff\xfe not json"
    assert (await deliver(world, broken, {"X-Signature": signature("open sesame", broken)})).status == 200
    assert [raw.body for raw in world.delivered] == [broken]


async def test_while_nothing_can_be_stored_the_provider_shall_come_again(world: World) -> None:
    world.memory.away = True
    answer = await deliver(world)
    assert answer.status == 503
    assert "Retry-After" in answer.headers
    assert world.delivered == []


async def test_too_large_a_delivery_is_asked_for_again_never_refused_for_good() -> None:
    async with a_world(max_delivery=1000) as world:
        big = b"x" * 5000
        assert (await deliver(world, big, {"X-Signature": signature("open sesame", big)})).status == 503
        assert world.delivered == []


async def test_a_challenge_is_answered_when_it_is_signed_and_stores_nothing(world: World) -> None:
    empty = {"X-Signature": signature("open sesame", b"")}
    answer = await deliver(world, b"", empty, "/hooks/recording/mail?challenge=12345", "GET")
    assert (answer.status, await answer.text(), answer.content_type) == (200, "12345", "text/plain")
    assert (await deliver(world, b"", {}, "/hooks/recording/mail?challenge=12345", "GET")).status == 403
    assert world.delivered == []


async def test_providers_need_no_session_csrf_token_or_origin(world: World) -> None:
    assert (await deliver(world, headers={**SIGNED, "Origin": "https://provider.example", "Sec-Fetch-Site": "cross-site"})).status == 200


async def test_outcomes_are_counted_by_channel(world: World) -> None:
    await deliver(world)
    await deliver(world, headers={})
    text = world.parts.metrics.text()[0].decode()
    assert 'inbox_deliveries_total{channel="mail",outcome="accepted"} 1.0' in text
    assert 'inbox_deliveries_total{channel="mail",outcome="not_authentic"} 1.0' in text


async def test_one_address_sends_so_many_in_an_hour_where_a_channel_says_so(world: World) -> None:
    world.connector.settings = RecordingSettings(per_hour=2)
    assert [(await deliver(world)).status for _ in range(3)] == [200, 200, 429]
    assert (await deliver(world, headers={})).status == 403, "what proves nothing is not even counted"
    assert len(world.delivered) == 2
    await world.clock.advance(3600 * 1000 + 1)
    assert (await deliver(world)).status == 200


async def test_a_provider_is_not_counted(world: World) -> None:
    assert {(await deliver(world)).status for _ in range(40)} == {200}


async def test_people_may_say_the_same_thing_again_an_hour_later(world: World) -> None:
    world.connector.settings = RecordingSettings(per_hour=10)
    await deliver(world)
    await deliver(world)
    await world.clock.advance(3600 * 1000)
    await deliver(world)
    first, again, later = [raw.key for raw in world.delivered]
    assert first == again != later


async def test_a_browser_goes_on_to_another_page_once_the_delivery_is_stored(world: World) -> None:
    world.connector.settings = RecordingSettings(thanks_url="https://www.example.com/thanks?from=form")
    answer = await world.client.post("/hooks/recording/mail", data=BODY, headers=SIGNED, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "https://www.example.com/thanks?from=form")
    assert len(world.delivered) == 1
    world.memory.away = True
    answer = await world.client.post("/hooks/recording/mail", data=BODY, headers=SIGNED, allow_redirects=False)
    assert answer.status == 503


async def test_a_channel_may_look_at_the_page_a_delivery_comes_from(world: World) -> None:
    await deliver(world, headers={**SIGNED, "Origin": "https://www.example.com"})
    assert world.delivered[0].headers["origin"] == "https://www.example.com"


async def test_a_program_hears_what_is_wrong_with_what_it_sent_and_nothing_is_stored(world: World) -> None:
    answer = await deliver(world, path="/hooks/recording/mail?invalid=no-text")
    assert (answer.status, await answer.text()) == (400, "no-text")
    assert (await deliver(world, headers={}, path="/hooks/recording/mail?invalid=no-text")).status == 403
    assert world.delivered == []
