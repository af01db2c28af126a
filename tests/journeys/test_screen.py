"""Agents and visitors at work in a real browser, against the demo as a newcomer starts it."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from tests.journeys.service import IDENTITY_SECRET, demo

WEB = Path(__file__).parents[2] / "web"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.peer("chromium", "node")]


async def test_agents_and_visitors_in_the_browser(tmp_path: Path) -> None:
    """Every flow of ``web/e2e`` passes; what failed is in the message."""
    if not (WEB / "node_modules" / "playwright-core").is_dir():
        pytest.skip("the web's test tools are not installed (scripts/npm ci)")
    async with demo(tmp_path) as here:
        node = shutil.which("node") or "node"
        files = sorted(str(file) for file in (WEB / "e2e").glob("*.test.mjs"))
        child = await asyncio.create_subprocess_exec(
            node,
            "--test",
            "--test-concurrency=1",
            "--test-timeout=180000",
            *files,
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
        output, _ = await child.communicate()
        text = output.decode(errors="replace")
        assert child.returncode == 0, text[-6000:]
