"""The recorded deliveries of every connector that is found. ``python -m tests.connectors.recorded NAME`` records what the parser says now;
read the difference before committing."""

from __future__ import annotations

import sys
from pathlib import Path

from inbox.app import contract
from inbox.app.contract import CHANNEL as CHANNEL
from inbox.app.contract import Case as Case
from inbox.connector import Connector, ConnectorRole, Tools
from inbox.flow.registry import discover
from inbox.testing.tools import no_tools

HERE = Path(__file__).parent


def channels() -> list[type[Connector]]:
    """Every connector customers write to."""
    return [kind for _, kind in sorted(discover().items()) if kind.role is ConnectorRole.CHANNEL]


def cases(kind: type[Connector]) -> list[Case]:
    """Its recorded deliveries."""
    return contract.cases(kind, HERE / kind.name)


def built(kind: type[Connector], tools: Tools | None = None) -> Connector:
    """The connector with its recorded settings."""
    connector = contract.built(kind, HERE / kind.name)
    return kind(CHANNEL, connector.settings, tools or no_tools())


def main(names: list[str]) -> None:
    """Record anew."""
    for name in names:
        for case in cases(discover()[name]):
            case.record()


if __name__ == "__main__":
    main(sys.argv[1:])
