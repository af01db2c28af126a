#!/usr/bin/env python3
"""Writes docs/reference/openapi.json, asyncapi.json and asyncapi-visitors.json from the API's contract and the sockets' frames;
``--check`` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from inbox.api import openapi  # noqa: E402  the script runs from a checkout, installed or not
from inbox.gateway import protocol, visitor_protocol  # noqa: E402  as above

AGENTS = {"ServerFrame": protocol.ServerFrame, "ClientFrame": protocol.ClientFrame}
VISITORS = {"ServerFrame": visitor_protocol.ServerFrame, "ClientFrame": visitor_protocol.ClientFrame}
DOCUMENTS = {
    "openapi.json": openapi.openapi(AGENTS),
    "asyncapi.json": openapi.asyncapi(AGENTS),
    "asyncapi-visitors.json": openapi.asyncapi(VISITORS, openapi.VISITORS_SOCKET),
}


def main() -> int:
    """Write the documents, or compare: 1 when one is out of date."""
    reference = ROOT / "docs" / "reference"
    reference.mkdir(parents=True, exist_ok=True)
    outdated = 0
    for name, document in DOCUMENTS.items():
        made, path = openapi.encode(document), reference / name
        if sys.argv[1:] != ["--check"]:
            path.write_bytes(made)
        elif not path.is_file() or path.read_bytes() != made:
            outdated = 1
            sys.stderr.write(f"docs/reference/{name} is out of date: run scripts/write_api_reference.py\n")
    return outdated


if __name__ == "__main__":
    sys.exit(main())
