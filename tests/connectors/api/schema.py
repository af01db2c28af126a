"""The JSON Schema of both directions for ``docs/channels/api.schema.json``; ``python -m tests.connectors.api.schema`` writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from connectors.api import incoming, outgoing

FILE = Path(__file__).parents[3] / "docs" / "channels" / "api.schema.json"


def text() -> str:
    """The file's content."""
    defined: dict[str, Any] = {}
    for name, schema in (("Incoming", incoming.schema()), ("Outgoing", outgoing.schema())):
        prefixed = json.loads(json.dumps(schema).replace("#/$defs/", f"#/$defs/{name}"))
        defined |= {f"{name}{inner}": value for inner, value in prefixed.pop("$defs").items()}
        defined[name] = prefixed
    for one in defined.values():
        if "description" in one:
            one["description"] = " ".join(one["description"].replace("``", "`").split())
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": defined}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
