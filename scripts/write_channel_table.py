#!/usr/bin/env python3
"""Writes the table of channels into docs/channels/README.md, from what each connector shows that it can."""

from __future__ import annotations

from pathlib import Path

from inbox.app import connectors

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/channels/README.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->"


def main() -> None:
    """Replace what stands between the marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    table = connectors.table(connectors.known(folder=ROOT / connectors.RECORDED))
    PAGE.write_text(before + BEGIN + table + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
