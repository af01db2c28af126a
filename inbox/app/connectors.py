"""Lists the connectors that are found, begins a new one, and checks one against the contract: the work of `inbox connectors`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template

from inbox.app import contract
from inbox.connector import Connector, ConnectorRole
from inbox.core.errors import CannotStart, Invalid
from inbox.flow.registry import discover

RECORDED = Path("tests/connectors")
_FILES = {
    "connectors/{name}.py": "connector.py.txt",
    "tests/connectors/{name}/greeting.in.json": "greeting.in.json.txt",
    "tests/connectors/{name}/test_{name}.py": "test_connector.py.txt",
    "docs/channels/{name}.md": "page.md.txt",
}


@dataclass(frozen=True)
class Known:
    """One connector that was found. ``shown`` says what its recorded deliveries and methods prove."""

    name: str
    role: str
    where: str
    shown: dict[str, bool]
    level: str


def known(outside: Iterable[str] = (), folder: Path = RECORDED) -> list[Known]:
    """Every connector by name."""
    return [_known(kind, folder) for _, kind in sorted(discover(outside).items())]


def _known(kind: type[Connector], folder: Path) -> Known:
    if kind.role is ConnectorRole.BOT:
        return Known(kind.name, kind.role.value, kind.__module__, {}, "-")
    shown = contract.can(kind, folder / kind.name)
    return Known(kind.name, kind.role.value, kind.__module__, shown, contract.level(shown))


def table(found: Iterable[Known]) -> str:
    """Markdown: a row for every channel."""
    columns = ("health", "media", "receipts", "edits", "lookup", "backfill", "templates", "window", "amends")
    head = f"| connector | level | {' | '.join(columns)} |\n|---|---|{'---|' * len(columns)}\n"
    rows = (
        f"| `{k.name}` | {k.level} | {' | '.join('yes' if k.shown[c] else '' for c in columns)} |\n" for k in found if k.role == "channel"
    )
    return head + "".join(rows)


def begin(name: str, root: Path) -> list[Path]:
    """Write a working connector with a recorded delivery, a test and a page. Raises ``Invalid``, and overwrites nothing."""
    if not name.isidentifier() or not name.islower():
        raise Invalid("name", "lower-case letters, digits and _, beginning with a letter")
    if not (root / "connectors").is_dir():
        raise Invalid("name", f"{root.resolve()} has no folder connectors; run this in a checkout, or name one with --folder")
    words = {"name": name, "class_": "".join(part.capitalize() for part in name.split("_"))}
    made = {root / path.format(name=name): Template(_template(file)).substitute(words) for path, file in _FILES.items()}
    there = [path for path in made if path.exists()]
    if there:
        raise Invalid("name", f"{there[0]} is there already")
    folder = root / RECORDED / name
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    settings = folder / "settings.json"
    settings.write_text('{"secret": "change-this-secret"}\n', encoding="utf-8")
    expected = folder / "greeting.out.json"
    expected.write_text(_template("greeting.out.json.txt").replace("$name", name), encoding="utf-8")
    return [*made, settings, expected]


def _template(file: str) -> str:
    return resources.files("inbox.app").joinpath("template", file).read_text(encoding="utf-8")


def check(name: str, root: Path, outside: Iterable[str] = ()) -> list[str]:
    """What is wrong with a connector, one sentence each. Raises ``CannotStart`` when there is none of this name."""
    sys.path.insert(0, str(root.resolve()))
    found = discover(outside)
    if name not in found:
        raise CannotStart(f"there is no connector {name!r}", f"known are {', '.join(sorted(found))}")
    kind = found[name]
    page = root / "docs/channels" / f"{name}.md"
    missing = [] if page.exists() or kind.role is ConnectorRole.BOT else [f"no page for operators: {page}"]
    return [*contract.problems(kind, root / RECORDED / name), *missing] if kind.role is ConnectorRole.CHANNEL else []
