"""The icons that channels ask for."""

from __future__ import annotations

import re
from pathlib import Path

from inbox.flow.registry import discover

ICONS = Path(__file__).parents[2] / "web" / "src" / "lib" / "icons"


def test_the_screen_has_every_sign_that_a_channel_asks_for() -> None:
    known = {
        name for file in ("brands.ts", "icons.ts") for name in re.findall(r"^  (\w+):", (ICONS / file).read_text("utf-8"), re.MULTILINE)
    }
    asked = {name: kind.capabilities.sign for name, kind in discover().items() if kind.capabilities.sign}
    assert asked["whatsapp"] == "whatsapp"
    assert asked["phone_calls"] == "phone"
    assert {name for name, sign in asked.items() if sign not in known} == set()
