"""Frames held against the published AsyncAPI documents: whatever goes over a socket in a test must be described there."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

import jsonschema_rs

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
AGENTS, VISITORS = "asyncapi.json", "asyncapi-visitors.json"

Direction = Literal["send", "receive"]
"""As the service sees it."""


@cache
def _validators(document: str, direction: Direction) -> dict[str, Any]:
    """By the frame's ``t``. No frame may hold more than is described, though clients are told to ignore what they do not know."""
    described = json.loads((REFERENCE / document).read_text("utf-8"))
    names = [ref["$ref"].rsplit("/", 1)[1] for ref in described["operations"][direction]["messages"]]
    schemas = {name: {"additionalProperties": False, **schema} for name, schema in described["components"]["schemas"].items()}
    found = {}
    for name in names:
        (tag,) = schemas[name]["properties"]["t"]["enum"]
        whole = {"components": {"schemas": schemas}, "$ref": f"#/components/schemas/{name}"}
        found[tag] = jsonschema_rs.validator_for(whole)
    return found


def require_described(document: str, direction: Direction, frame: bytes | str) -> None:
    """Raises ``AssertionError`` naming what the document does not say of this frame."""
    value = json.loads(frame)
    validator = _validators(document, direction).get(value.get("t"))
    assert validator is not None, f"{document} does not describe a frame {value.get('t')!r}"
    wrong = [f"{'/'.join(map(str, e.instance_path))}: {e.message}" for e in validator.iter_errors(value)]
    assert not wrong, f"{document} describes {value['t']!r} otherwise: {wrong}"
