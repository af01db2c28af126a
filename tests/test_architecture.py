"""Rules about the tree itself that no other tool checks."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import msgspec
import pytest

import connectors
import inbox

ROOT = Path(__file__).parent.parent
LONGEST_FILE = 400
SOURCE_FOLDERS = ("inbox", "connectors", "tests", "scripts", "web")
NOT_OURS = frozenset({"node_modules", "ui", "__pycache__", "dist", "test-results"})
GENERATED = frozenset({"schema.d.ts"})
UNREASONED = re.compile(r"#\s*(noqa(:\s*[A-Z0-9, ]+)?|type:\s*ignore(\[[^\]]*\])?|pragma: no cover)\s*$")
UNREASONED_MARKUP = re.compile(r"(svelte-ignore [a-z0-9_, ]+|@ts-(ignore|expect-error)|prettier-ignore)\s*(-->)?$")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def sources(*suffixes: str) -> Iterator[Path]:
    for folder in SOURCE_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and path.name not in GENERATED and not NOT_OURS.intersection(path.relative_to(ROOT).parts):
                yield path


def has_rules(module: Path) -> bool:
    """Whether a module decides something: it has a function or method besides constructors."""
    return any(isinstance(node, ast.FunctionDef) and node.name != "__init__" for node in ast.walk(ast.parse(module.read_text())))


def connector_names() -> set[str]:
    """The modules and folders in connectors/, which are the channels' names."""
    return {path.stem for path in (ROOT / "connectors").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()} - {
        "__init__"
    }


def address_kinds() -> set[str]:
    """What connectors call the addresses they use; an address kind is a capability that the core may know."""
    found = re.findall(r"address_kind=\"([a-z_]+)\"", "".join(path.read_text() for path in (ROOT / "connectors").rglob("*.py")))
    return set(found)


def words_of(module: Path) -> set[str]:
    """Every name, attribute and text constant of a module, without docstrings and comments."""
    tree = ast.parse(module.read_text())
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    words: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.Attribute):
            words.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            words.update(re.findall(r"[A-Za-z_]+", node.value))
    return words


def test_no_file_is_longer_than_one_can_read() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in sources(".py", ".ts", ".svelte")
        if (count := path.read_bytes().count(b"\n")) > LONGEST_FILE
    }
    assert not long


@pytest.mark.parametrize("module", sorted((ROOT / "inbox" / "core").glob("*.py")), ids=lambda path: path.stem)
def test_every_rule_has_a_test_file_of_its_own(module: Path) -> None:
    assert not has_rules(module) or (ROOT / "tests" / "core" / f"test_{module.stem}.py").is_file()


EVERYDAY = {"line", "form", "api"}
"""Connectors whose names are words of everyday use: looked for as whole literals only."""


def test_the_service_names_no_channel() -> None:
    names = connector_names() - address_kinds()
    named = {
        f"{path.relative_to(ROOT)}: {word}"
        for path in sources(".py")
        if path.is_relative_to(ROOT / "inbox")
        for word in (words_of(path) & (names - EVERYDAY)) | (texts_of(path) & names)
    }
    assert not named


def texts_of(path: Path) -> set[str]:
    """Every string literal."""
    return {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_exception_to_a_check_says_why_and_nothing_is_left_for_later() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sources(".py", ".ts", ".svelte", ".css")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNREASONED.search(line) or UNREASONED_MARKUP.search(line) or UNFINISHED.search(line)
    ]
    assert not found


def _structs(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for found in kind.__subclasses__():
        yield found
        yield from _structs(found)


def test_no_field_is_a_text_with_a_pattern_or_else_several_values() -> None:
    """msgspec 0.22 counts such a type's parts wrongly and frees memory twice when the class goes: a process then ends with a crash."""
    for package in (inbox, connectors):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__") and ".template" not in module.name:
                importlib.import_module(module.name)
    bad = []
    for kind in set(_structs(msgspec.Struct)):
        if kind.__module__.split(".")[0] in ("inbox", "connectors"):
            for field in msgspec.structs.fields(kind):
                several = [t for t in get_args(field.type) if get_origin(strip(t)) in (tuple, list, set, frozenset, dict)]
                if several and any(_has_pattern(t) for t in get_args(field.type)):
                    bad.append(f"{kind.__module__}.{kind.__name__}.{field.name}")
    assert not bad


def strip(type: Any) -> Any:
    """A type without what is annotated."""
    return get_args(type)[0] if get_origin(type) is Annotated else type


def _has_pattern(type: Any) -> bool:
    return get_origin(type) is Annotated and any(isinstance(m, msgspec.Meta) and m.pattern for m in get_args(type)[1:])
