"""What a provider's answer means for the message that was sent."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.core.errors import NeedsLogin, Rejected, TryLater, Unknown
from inbox.provider import NO_HTTP, HttpAnswer, judged, retry_after

NOW = 1_700_000_000_000


def told(status: int, after: str = "") -> HttpAnswer:
    return HttpAnswer(status, {"retry-after": after} if after else {}, b"{}")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_accepted(status: int) -> None:
    assert judged(told(status), NOW).status == status


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (told(400), Rejected),
        (told(404), Rejected),
        (told(422), Rejected),
        (told(302), Rejected),
        (told(401), NeedsLogin),
        (told(403), NeedsLogin),
        (told(408), TryLater),
        (told(429), TryLater),
        (told(503, "5"), TryLater),
        (told(503), Unknown),
        (told(500), Unknown),
        (told(502), Unknown),
        (told(504), Unknown),
    ],
)
def test_anything_else_is_the_error_that_says_what_happens_next(answer: HttpAnswer, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"http_{answer.status}"):
        judged(answer, NOW)


def test_a_connector_may_know_better_what_a_refusal_means_and_how_it_is_called() -> None:
    with pytest.raises(Rejected, match="blocked"):
        judged(told(403), NOW, lambda answer: "blocked", login=(401,))


@pytest.mark.parametrize(
    ("after", "wait"),
    [("5", 5_000), ("0.5", 500), ("-3", 0), ("99999", 3_600_000), ("", None), ("soon", None), ("Tue, 14 Nov 2023 22:13:30 GMT", 10_000)],
)
def test_the_pause_a_provider_asks_for(after: str, wait: int | None) -> None:
    assert retry_after(told(429, after), NOW) == wait


async def test_without_http_nothing_is_asked() -> None:
    with pytest.raises(TryLater):
        await NO_HTTP.request("GET", "http://x")
    with pytest.raises(TryLater):
        _: Any = [chunk async for chunk in NO_HTTP.download("http://x")]
