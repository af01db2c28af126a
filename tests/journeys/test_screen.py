"""Agents and visitors in Chromium: the flows of ``web/e2e`` against a demo of their own, one test a file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.node import TOOLS, WEB, node
from tests.journeys.service import IDENTITY_SECRET, Demo, demo

LONGEST_S = 360
FLOWS = sorted((WEB / "e2e").glob("*.test.mjs"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.peer("chromium", "node"),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """One demo for all flows: each makes what it needs under names of its own."""
    if not TOOLS.is_dir():
        pytest.skip("the web's test tools are not installed (scripts/npm ci)")
    async with demo(tmp_path_factory.mktemp("screen")) as running:
        yield running


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name.removesuffix(".test.mjs"))
async def test_in_the_browser(here: Demo, flow: Path) -> None:
    """Every flow of the file passes; what failed is in the message."""
    given = {
        "INBOX_URL": here.base,
        "INBOX_MAIL_PORT": str(here.mail_port),
        "INBOX_SENT": str(here.sent),
        "INBOX_IDENTITY_SECRET": IDENTITY_SECRET,
    }
    code, said = await node("--test", str(flow), given=given, seconds=LONGEST_S)
    assert code == 0, said[-12000:]
