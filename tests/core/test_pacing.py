"""A channel sends no faster than its provider takes, and leaves one alone that takes nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inbox.core import pacing as p

NOW = 1_000_000


def test_without_a_rate_everything_goes() -> None:
    assert p.ask(p.Pace(), None, NOW) == p.Go(p.Pace())


def test_a_burst_of_a_second_goes_at_once_and_the_rest_at_the_rate() -> None:
    gone: list[int] = []
    pace, now = p.Pace(), NOW
    while len(gone) < 25:
        answer = p.ask(pace, 10, now)
        if isinstance(answer, p.Go):
            pace = answer.pace
            gone.append(now - NOW)
        else:
            now = answer.until
    assert gone == [0] * 11 + [100 * n for n in range(1, 15)]


@given(st.floats(0.01, 1000), st.lists(st.integers(0, 5_000), max_size=60))
def test_never_more_than_the_rate_over_any_stretch(rate: float, waits: list[int]) -> None:
    pace, now, gone = p.Pace(), NOW, 0
    for wait in waits:
        now += wait
        while isinstance(answer := p.ask(pace, rate, now), p.Go):
            pace, gone = answer.pace, gone + 1
            if gone > 10_000:
                break
    assert gone <= (now - NOW + p.BURST_MS) / max(1, round(1000 / rate)) + 1


def failing(times: int) -> p.Pace:
    pace = p.Pace()
    for _ in range(times):
        pace = p.failed(pace, NOW)
    return pace


def test_failures_in_a_row_pause_the_channel_and_one_is_tried_afterwards() -> None:
    assert p.ask(failing(p.FAILURES - 1), None, NOW) == p.Go(failing(p.FAILURES - 1))
    paused = failing(p.FAILURES)
    assert p.ask(paused, None, NOW) == p.Wait(NOW + p.FIRST_PAUSE_MS)
    tried = p.ask(paused, None, NOW + p.FIRST_PAUSE_MS)
    assert isinstance(tried, p.Go)
    assert p.ask(tried.pace, None, NOW + p.FIRST_PAUSE_MS) == p.Wait(NOW + p.FIRST_PAUSE_MS + 1_000)
    assert p.ask(p.ended(tried.pace), None, NOW + p.FIRST_PAUSE_MS) == tried
    assert p.ask(p.went(tried.pace), None, NOW + p.FIRST_PAUSE_MS) == p.Go(p.went(tried.pace))


def test_every_further_failure_doubles_the_pause_up_to_ten_minutes() -> None:
    pauses = [failing(n).paused_until - NOW for n in range(p.FAILURES, p.FAILURES + 9)]
    assert pauses[:4] == [15_000, 30_000, 60_000, 120_000]
    assert pauses[-1] == p.LONGEST_PAUSE_MS


def test_a_provider_that_asks_for_peace_gets_it_at_once() -> None:
    rested = p.failed(p.Pace(), NOW, 7_000)
    assert p.ask(rested, 10, NOW) == p.ask(rested, None, NOW) == p.Wait(NOW + 7_000)
    assert p.failed(failing(p.FAILURES), NOW, 20 * 60_000).paused_until == NOW + 20 * 60_000
