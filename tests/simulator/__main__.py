"""``python -m tests.simulator --days N --seed S``: lives through so many random days and says what they held."""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulator.day import Broken, Day

REPORT_EVERY = 1_000


def main() -> int:
    """0 when every invariant held on every day."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began, total = time.monotonic(), [0] * 4
    for n in range(given.days):
        day = Day(given.seed + n)
        try:
            day.run()
        except Broken as broken:
            print(broken)  # noqa: T201  # a command's output
            return 1
        total = [a + b for a, b in zip(total, (len(day.conversations), day.assigned, day.offered, day.lost_claims), strict=True)]
        if (n + 1) % REPORT_EVERY == 0:
            print(f"{n + 1:,} days, {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201  # the same
    told = "{:,} conversations, {:,} assigned, {:,} offers, {:,} claims lost to somebody else".format(*total)
    print(f"{given.days:,} days, {told}, {time.monotonic() - began:.0f} s: all held")  # noqa: T201  # the same
    return 0


if __name__ == "__main__":
    sys.exit(main())
