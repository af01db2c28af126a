"""Recorded deliveries of every connector that is found, in the one form in which they lie in ``tests/connectors/NAME``.

``CASE.in.json`` is an envelope {key, headers, context, body | text}; any other ``CASE.in.EXT`` is the body as it came. Beside it
``CASE.out.json`` has the items. ``settings.json`` are settings the connector accepts. ``python -m tests.connectors.recorded NAME``
writes what the parser says now; read the difference before committing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from inbox.connector import Connector, ConnectorRole, RawDelivery, Tools
from inbox.core.ids import ChannelId
from inbox.flow.registry import discover
from inbox.testing.tools import no_tools

HERE = Path(__file__).parent
ARRIVED = 1_795_255_200_000  # 2026-11-21T10:00Z
CHANNEL = ChannelId("support")


@dataclass(frozen=True)
class Case:
    """One recorded delivery of one connector."""

    connector: type[Connector]
    file: Path

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.connector.name}-{self.file.name.partition('.')[0]}"

    @property
    def expected(self) -> Path:
        """Where its items are recorded."""
        return self.file.with_name(f"{self.file.name.partition('.')[0]}.out.json")

    def raw(self) -> RawDelivery:
        """The delivery."""
        if self.file.suffix != ".json":
            context = {"authserv_id": "mx.example.test"}
            return RawDelivery(CHANNEL, "ledger-key", self.file.read_bytes(), ARRIVED, context=context)
        told = json.loads(self.file.read_text(encoding="utf-8"))
        body = told["text"] if "text" in told else json.dumps(told["body"], ensure_ascii=False, separators=(",", ":"))
        return RawDelivery(CHANNEL, told.get("key", "ledger-key"), body.encode(), ARRIVED, told.get("headers", {}), told.get("context", {}))

    def items(self) -> Any:
        """What the parser makes of it, as plain data."""
        return json.loads(msgspec.json.encode(list(self.connector.parse(self.raw()))))


def channels() -> list[type[Connector]]:
    """Every connector customers write to."""
    return [kind for _, kind in sorted(discover().items()) if kind.role is ConnectorRole.CHANNEL]


def cases(kind: type[Connector]) -> list[Case]:
    """Its recorded deliveries."""
    return [Case(kind, file) for file in sorted((HERE / kind.name).glob("*.in.*"))]


def every_case() -> Iterator[Case]:
    """Of all of them."""
    for kind in channels():
        yield from cases(kind)


def built(kind: type[Connector], tools: Tools | None = None) -> Connector:
    """The connector with its recorded settings."""
    file = HERE / kind.name / "settings.json"
    settings = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return kind(CHANNEL, msgspec.convert(settings, kind.Settings), tools or no_tools())


def main(names: list[str]) -> None:
    """Record anew."""
    for name in names:
        for case in cases(discover()[name]):
            case.expected.write_text(json.dumps(case.items(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
