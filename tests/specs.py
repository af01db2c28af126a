"""Holds what the connectors ask of providers against the providers' own descriptions of their APIs:

    python -m tests.specs FOLDER

FOLDER has the files of ``DESCRIBED``, as the providers publish them, and ``telegram_bot_api.json`` of PaulSonOfLars/telegram-bot-api-spec.
The connectors' tests run, and every call in them that the peer of the test took is asked again at a Prism mock of the description, or, for
Telegram, held against it here. So a call has to be in a test, and there is no other list of calls to keep. ``PRISM`` is the command of
Prism's CLI.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inbox.app.outside import Outside
from inbox.provider import HttpAnswer, Part
from tests.ports import free_ports

HERE = Path(__file__).parent / "connectors"
DESCRIBED = {
    "line": "line_messaging.yml",
    "whatsapp": "meta_business_messaging_v23.yaml",
    "sms_twilio": "twilio_api_v2010.json",
    "sms_vonage": "vonage_sms.yml",
}
TELEGRAM = "telegram"
NOT_IN_IT = {
    "sms_vonage": ("/v1/messages", "/account/get-balance"),
}
"""What a description leaves out, and so nobody can hold against it."""

MENDED = {
    "sms_twilio": [(r'\s*"format": "uri",', "")],
    "sms_vonage": [(r"\boneOf:", "anyOf:"), (r"(?m)^(  - url: .*)/sms$", r"\1"), (r"(?m)^  /\{format\}:", "  /sms/{format}:")],
}
"""Faults of descriptions that would fail every call: examples that are no addresses, alternatives that exclude each other and do not,
a path that mocks look for in the wrong place."""

BESIDE = {
    "whatsapp": [(rb',"biz_opaque_callback_data":"[^"]*"', b""), (rb'"index":"0"', b'"index":"1"'), (rb'"recipient":"[^"]*"', b'"to":"1"')],
}
"""What providers document and their descriptions refuse, taken out of a call before it is asked: Meta's tracking field is missing there,
and so is the user id of somebody who hides his number; the pattern of a button's index leaves out the first one's 0."""

EXCUSED = {
    '"status":"read"': "Meta describes reading and typing by examples only, which its schema leaves out",
    "MediaUrl must be array": "Twilio documents the field as one to repeat, which the mock takes for one value",
}
"""What of a call, or of an objection to it, the provider's own documentation answers."""


@dataclass(frozen=True)
class Call:
    """One that was taken. ``fields``: of a form with files, as (name, file name, type, value)."""

    connector: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    fields: tuple[tuple[str, str, str, bytes], ...]

    @property
    def kind(self) -> str:
        """What calls of one sort have in common."""
        path = re.sub(r"/(?=[^/?]*\d)(?!v\d|\d{4}-)[^/?]+", "/*", self.path).partition("?")[0]
        said = self.body.decode(errors="replace")
        types = sorted(set(re.findall(r'"(?:type|typing_indicator)": ?"?(\w+)', said)))
        return " ".join([self.method, re.sub(r"/bot[^/]+", "", path), *types])


class Calls:
    """A plug-in of pytest that remembers what was taken."""

    def __init__(self) -> None:
        self.taken: dict[Call, None] = {}
        self._ask = Outside.request

    def pytest_sessionstart(self) -> None:
        """Listen."""
        taken, ask = self.taken, self._ask

        async def request(self: Outside, method: str, url: str, *, parts: Any = (), body: bytes = b"", **more: Any) -> HttpAnswer:
            answer = await ask(self, method, url, parts=parts, body=body, **more)
            connector = _connector(os.environ.get("PYTEST_CURRENT_TEST", ""))
            if answer.ok and connector:
                path = "/" + url.split("/", 3)[3]
                headers = tuple(sorted(more.get("headers", {}).items()))
                taken[Call(connector, method, path, headers, body, tuple(_field(part) for part in parts))] = None
            return answer

        setattr(Outside, "request", request)  # noqa: B010  the way out that all connectors have

    def pytest_sessionfinish(self) -> None:
        """Listen no more."""
        setattr(Outside, "request", self._ask)  # noqa: B010  as it was


def _connector(test: str) -> str:
    """By the folder of the test, else by its name; '' for one that names none, or several."""
    names = (*DESCRIBED, TELEGRAM)
    named = [n for n in names if f"/{n}/" in test] or [n for n in names if re.search(rf"[\[_-]{n}(?![a-z])", test)]
    return named[0] if len(named) == 1 else ""


def _field(part: Part) -> tuple[str, str, str, bytes]:
    streamed = isinstance(part.content, AsyncIterator)
    return part.name, part.filename, part.type, b"x" if streamed else bytes(part.content)  # type: ignore[arg-type]  # else bytes


@contextmanager
def mock(connector: str, folder: Path) -> Iterator[str]:
    """The address of a mock that refuses what does not fit."""
    text = (folder / DESCRIBED[connector]).read_text(encoding="utf-8")
    for wrong, right in MENDED.get(connector, ()):
        text = re.sub(wrong, right, text)
    [port] = free_ports(1)
    with tempfile.NamedTemporaryFile("w", suffix=Path(DESCRIBED[connector]).suffix, encoding="utf-8") as file:
        file.write(text)
        file.flush()
        command = shlex.split(os.environ.get("PRISM", "npx -y @stoplight/prism-cli@5"))
        words = [*command, "mock", "-h", "127.0.0.1", "-p", str(port), "--errors", file.name]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as prism:
            try:
                _ready(f"http://127.0.0.1:{port}/", prism)
                yield f"http://127.0.0.1:{port}"
            finally:
                prism.terminate()


