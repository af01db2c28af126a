"""Every screen on a workspace that is hard on it and on an empty one: pictures of all of them in ``build/screens``, and what axe says."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from pathlib import Path

import pytest

from inbox.app.accounts import create_admin
from inbox.core.ids import ChannelId
from inbox.settings import load
from inbox.store.client import connect
from tests.bench import hostile
from tests.journeys.service import demo, process, settings_file

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
SCREENS = ROOT / "build" / "screens"
EMAIL, PASSWORD = "admin@journeys.test", "a long enough password"
DATABASE = "screens"
FIRST, CONVERSATIONS, MESSAGES = 5001, 40, 120
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.peer("chromium", "node")]


async def fill(uri: str) -> int:
    """The number of the long thread."""
    db = connect(uri, DATABASE)
    now, channel = int(time.time() * 1000), ChannelId("support")
    try:
        number = FIRST + CONVERSATIONS
        thread = hostile.thread(number, MESSAGES, now, channel)
        await hostile.store(db, [*hostile.conversations(CONVERSATIONS, now, channel, FIRST), thread])
    finally:
        await db.client.close()
    return number


async def test_every_screen(mongo_uri: str, tmp_path: Path) -> None:
    """What is wrong is in the message, screen by screen."""
    if not (WEB / "node_modules" / "playwright-core").is_dir():
        pytest.skip("the web's test tools are not installed (scripts/npm ci)")
    (tmp_path / "empty").mkdir()
    file, empty = settings_file(tmp_path / "empty", mongo_uri, "")
    await create_admin(load(file), EMAIL, "Ada", PASSWORD)
    database = f'[mongodb]\nuri = "{mongo_uri}"\ndatabase = "{DATABASE}"\n'
    async with (
        demo(tmp_path, database) as here,
        process(("serve", "--config", str(file)), tmp_path / "empty.log", empty),
    ):
        given = {
            "INBOX_URL": here.base,
            "INBOX_SENT": str(here.sent),
            "INBOX_MAIL_PORT": str(here.mail_port),
            "INBOX_EMPTY": empty,
            "INBOX_EMPTY_PASSWORD": PASSWORD,
            "INBOX_THREAD": str(await fill(mongo_uri)),
            "INBOX_SCREENS": os.environ.get("INBOX_SCREENS", str(SCREENS)),
        }
        await look(given)


async def look(given: dict[str, str]) -> None:
    """Take all pictures; fails with what the script says."""
    child = await asyncio.create_subprocess_exec(
        shutil.which("node") or "node",
        "--test",
        "--test-timeout=500000",
        "screens/screens.test.mjs",
        cwd=WEB,
        env={**os.environ, **given},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await child.communicate()
    finally:
        if child.returncode is None:  # out of time: its browser must not outlive it
            child.kill()
    assert child.returncode == 0, output.decode(errors="replace")[-6000:]
