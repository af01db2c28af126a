"""Every screen on a workspace that is hard on it and on an empty one: pictures of all of them in ``build/screens``, and what axe says."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from inbox.app.accounts import create_admin
from inbox.core.ids import ChannelId
from inbox.settings import load
from inbox.store.client import connect
from tests.bench import hostile
from tests.journeys.node import TOOLS, node
from tests.journeys.service import demo, process, settings_file

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / "build" / "screens"
EMAIL, PASSWORD = "admin@journeys.test", "a long enough password"
DATABASE = "screens"
LONGEST_S = 420
FIRST, CONVERSATIONS, MESSAGES = 5001, 40, 120
pytestmark = [pytest.mark.slow, pytest.mark.timeout(720), pytest.mark.peer("chromium", "node")]


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
    if not TOOLS.is_dir():
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
        code, said = await node("--test", "screens/screens.test.mjs", given=given, seconds=LONGEST_S)
    assert code == 0, said[-6000:]
