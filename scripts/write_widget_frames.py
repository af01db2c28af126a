#!/usr/bin/env python3
"""Writes web/widget/src/frames.ts from the visitors' frames; ``--check`` only says whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, get_args

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from inbox.core.widget import PageGreeting  # noqa: E402  the script runs from a checkout, installed or not
from inbox.gateway import visitor_protocol as protocol  # noqa: E402  the script runs from a checkout, installed or not

TARGET = ROOT / "web" / "widget" / "src" / "frames.ts"
WIDTH = 110
PLAIN: dict[type, str] = {
    msgspec.inspect.StrType: "string",
    msgspec.inspect.IntType: "number",
    msgspec.inspect.BoolType: "boolean",
    msgspec.inspect.NoneType: "null",
}
HEAD = "// Generated from inbox/gateway/visitor_protocol.py by scripts/write_widget_frames.py; do not edit.\n"


def document() -> str:
    """The TypeScript module."""
    names: dict[str, type] = {}
    unions: dict[str, list[str]] = {}
    for union in ("ClientFrame", "ServerFrame"):
        members = get_args(getattr(protocol, union))
        unions[union] = [_name(member, union) for member in members]
        names |= {_name(member, union): member for member in members}
    names |= {"FileRow": protocol.FileRow, "MessageRow": protocol.MessageRow, "EarlierRow": protocol.EarlierRow}
    names |= {"WidgetConfig": protocol.WidgetConfig, "Uploaded": protocol.Uploaded, "PageGreeting": PageGreeting}
    blocks = [_interface(name, struct, required=name not in unions["ClientFrame"]) for name, struct in names.items()]
    blocks += [_union(name, members) for name, members in unions.items()]
    return HEAD + "\n" + "\n".join(blocks)


def _name(struct: type, union: str) -> str:
    """Both sides have a frame for typing; in TypeScript they share a module."""
    return "VisitorTypes" if union == "ClientFrame" and struct is protocol.Typing else struct.__name__


def _interface(name: str, struct: type, *, required: bool) -> str:
    info = msgspec.inspect.type_info(struct)
    assert isinstance(info, msgspec.inspect.StructType)
    lines = [f"  t: '{info.tag}';"] if info.tag else []
    for field in info.fields:
        optional = "" if required or field.required else "?"
        lines.append(f"  {field.encode_name}{optional}: {_typescript(field.type)};")
    return f"export interface {name} {{\n" + "\n".join(lines) + "\n}\n"


def _typescript(kind: Any) -> str:
    if type(kind) in PLAIN:
        return PLAIN[type(kind)]
    match kind:
        case msgspec.inspect.LiteralType(values):
            return " | ".join(f"'{value}'" for value in values)
        case msgspec.inspect.VarTupleType(item):
            return f"{_typescript(item)}[]"
        case msgspec.inspect.DictType(_, value):
            return f"Record<string, {_typescript(value)}>"
        case msgspec.inspect.UnionType(members):
            return " | ".join(_typescript(member) for member in members)
        case msgspec.inspect.Metadata(inner):
            return _typescript(inner)
        case msgspec.inspect.StructType(struct):
            return str(struct.__name__)
    raise TypeError(kind)


def _union(name: str, members: list[str]) -> str:
    """As the formatter of the web files lays it out."""
    whole = f"export type {name} = {' | '.join(members)};\n"
    below = f"  {' | '.join(members)};\n"
    if len(whole) <= WIDTH:
        return whole
    return f"export type {name} =\n" + (below if len(below) <= WIDTH else "\n".join(f"  | {member}" for member in members) + ";\n")


def main() -> int:
    """Write, or compare: 1 when the file is out of date."""
    made = document()
    if sys.argv[1:] != ["--check"]:
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_text(made, encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == made:
        return 0
    sys.stderr.write(f"{TARGET.relative_to(ROOT)} is out of date: run scripts/write_widget_frames.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
