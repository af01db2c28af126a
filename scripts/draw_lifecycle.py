#!/usr/bin/env python3
"""Draws docs/explanation/lifecycle.md from the table in core/lifecycle.py; ``--check`` only says whether it is up to date."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from inbox.core.transitions import ASKED, TRANSITIONS, Trigger  # noqa: E402  the script runs from a checkout, installed or not

PAGE = ROOT / "docs" / "explanation" / "lifecycle.md"

REPEATED = frozenset(ASKED.values()) - {Trigger.SNOOZE}
"""Asking for what is already so is no news; snoozing again sets another end."""

TEXT = """# The life of a conversation

Drawn by `scripts/draw_lifecycle.py` from `TRANSITIONS` in `inbox/core/transitions.py`; do not edit by hand.
Every status belongs to one of these categories, and only the category has a meaning.
What is not drawn is refused, or asks for what is already so.

```mermaid
stateDiagram-v2
    [*] --> open
{arrows}
```

- `customer_wrote`: a person wrote; automatic messages move nothing. It opens everything except spam.
- `answered`: an agent's reply was accepted for sending. Reminders and closed matters stay what they are.
- `undelivered`: an agent's reply failed or was cancelled, so the customer still waits.
- `snooze_over`: the instant set when it was snoozed has come.
- {asked}: somebody asked for it.
"""


def page() -> str:
    """The whole page as the table wants it."""
    arrows = []
    for source, row in TRANSITIONS.items():
        triggers = defaultdict(list)
        for trigger, target in row.items():
            if target is not source or trigger not in REPEATED:
                triggers[target].append(trigger.value)
        arrows += [f"    {source.value} --> {target.value}: {', '.join(names)}" for target, names in triggers.items()]
    return TEXT.format(arrows="\n".join(arrows), asked=", ".join(f"`{trigger.value}`" for trigger in ASKED.values()))


def main() -> int:
    """Write the page, or compare: 1 when it is out of date."""
    if sys.argv[1:] == ["--check"]:
        fresh = PAGE.is_file() and PAGE.read_text("utf-8") == page()
        if not fresh:
            sys.stderr.write(f"{PAGE.relative_to(ROOT)} is out of date: run scripts/draw_lifecycle.py\n")
        return 0 if fresh else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
