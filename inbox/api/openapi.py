"""The OpenAPI 3.1 and AsyncAPI 3 documents, made from ``CALLS``, the structs of bodies and answers, and the socket's frames.

The frames are handed in, since the gateway is a neighbour of this layer and not below it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import msgspec

from inbox.api.bodies import MAX_QUERY_VALUE
from inbox.api.call import Call
from inbox.api.contract import CALLS, PREFIX, VERSION
from inbox.api.errors import PROBLEM_TYPE, TITLES, failures, success
from inbox.api.structs import Mode, Problem
from inbox.core.errors import CannotStart
from inbox.core.facts import FactKind
from inbox.core.filters import MAX_FILTER
from inbox.core.reports import DIMENSIONS, HOURS, By

Frames = Mapping[str, Any]
"""Name of a union of frames (``ServerFrame``, ``ClientFrame``) to the union."""

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"
_ID: Json = {"type": "string", "minLength": 1, "maxLength": 64}
_INSTANT: Json = {"type": "string", "pattern": "^[0-9]{1,15}$"}
_PARAMETER: Mapping[str, Json] = {
    "mode": {"type": "string", "enum": list(get_args(Mode))},
    "token": {"type": "string", "minLength": 1, "maxLength": 200},
    "view": _ID,
    "filter": {"type": "string", "maxLength": MAX_FILTER},
    "customer": _ID,
    "q": {"type": "string", "maxLength": MAX_QUERY_VALUE},
    "after": {"type": "string", "maxLength": MAX_QUERY_VALUE, "pattern": "^[A-Za-z0-9_=-]*$"},
    "before": {"type": "string", "maxLength": 100, "pattern": "^[0-9]+[.](m[A-Za-z0-9_-]+|e[0-9]+[.][0-9]+)$"},
    "later": {"type": "string", "maxLength": 100, "pattern": "^[0-9]+[.](m[A-Za-z0-9_-]+|e[0-9]+[.][0-9]+)$"},
    "around": {"type": "string", "maxLength": 64},
    "actor": {"type": "string", "maxLength": 64},
    "action": {"type": "string", "maxLength": 64},
    "since": _INSTANT,
    "until": _INSTANT,
    "limit": {"type": "integer", "minimum": 1, "maximum": 100},
    "images": {"type": "string", "enum": ["0", "1"]},
    "notes": {"type": "string", "enum": ["0", "1"]},
    "first": {"type": "string", "format": "date"},
    "last": {"type": "string", "format": "date"},
    "by": {"type": "string", "enum": [by.value for by in By]},
    "kind": {"type": "string", "enum": [kind.value for kind in FactKind]},
    **{name: {"type": "string", "maxLength": 64} for name in ("channel", "team", "queue", "agent", "tag", "policy")},
    "hour": {"type": "integer", "minimum": 0, "maximum": HOURS - 1},
    "none": {"type": "string", "enum": list(DIMENSIONS)},
    "state": {"type": "string", "minLength": 1, "maxLength": 80},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Chosen by the caller; the same key with the same body gets the first answer again, with another body a 422.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}


def openapi(frames: Frames) -> Json:
    """The OpenAPI 3.1 document of the HTTP API; the frames' types are among its components."""
    schemas, refs = _schemas(frames)
    paths: dict[str, Json] = {}
    for call in CALLS:
        paths.setdefault(PREFIX + call.path, {})[call.method.lower()] = _operation(call, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Inbox API", "version": VERSION, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "inbox_session"},
                "token": {"type": "http", "scheme": "bearer", "description": "A token of a program, in place of cookie and `X-CSRF-Token`"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "`csrf` of the logged-in account"},
            },
        },
    }


@dataclass(frozen=True)
class Socket:
    """What a document says of a socket beside its frames. ``parameters`` are those of its address, with what they mean."""

    address: str
    title: str
    description: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    named_beside: Sequence[Call] = ()
    """Calls whose types have the plain names where a frame's has the same."""


AGENTS_SOCKET = Socket(
    "/ws",
    "Inbox live socket",
    "JSON text frames; `t` names the kind. The session cookie and the first frame (`identify`) say who you are.",
    named_beside=CALLS,
)
VISITORS_SOCKET = Socket(
    "/chat/{channel}/ws",
    "Inbox chat socket",
    "JSON text frames; `t` names the kind. The first frame (`open`) brings what the browser holds. The page's origin must be one that the "
    "channel allows.",
    {"channel": "Id of the web chat, as in the settings file."},
)


def asyncapi(frames: Frames, socket: Socket = AGENTS_SOCKET) -> Json:
    """The AsyncAPI 3 document of a socket. ``ClientFrame`` is what the service receives, ``ServerFrame`` what it sends."""
    schemas, _ = _schemas(frames, socket.named_beside)
    messages: dict[str, list[str]] = {union: [m["$ref"].rsplit("/", 1)[1] for m in schemas[union]["anyOf"]] for union in frames}
    actions = {"ServerFrame": "send", "ClientFrame": "receive"}
    every = [name for names in messages.values() for name in names]
    channel: Json = {"address": socket.address, "messages": {n: {"$ref": f"#/components/messages/{n}"} for n in every}}
    if socket.parameters:
        channel["parameters"] = {name: {"description": meaning} for name, meaning in socket.parameters.items()}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": socket.title, "version": VERSION, "description": socket.description},
        "defaultContentType": "application/json",
        "channels": {"ws": channel},
        "operations": {
            actions[union]: {
                "action": actions[union],
                "channel": {"$ref": "#/channels/ws"},
                "messages": [{"$ref": f"#/channels/ws/messages/{n}"} for n in names],
            }
            for union, names in messages.items()
        },
        "components": {
            "messages": {n: {"name": n, "payload": {"$ref": _REF.format(name=n)}} for n in every},
            "schemas": _reachable(schemas, every),
        },
    }


