"""Any bytes at one connector's parser, guided by coverage from its recorded deliveries. Wants atheris, which is no dependency:

    pip install atheris        # in an environment that has the project's packages, too
    python -m tests.connectors.fuzz NAME SECONDS FOLDER

FOLDER keeps what was found worth trying, so that a later run goes on there, the input of a crash, and ``count.json``. A crash is
whatever ``misbehaves`` names: anything but items, ``Unsupported`` or ``Malformed``.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from msgspec.structs import replace

COUNT_EVERY = 500
LONGEST = 20_000
"""Bytes of an input; longer seeds are left out, because coverage comes from what is tried often."""


def main(name: str, seconds: str, folder: str) -> None:
    """Fuzz until the time is over; does not come back."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["connectors", "inbox.core"]):
        registry = importlib.import_module("inbox.flow.registry")
        kind = registry.discover()[name]
    contract = importlib.import_module("inbox.app.contract")
    out = Path(folder) / name
    corpus = out / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    envelopes: list[Any] = []
    for number, case in enumerate(contract.cases(kind, Path(__file__).parent / name)):
        raw = replace(case.raw(), body=b"")
        if raw not in envelopes and len(envelopes) < 256:
            envelopes.append(raw)
        body = case.raw().body
        if raw in envelopes and len(body) < LONGEST:
            (corpus / f"seed{number}").write_bytes(bytes([envelopes.index(raw)]) + body)
    runs = 0

    def one(data: bytes) -> None:
        nonlocal runs
        runs += 1
        if runs % COUNT_EVERY == 0:
            (out / "count.json").write_text(json.dumps({"runs": runs}), encoding="utf-8")
        if data:
            wrong = contract.misbehaves(kind, replace(envelopes[data[0] % len(envelopes)], body=data[1:]))
            assert wrong == "", wrong

    bounds = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-rss_limit_mb=2000", "-timeout=20", f"-artifact_prefix={out}/"]
    atheris.Setup([sys.argv[0], *bounds, str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
