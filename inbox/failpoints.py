"""Named places where a fault test stops this process for good: before and after every durable write and network call.

``INBOX_FAILPOINT=NAME:N`` in the environment kills the process with SIGKILL at the Nth time it reaches ``NAME``. Without the
variable ``hit`` does nothing, and costs a comparison.
"""

from __future__ import annotations

import os
import signal

NAMES = (
    "accept.before",
    "ledger.before",
    "ledger.after",
    "files.before",
    "files.after",
    "commit.before",
    "commit.inside",
    "commit.after",
    "announce.before",
    "outbox.claimed",
    "outbox.sent",
    "outbox.reported",
    "timer.before",
    "timer.after",
)

_name, _, _count = os.environ.get("INBOX_FAILPOINT", "").partition(":")
_left = int(_count) if _count.isdigit() else 1


def hit(name: str) -> None:
    """Reach the place ``name``."""
    if name == _name:
        _reached()


def _reached() -> None:
    global _left
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
