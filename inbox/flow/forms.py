"""A connector's settings as a form: JSON Schema in one piece, with titles, help, defaults and marks for what is secret."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from inbox.flow.sealing import secret_paths

Json = dict[str, Any]

_CAPITALS = frozenset({"api", "id", "imap", "lmtp", "sid", "smtp", "url", "ip"})


def form_of(settings: type[Struct]) -> Json:
    """The schema of a settings struct without references. A secret is ``writeOnly``; what may be left out as a whole is ``optional``.

    ``title`` is the label of a field, made from its name where the struct gives none, ``help`` a sentence beside it.
    """
    whole = msgspec.json.schema(settings)
    form = _plain(whole["$ref"], whole["$defs"]) if "$ref" in whole else _in_one(whole, {})
    for path in secret_paths(settings):
        field: Json | None = form
        for name in path:
            field = (field or {}).get("properties", {}).get(name)
        if field is not None:
            field["writeOnly"] = True
            field.pop("default", None)
    return form


def _plain(reference: str, defs: Json) -> Json:
    return _in_one(defs[reference.rpartition("/")[2]], defs)


def _in_one(node: Json, defs: Json) -> Json:
    """A node with what it refers to in its place."""
    if "$ref" in node:
        return {**_plain(node["$ref"], defs), **{k: v for k, v in node.items() if k != "$ref"}}
    if "anyOf" in node:
        return _choice(node, defs)
    found = dict(node)
    if "properties" in node:
        found.pop("title", None)  # the struct's name in the code
        found.pop("description", None)
        found["properties"] = {name: _titled(name, _in_one(inner, defs)) for name, inner in node["properties"].items()}
    for name in ("items", "additionalProperties"):
        if isinstance(node.get(name), dict):
            found[name] = _in_one(node[name], defs)
    if isinstance(found.get("description"), str):
        found["description"] = found["description"].replace(" in quotes", "")
    return found


def _choice(node: Json, defs: Json) -> Json:
    """Of "this or nothing", this."""
    given = [one for one in node["anyOf"] if one.get("type") != "null"]
    beside = {k: v for k, v in node.items() if k != "anyOf"}
    if len(given) == 1:
        return {**_in_one(given[0], defs), **beside, "optional": len(given) < len(node["anyOf"])}
    return {**beside, "anyOf": [_in_one(one, defs) for one in node["anyOf"]]}


def _titled(name: str, field: Json) -> Json:
    return field if field.get("title") else {**field, "title": words_of(name)}


def words_of(name: str) -> str:
    """A field's name as people write it: ``api_key`` is "API key"."""
    words = [word.upper() if word in _CAPITALS else word for word in name.split("_")]
    return " ".join(words)[:1].upper() + " ".join(words)[1:]
