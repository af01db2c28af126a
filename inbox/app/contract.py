"""What every connector has to keep, tried out on deliveries that were recorded: for the project's tests and for `inbox connectors check`.

In a connector's folder of recorded deliveries ``CASE.in.json`` is an envelope {key, headers, context, body | text}, any other
``CASE.in.EXT`` the body as it came; ``CASE.out.json`` has the items; ``settings.json`` settings that the connector accepts.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from inbox.connector import (
    Connector,
    Contact,
    Deletion,
    Edit,
    IdentityProof,
    InboundMessage,
    RawDelivery,
    Reaction,
    Receipt,
    Tools,
    Watermark,
)
from inbox.core.errors import Malformed, NotAuthentic, Unsupported
from inbox.core.ids import ChannelId
from inbox.flow.sealing import secret_paths

ARRIVED = 1_795_255_200_000
CHANNEL = ChannelId("support")
ITEMS = (InboundMessage, Receipt, Watermark, Contact, IdentityProof, Edit, Deletion, Reaction)
MUTATIONS = 300
_PIECES = (b"", b"null", b"0", b"[]", b"{}", b'""', b"\xff", b"-1e999", b"\\ud800", b"\x00", b"9" * 40, b"[" * 2_000)
_SECRET = ("secret", "password", "token", "private_key", "api_key")
_NO_SECRET = ("_url", "_file", "_name")


@dataclass(frozen=True)
class Case:
    """One recorded delivery."""

    kind: type[Connector]
    file: Path

    @property
    def name(self) -> str:
        """Without the endings."""
        return self.file.name.partition(".")[0]

    @property
    def expected(self) -> Path:
        """Where its items are recorded."""
        return self.file.with_name(f"{self.name}.out.json")

    def raw(self) -> RawDelivery:
        """The delivery."""
        if self.file.suffix != ".json":
            return RawDelivery(CHANNEL, "ledger-key", self.file.read_bytes(), ARRIVED, context={"authserv_id": "mx.example.test"})
        told = json.loads(self.file.read_text(encoding="utf-8"))
        body = told["text"] if "text" in told else json.dumps(told["body"], ensure_ascii=False, separators=(",", ":"))
        return RawDelivery(CHANNEL, told.get("key", "ledger-key"), body.encode(), ARRIVED, told.get("headers", {}), told.get("context", {}))

    def items(self) -> Any:
        """What the parser makes of it, as plain data."""
        return json.loads(msgspec.json.encode(list(self.kind.parse(self.raw()))))

    def record(self) -> None:
        """Write what the parser says now."""
        self.expected.write_text(json.dumps(self.items(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def cases(kind: type[Connector], folder: Path) -> list[Case]:
    """The recorded deliveries of a folder."""
    return [Case(kind, file) for file in sorted(folder.glob("*.in.*"))]


def problems(kind: type[Connector], folder: Path, seed: int = 0) -> list[str]:
    """What is wrong or missing, one sentence each; nothing for a connector that keeps the contract."""
    recorded = cases(kind, folder)
    found = list(_says(kind))
    if not recorded:
        return [*found, f"no recorded deliveries: put CASE.in.json and CASE.out.json into {folder}"]
    found += [line for case in recorded for line in _gives(case)]
    if not kind.capabilities.parse_outside:  # what runs in a limited process of its own has hostile inputs of its own, too
        found += _withstands(kind, recorded, random.Random(seed))
    return found + _guards(kind, folder, recorded)


def _says(kind: type[Connector]) -> Iterator[str]:
    """What the class says of itself."""
    able = kind.capabilities
    if not kind.name.replace("_", "").isalnum() or not kind.name.islower():
        yield f"name: {kind.name!r} is not lower-case letters, digits and _"
    if not able.address_kind:
        yield "capabilities.address_kind: name the kind of address customers have here"
    for name in ("text_limit", "window", "rate"):
        value = getattr(able, name)
        if value is not None and value <= 0:
            yield f"capabilities.{name}: must be positive"
    marked = {path[-1] for path in secret_paths(kind.Settings)}
    for field in kind.Settings.__struct_fields__:
        if any(word in field for word in _SECRET) and field not in marked and not field.endswith(_NO_SECRET):
            yield f"Settings.{field}: looks like a secret; mark it with Meta(extra={{'secret': True}}), so that it is stored encrypted"


def _gives(case: Case) -> Iterator[str]:
    """Recorded items, every time, and every message under a key of its own."""
    if not case.expected.exists():
        yield f"{case.name}: {case.expected.name} is missing"
        return
    expected = json.loads(case.expected.read_text(encoding="utf-8"))
    for _ in range(2):
        if case.items() != expected:
            yield f"{case.name}: parse gives something else than {case.expected.name} has"
            return
    keys = [item.key for item in case.kind.parse(case.raw()) if isinstance(item, InboundMessage)]
    if not all(keys) or len(keys) != len(set(keys)):
        yield f"{case.name}: every message needs a key of its own"


def _withstands(kind: type[Connector], recorded: Sequence[Case], dice: random.Random) -> list[str]:
    """Whatever comes is items, ``Unsupported`` or ``Malformed``."""
    for _ in range(MUTATIONS):
        raw = dice.choice(recorded).raw()
        broken = replace(raw, body=mutated(raw.body, dice))
        wrong = misbehaves(kind, broken)
        if wrong:
            return [f"parse: {wrong} for the body {broken.body[:120]!r}"]
    return []


def misbehaves(kind: type[Connector], raw: RawDelivery) -> str:
    """What the parser did with a delivery that it may not do; '' when it kept the contract."""
    try:
        items: Sequence[object] = kind.parse(raw)
    except (Unsupported, Malformed):
        return ""
    except Exception as error:  # noqa: BLE001  whatever foreign code raises is a finding
        return f"raises {type(error).__name__}: {error}"[:200]
    return next((f"returns a {type(item).__name__}" for item in items if not isinstance(item, ITEMS)), "")


def mutated(body: bytes, dice: random.Random) -> bytes:
    """The body with some bytes replaced, or cut off."""
    changed = bytearray(body)
    for _ in range(dice.randint(0, 4)):
        at = dice.randint(0, len(changed))
        changed[at : at + dice.randint(0, 12)] = dice.choice(_PIECES)
    return bytes(changed[: dice.choice((len(changed), len(changed) // 2))])


def _guards(kind: type[Connector], folder: Path, recorded: Sequence[Case]) -> list[str]:
    """No recorded delivery is taken without the headers that prove it, nor by a channel that has other secrets."""
    try:
        connector, other = built(kind, folder), built(kind, folder, change=another)
    except (msgspec.ValidationError, OSError, ValueError) as error:
        return [f"settings.json: {error}"]
    secrets = [str(value).encode() for value in _settings(folder).values()]
    found = []
    for case in recorded:
        raw = case.raw()
        kept = {name: value for name, value in raw.context.items() if name in ("method", "url")}
        if not any(secret and secret in raw.body for secret in secrets):  # else the body itself is the proof
            found += _refuses(connector, replace(raw, headers={}, context=kept), f"{case.name} without its headers")
        if secret_paths(kind.Settings):
            found += _refuses(other, raw, f"{case.name} although its own secrets are others")
    return found


def another(secret: str) -> str:
    """Another secret of the same shape: what names its kind stands in front."""
    half = len(secret) // 2
    follower = {"9": "0", "z": "a", "Z": "A"}
    changed = (follower.get(c, chr(ord(c) + 1)) if c.isascii() and c.isalnum() else c for c in secret[half:])
    return secret[:half] + "".join(changed)


def _refuses(connector: Connector, raw: RawDelivery, what: str) -> list[str]:
    try:
        connector.verify(raw)
    except NotAuthentic:
        return []
    except Exception as error:  # noqa: BLE001  whatever else foreign code raises is a finding
        return [f"verify: raises {type(error).__name__} for {what}, instead of NotAuthentic"]
    return [f"verify: takes {what}"]


def _settings(folder: Path) -> dict[str, Any]:
    file = folder / "settings.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def built(kind: type[Connector], folder: Path, change: Callable[[str], str] = lambda secret: secret) -> Connector:
    """The connector with its recorded settings and tools that lead nowhere; ``change`` makes other secrets of its own."""
    settings = _settings(folder)
    for *outer, last in secret_paths(kind.Settings):
        holder: Any = settings
        for part in outer:
            holder = holder.get(part, {})
        if isinstance(holder.get(last), str):
            holder[last] = change(holder[last])
    return kind(CHANNEL, msgspec.convert(settings, kind.Settings), nowhere())


def nowhere() -> Tools:
    """Tools that lead nowhere: no file holds anything, nothing is remembered or heard."""

    async def open_file(file: str) -> AsyncIterator[bytes]:
        for nothing in (b"",):
            yield nothing

    return Tools(lambda: ARRIVED, open_file, NoCursor(), lambda health: None)


class NoCursor:
    """``connector.Cursor`` that keeps nothing."""

    async def load(self, name: str) -> dict[str, Any]:
        """Nothing."""
        return {}

    async def save(self, name: str, value: Mapping[str, Any]) -> None:
        """Nowhere."""


def can(kind: type[Connector], folder: Path) -> dict[str, bool]:
    """What a connector shows that it can, by its capabilities, the methods it has, and what its recorded deliveries give."""
    types = {
        item["type"] for case in cases(kind, folder) if case.expected.exists() for item in json.loads(case.expected.read_text("utf-8"))
    }
    able = kind.capabilities
    own = {name: getattr(kind, name) is not getattr(Connector, name) for name in ("probe", "fetch", "lookup", "receive")}
    return {
        "health": own["probe"],
        "media": able.media and (own["fetch"] or able.parse_outside),
        "receipts": bool(types & {"receipt", "watermark"}) or able.typing,
        "edits": bool(types & {"edit", "deletion", "reaction"}),
        "lookup": own["lookup"] or able.repeat_after is not None,
        "backfill": own["receive"],
        "templates": able.templates,
        "window": able.window is not None,
        "amends": bool(able.amends),
    }


LEVELS: Sequence[tuple[str, frozenset[str]]] = (
    ("platinum", frozenset({"health", "media", "receipts", "edits", "lookup", "backfill"})),
    ("gold", frozenset({"health", "media", "receipts"})),
    ("silver", frozenset({"health"})),
)


def level(shown: Mapping[str, bool]) -> str:
    """The highest level whose duties are all shown; bronze for one that takes and sends messages."""
    has = {name for name, is_so in shown.items() if is_so}
    return next((name for name, duties in LEVELS if duties <= has), "bronze")
