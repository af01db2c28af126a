"""Rule 5 in the real client: screens cut off, loaded anew and barred, against pages opened afresh; ``make soak SOAK=screen``: an hour."""

from pathlib import Path

import pytest

from tests.journeys.node import TOOLS
from tests.journeys.service import demo
from tests.journeys.soak import run

SECONDS = 180
SEED = 5
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.peer("chromium", "node"), pytest.mark.asyncio]


async def test_after_whatever_happened_a_screen_shows_what_a_fresh_page_shows(tmp_path: Path) -> None:
    """For three minutes, by a seed that is printed; the heap of one of the screens stays flat."""
    if not TOOLS.is_dir():
        pytest.skip("the web's test tools are not installed (scripts/npm ci)")
    async with demo(tmp_path) as here:
        code, said = await run(here, SECONDS, SEED)
    assert code == 0, said[-6000:]
