"""Agents and visitors in Chromium: the flows of ``web/e2e`` against a demo of their own, one test a file."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.service import IDENTITY_SECRET, Demo, demo

WEB = Path(__file__).parents[2] / "web"
FLOWS = sorted((WEB / "e2e").glob("*.test.mjs"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.peer("chromium", "node"),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """One demo for all flows: each makes what it needs under names of its own."""
    if not (WEB / "node_modules" / "playwright-core").is_dir():
        pytest.skip("the web's test tools are not installed (scripts/npm ci)")
    async with demo(tmp_path_factory.mktemp("screen")) as running:
        yield running


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name.removesuffix(".test.mjs"))
async def test_in_the_browser(here: Demo, flow: Path) -> None:
    """Every flow of the file passes; what failed is in the message."""
    child = await asyncio.create_subprocess_exec(
        shutil.which("node") or "node",
        "--test",
        "--test-timeout=800000",
        str(flow),
        cwd=WEB,
        env={
            **os.environ,
            "INBOX_URL": here.base,
            "INBOX_MAIL_PORT": str(here.mail_port),
            "INBOX_SENT": str(here.sent),
            "INBOX_IDENTITY_SECRET": IDENTITY_SECRET,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await child.communicate()
    finally:
        if child.returncode is None:  # out of time: its browser must not outlive it
            child.kill()
    assert child.returncode == 0, output.decode(errors="replace")[-12000:]
