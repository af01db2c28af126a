"""The recorded mails. ``python -m tests.connectors.email.cases`` writes what the parser says now; read the difference before committing."""

import json
from pathlib import Path
from typing import Any

import msgspec

from connectors.email.mime import parse_mail
from inbox.connector import RawDelivery
from inbox.core.ids import ChannelId

HERE = Path(__file__).parent
CASES = sorted(path.name.removesuffix(".in.eml") for path in HERE.glob("*.in.eml"))
ARRIVED = 1_795_255_200_000  # 2026-11-21T10:00Z


def raw(body: bytes, **context: str) -> RawDelivery:
    """A delivery as our receivers make it; our mail server calls itself mx.example.test."""
    return RawDelivery(ChannelId("support"), "ledger-key", body, ARRIVED, context={"authserv_id": "mx.example.test", **context})


def parsed(case: str) -> Any:
    """The items of a recorded mail as plain data; bytes are base64."""
    return json.loads(msgspec.json.encode(list(parse_mail(raw((HERE / f"{case}.in.eml").read_bytes())))))


def main() -> None:
    """Record every case anew."""
    for case in CASES:
        (HERE / f"{case}.out.json").write_text(json.dumps(parsed(case), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
