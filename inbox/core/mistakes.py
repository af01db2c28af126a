"""Everything that keeps a tree of values from becoming a struct, each in one line for somebody who is no programmer."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, UNSET, Struct, inspect

SHOWN = 60
"""Characters of a wrong text that are repeated to its writer."""


def mistakes(value: object, kind: Any, key: str) -> list[str]:
    """One line for each mistake in ``value``, read strictly as a ``kind``; each begins with the dotted key below ``key``.

    What a field must be is told by its ``Meta``: bounds, and ``description`` in the place of a pattern. Values of fields with
    ``extra={"secret": True}`` are not repeated. ``UNSET`` stands for something that was complained about before.
    """
    return list(_found(value, kind, key, NODEFAULT))


def expected(kind: Any, default: object = NODEFAULT) -> str:
    """What a value of this kind looks like, with an example where the default is one."""
    words = _words(inspect.type_info(kind))
    example = isinstance(default, int | float | str) and not isinstance(default, bool) and default and "one of" not in words
    return f"{words}, for example {default}" if example else words


def _found(value: object, kind: Any, key: str, default: object) -> Iterator[str]:
    bare = _bare(kind)
    if value is UNSET:
        return
    if isinstance(bare, type) and issubclass(bare, Struct) and isinstance(value, dict):
        yield from _in_table(value, bare, key)
    elif get_origin(bare) is tuple and isinstance(value, list):
        yield from _in_list(value, kind, get_args(bare)[0], key)
    elif not _fits(value, kind):
        yield f"{key} must be {expected(kind, default)}; it is {shown(value, kind)}"


def _in_table(table: Mapping[str, object], kind: type[Struct], key: str) -> Iterator[str]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    yield from (_unknown(f"{key}.{name}".lstrip("."), name, list(fields)) for name in table if name not in fields)
    good: dict[str, object] = {}
    for name, field in fields.items():
        place = f"{key}.{name}".lstrip(".")
        if name not in table:
            if field.required:
                yield f"{place} is missing; it must be {expected(field.type)}"
            continue
        lines = list(_found(table[name], field.type, place, field.default))
        yield from lines
        if not lines and not _holds_unset(table[name]):
            good[name] = table[name]
    if all(name in good for name, field in fields.items() if field.required):
        yield from _as_a_whole(good, kind, key)


def _in_list(values: list[object], kind: Any, item: Any, key: str) -> Iterator[str]:
    lines = [line for place, value in enumerate(values) for line in _found(value, item, f"{key}[{place}]", NODEFAULT)]
    yield from lines
    if not lines and not _holds_unset(values) and not _fits(values, kind):
        yield f"{key} must be {expected(kind)}; it has {len(values)} entries"


def _as_a_whole(table: dict[str, object], kind: type[Struct], key: str) -> Iterator[str]:
    """What only the struct itself can tell of its good fields. It names the field first, then a colon."""
    try:
        msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        text = str(error).split(" - at `$")[0]
        field, colon, rest = text.partition(": ")
        yield f"{key}.{field}: {rest}".lstrip(".") if colon and field in kind.__struct_fields__ else f"{key}: {text}".lstrip(": ")


def _unknown(place: str, name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, 1)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"{place} is not a setting; {meant}allowed here are {', '.join(known)}"


def _fits(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _bare(kind: Any) -> Any:
    """The type without its ``Annotated``; of "this or None", this."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        one = [arg for arg in get_args(kind) if arg is not types.NoneType]
        return _bare(one[0]) if len(one) == 1 else kind
    return kind


def _holds_unset(value: object) -> bool:
    if isinstance(value, dict):
        return any(_holds_unset(inner) for inner in value.values())
    return any(_holds_unset(inner) for inner in value) if isinstance(value, list) else value is UNSET


def _words(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=schema):
            return str((schema or {}).get("description") or _words(inner))
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(f'"{value}"' for value in values)
        case inspect.VarTupleType(item_type=item):
            return f"a list{_length(kind.min_length, kind.max_length, 'entries')}, each {_words(item)}"
        case inspect.UnionType(types=several):
            return " or ".join(_words(one) for one in several if not isinstance(one, inspect.NoneType))
        case inspect.StructType(fields=fields):
            return f"a section with settings such as {', '.join(field.encode_name for field in fields[:3])}"
        case _:
            return _plain(kind)


def _plain(kind: inspect.Type) -> str:
    match kind:
        case inspect.IntType():
            return "a whole number" + _between(kind.ge, kind.le)
        case inspect.FloatType():
            return "a number" + _between(kind.ge, kind.le)
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType():
            return _text(kind)
        case _:
            return "a section"


def _text(kind: inspect.StrType) -> str:
    pattern = f" that matches {kind.pattern}" if kind.pattern else ""
    return "text in quotes" + _length(kind.min_length, kind.max_length, "characters") + pattern


def _between(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least} to {most}"
    return f" of at least {least}" if least is not None else f" of at most {most}" if most is not None else ""


def _length(least: int | None, most: int | None, of: str) -> str:
    if least and most:
        return f" of {least} to {most} {of}"
    return f" of at least {least} {of}" if least else f" of at most {most} {of}" if most else ""


def shown(value: object, kind: Any) -> str:
    """A wrong value as its writer may see it."""
    if isinstance(value, str):
        if _is_secret(inspect.type_info(kind)):
            return f"a text of {len(value)} characters, not shown here"
        return f'the text "{value[:SHOWN]}{"..." if len(value) > SHOWN else ""}"' if value else "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a section" if isinstance(value, dict) else "a list" if isinstance(value, list) else "something else"


def _is_secret(kind: inspect.Type) -> bool:
    """Whether it is a secret, or may hold one."""
    match kind:
        case inspect.Metadata(type=inner, extra=extra):
            return bool((extra or {}).get("secret")) or _is_secret(inner)
        case inspect.VarTupleType(item_type=item):
            return _is_secret(item)
        case inspect.StructType(fields=fields):
            return any(_is_secret(field.type) for field in fields)
        case inspect.UnionType(types=several):
            return any(_is_secret(one) for one in several)
        case _:
            return False
