"""What the manual says about the API is done as it stands there, by curl."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest

from inbox.records import MESSAGES
from tests.api.world import World
from tests.eventually import PATIENCE_S

PAGE = Path(__file__).resolve().parents[2] / "docs/howto/use-the-api.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_the_examples_work(world: World) -> None:
    mia = await world.log_in("mia")
    made = await (await mia.ask("POST", "/tokens", json={"name": "curl", "reach": "write", "days": 1})).json()
    script = "set -e\n" + "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    here = f"http://{world.client.host}:{world.client.port}"
    for _ in range(2):  # the second time nothing is written once more
        shell = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            script,
            env={**os.environ, "INBOX": here, "TOKEN": made["token"]},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(shell.communicate(), PATIENCE_S)
        assert shell.returncode == 0, said.decode()
        assert b'"rows"' in said
    notes = [message for message in world.memory.tables.of(MESSAGES).values() if message.text == "Order 4711 is on its way."]
    assert len(notes) == 1
