"""The service under test: the real one with the tests' own connector and short leases; ``INBOX_PLANT`` breaks it on purpose."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import uvloop

from inbox.flow import outbox
from tests.faults import plants
from tests.probe.serve import serve

LEASE_MS = 1_500


def main() -> None:
    """Run with the settings file that is named."""
    outbox.LEASE_MS = LEASE_MS
    plants.plant(os.environ.get("INBOX_PLANT", ""))
    uvloop.run(serve(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