def encode(document: Json) -> bytes:
    """The document as kept in the repository: indented, keys in order of writing, a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _schemas(frames: Frames, calls: Sequence[Call] = CALLS) -> tuple[dict[str, Json], dict[Any, Json]]:
    """The components by name and the schema to write for each body and answer type."""
    types = [Problem, *dict.fromkeys(t for call in calls for t in (call.body, call.answer) if t is not None)]
    found, components = msgspec.json.schema_components([*types, *frames.values()], ref_template=_REF)
    structs = {}
    for struct in _structs([*types, *frames.values()]):
        full = f"{struct.__module__}.{struct.__qualname__}"
        structs[full if full in components else struct.__name__] = struct
    short = {name: _short(name) for name in components}
    if calls and len(set(short.values())) != len(short):
        twice = sorted(name for name in short if list(short.values()).count(short[name]) > 1)
        raise CannotStart(f"types of one name would be one in the published documents: {', '.join(twice)}")
    schemas = {short[name]: _settled(_renamed(schema, short), structs.get(name)) for name, schema in components.items()}
    for name, union in zip(frames, found[len(types) :], strict=True):
        schemas[name] = _renamed(union, short)
    return schemas, dict(zip(types, (_renamed(s, short) for s in found), strict=False))


def _short(name: str) -> str:
    """msgspec writes two types of one name with their modules; the frame of such a pair is called so."""
    module, _, last = name.rpartition(".")
    return f"{last}Frame" if module.endswith("gateway.protocol") else last


def _renamed(node: Any, short: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {k: _renamed(v, short) for k, v in node.items()}
    if isinstance(node, list):
        return [_renamed(v, short) for v in node]
    if isinstance(node, str) and node.startswith("#/components/schemas/"):
        return _REF.format(name=short[node.rsplit("/", 1)[1]])
    return node


def _structs(types: Sequence[Any]) -> set[type[msgspec.Struct]]:
    """Every struct the types are made of."""
    found: set[type[msgspec.Struct]] = set()
    waiting = [t for t in types if t is not None]
    while waiting:
        t = waiting.pop()
        if isinstance(t, type) and issubclass(t, msgspec.Struct):
            if t not in found:
                found.add(t)
                waiting += [f.type for f in msgspec.structs.fields(t)]
        else:
            waiting += [a for a in get_args(t) if not isinstance(a, str | msgspec.Meta)]
    return found


def _settled(schema: Json, struct: type[msgspec.Struct] | None) -> Json:
    """What msgspec leaves open: a field with a default is always written unless the struct omits defaults, and optional in what
    comes in; "default" itself would make openapi-typescript require it there."""
    if "description" in schema:
        schema["description"] = re.sub(r"\s+", " ", schema["description"]).replace("``", "`")
    if "enum" in schema:
        schema["type"] = "string"
    properties = schema.get("properties", {})
    for described in properties.values():
        described.pop("default", None)
    if struct is not None:
        config = struct.__struct_config__
        if not (config.omit_defaults or config.forbid_unknown_fields):
            schema["required"] = list(properties)
    return schema


def _reachable(schemas: Mapping[str, Json], start: Sequence[str]) -> dict[str, Json]:
    """The schemas that ``start`` needs, in their order."""
    needed: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += re.findall(r'"#/components/schemas/([^"]+)"', msgspec.json.encode(schemas[name]).decode())
    return {name: schema for name, schema in schemas.items() if name in needed}


def _operation(call: Call, refs: Mapping[Any, Json]) -> Json:
    operation: Json = {"operationId": call.name, "summary": call.summary}
    if parameters := _parameters(call):
        operation["parameters"] = parameters
    if call.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": refs[call.body]}}}
    if call.form:
        file = {"type": "object", "required": [call.form], "properties": {call.form: {"type": "string", "format": "binary"}}}
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": file}}}
    operation["responses"] = {str(success(call)): _answer(call, refs)} | {
        str(status): {"description": TITLES[status], "content": {PROBLEM_TYPE: {"schema": refs[Problem]}}} for status in failures(call)
    }
    if not call.open:
        operation["security"] = [{"session": []} if call.method == "GET" else {"session": [], "csrf": []}]
        operation["security"] += [] if call.person else [{"token": []}]
    return operation


def _answer(call: Call, refs: Mapping[Any, Json]) -> Json:
    answer: Json = {"description": "Done"}
    if call.answer is not None:
        answer["content"] = {"application/json": {"schema": refs[call.answer]}}
    if call.raw:
        answer["content"] = {kind: {"schema": {"type": "string"}} for kind in call.raw}
    return answer


def _parameters(call: Call) -> list[Json]:
    path = [
        {"name": name, "in": "path", "required": True, "schema": _PARAMETER.get(name, _ID)} for name in re.findall(r"{(\w+)}", call.path)
    ]
    query = [{"name": name, "in": "query", "description": meaning, "schema": _PARAMETER[name]} for name, meaning in call.query]
    return [*path, *query, *([_KEY] if call.creates else [])]