def _ready(base: str, prism: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and prism.poll() is None:
        try:
            urllib.request.urlopen(base, timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the mock does not start: is PRISM the command of Prism's CLI?")


def asked_again(call: Call, base: str) -> str:
    """What the mock objects to; '' for an answer of 2xx."""
    headers, body = dict(call.headers), call.body
    for beside, instead in BESIDE.get(call.connector, ()):
        body = re.sub(beside, instead, body)
    if call.fields:
        headers, body = {**headers, "Content-Type": "multipart/form-data; boundary=b"}, _multipart(call)
    request = urllib.request.Request(base + call.path, body or None, headers, method=call.method)
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except urllib.error.HTTPError as refused:
        return refused.read().decode(errors="replace")
    return ""


def _multipart(call: Call) -> bytes:
    lines = b""
    for name, filename, media, value in call.fields:
        file = f'; filename="{filename}"\r\nContent-Type: {media}' if filename else ""
        lines += f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + value + b"\r\n"
    return lines + b"--b--\r\n"


class BotApi:
    """Telegram's description."""

    def __init__(self, folder: Path) -> None:
        told = json.loads((folder / "telegram_bot_api.json").read_text(encoding="utf-8"))
        self._methods, self._types = {name.lower(): m for name, m in told["methods"].items()}, told["types"]

    def objection(self, call: Call) -> str:
        """What does not fit; ''."""
        method = self._methods.get(call.path.rpartition("/")[2].lower())
        if method is None:
            return "no such method"
        given = json.loads(call.body) if call.body else {}
        given |= {name: None if filename else _read(value) for name, filename, _, value in call.fields}
        return self._fields(method, given, files={name for name, filename, _, _ in call.fields if filename})

    def _fields(self, kind: dict[str, Any], given: dict[str, Any], files: set[str] = frozenset()) -> str:  # type: ignore[assignment]  # never changed
        known = {field["name"]: field for field in kind.get("fields", ())}
        wrong = [f"{name} is unknown" for name in given if name not in known]
        wrong += [f"{name} is missing" for name, field in known.items() if field["required"] and name not in given]
        wrong += [
            f"{name} is no {known[name]['types']}"
            for name, value in given.items()
            if name in known and name not in files and not any(self._fits(one, value) for one in known[name]["types"])
        ]
        return "; ".join(wrong)

    def _fits(self, kind: str, value: Any) -> bool:
        simple = {"String": str, "Integer": int, "Float": (int, float), "Boolean": bool}
        if kind.startswith("Array of "):
            return isinstance(value, list) and all(self._fits(kind.removeprefix("Array of "), one) for one in value)
        if kind in simple:
            return isinstance(value, simple[kind]) and (kind == "Boolean" or not isinstance(value, bool))  # type: ignore[arg-type]  # a type
        described = self._types.get(kind, {})
        if described.get("subtypes"):
            return any(self._fits(one, value) for one in described["subtypes"])
        return isinstance(value, dict) and self._fields(described, value) == ""


def _read(value: bytes) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value.decode()


def objections(connector: str, calls: list[Call], folder: Path) -> dict[Call, str]:
    """By call; those that fit are not there."""
    if connector == TELEGRAM:
        api = BotApi(folder)
        return {call: said for call in calls if (said := api.objection(call))}
    with mock(connector, folder) as base:
        return {call: said for call in calls if (said := asked_again(call, base))}


def say(line: str) -> None:
    """To whoever started this."""
    sys.stdout.write(f"{line}\n")


def main(folder: str) -> int:
    """How many calls do not fit."""
    heard = Calls()
    tests = [str(HERE / name) for name in (*DESCRIBED, TELEGRAM)] + [str(file) for file in sorted(HERE.glob("test_*.py"))]
    if pytest.main(["-q", "-p", "no:cacheprovider", "-k", "not house and not servers", *tests], plugins=[heard]):
        return 1
    wrong = 0
    for connector in (*DESCRIBED, TELEGRAM):
        left_out = NOT_IN_IT.get(connector, ())
        calls = [call for call in heard.taken if call.connector == connector and not call.path.startswith(left_out or "!")]
        said = objections(connector, calls, Path(folder))
        excused = {call for call, why in said.items() if any(known in f"{call.body!r} {why}" for known in EXCUSED)}
        kinds = Counter(call.kind for call in calls)
        say(f"{connector}: {len(calls)} calls of {len(kinds)} kinds, {len(said) - len(excused)} do not fit, {len(excused)} excused")
        for kind, count in sorted(kinds.items()):
            say(f"  {count:4} {kind}")
        for call in [call for call in said if call not in excused]:
            say(f"  WRONG {call.method} {call.path} {call.body[:300]!r}: {said[call][:600]}")
        wrong += len(said) - len(excused)
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) > 0)
