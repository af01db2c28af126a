"""How webhooks are called: outside only unless the settings say otherwise, and what each answer means."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace

from inbox.app.dispatching import calling, shown_at
from inbox.app.outside import Outside
from inbox.core.alerts import Alert, Measure
from inbox.core.errors import Rejected, TryLater
from inbox.core.ids import Instant

NOW: Instant = 784_111_777_000
"""1994-11-06 08:49:37, the instant of the examples of RFC 9110, 5.6.7."""


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    client = Outside()
    yield client
    await client.close()


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """A receiver on loopback that answers with the status its path names, and asks for the pause that it is asked to ask for."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]), headers={"Retry-After": request.headers.get("Pause", "7")})

    app = web.Application()
    app.router.add_post("/{status}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "expected"), [(200, None), (204, None), (410, Rejected), (302, TryLater), (404, TryLater), (429, TryLater), (500, TryLater)]
)
async def test_anything_but_success_is_tried_again_and_gone_is_not(
    outside: Outside, address: str, status: int, expected: type[Exception] | None
) -> None:
    call = calling(outside, lambda: NOW, inside=True)
    if expected is None:
        await call(f"{address}/{status}", {}, b"{}")
        return
    with pytest.raises(expected) as error:
        await call(f"{address}/{status}", {}, b"{}")
    raised: Any = error.value
    assert raised.reason == ("gone" if status == 410 else f"http_{status}")
    assert status == 410 or raised.after == 7_000


@pytest.mark.parametrize(
    ("pause", "wait"), [("Sun, 06 Nov 1994 08:51:37 GMT", 120_000), ("0", 0), ("999999999", 3_600_000), ("soon", None)]
)
async def test_a_receiver_may_say_when_up_to_an_hour(outside: Outside, address: str, pause: str, wait: int | None) -> None:
    with pytest.raises(TryLater) as later:
        await calling(outside, lambda: NOW, inside=True)(f"{address}/503", {"Pause": pause}, b"{}")
    assert later.value.after == wait


async def test_nothing_inside_is_called_unless_the_settings_allow_it(outside: Outside, address: str) -> None:
    for url in (f"{address}/200", address.replace("http:", "https:"), "https://localhost/in", "https://169.254.169.254/latest"):
        with pytest.raises(Rejected, match="address_not_allowed"):
            await calling(outside, lambda: NOW, inside=False)(url, {}, b"{}")


def test_a_mail_about_an_alert_leads_to_what_it_is_about() -> None:
    waits = Alert("a", "Too many", Measure.WAITING, above=1, queue="billing")
    assert shown_at(waits, "https://inbox.example/") == "https://inbox.example/inbox/queue:billing"
    assert shown_at(replace(waits, queue=""), "https://inbox.example") == "https://inbox.example/board"
    team = replace(waits, queue="", team="red")
    assert shown_at(team, "https://inbox.example") == "https://inbox.example/inbox/queue?filter=team%3Ared+queue%3Anone"
    assert shown_at(None, "https://inbox.example") == "https://inbox.example/board"
