"""``python -m tests.oracle --cases N --seed S``: compares opening hours with the walker and says how far it is."""

from __future__ import annotations

import argparse
import sys
import time

from tests.oracle.cases import ZONES, disagreements

REPORT_EVERY = 100_000


def main() -> int:
    """0 when both agree on everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()

    def progress(done: int) -> None:
        if done % REPORT_EVERY == 0:
            print(f"{done:,} cases, {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201  # a command's output

    wrong = disagreements(given.seed, given.cases, progress)
    for line in wrong[:20]:
        print(line)  # noqa: T201  # a command's output
    print(f"{given.cases:,} cases in {len(ZONES)} zones: {len(wrong)} disagreements, {time.monotonic() - began:.0f} s")  # noqa: T201  # the same
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
