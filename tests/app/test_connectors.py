"""Whoever begins a connector has a working one at once, and is told what is missing once he has changed it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inbox.app import connectors
from inbox.core.errors import Invalid
from tests.eventually import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a folder of connectors."""
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors/__init__.py").write_text("")
    return tmp_path


def run(checkout: Path, *arguments: str) -> tuple[int, str]:
    """``inbox connectors ...`` as a program of its own, with this checkout's connectors in front."""
    done = subprocess.run(
        [sys.executable, "-c", "from inbox.__main__ import main; main()", "connectors", *arguments],
        cwd=checkout,
        env={"PYTHONPATH": f"{checkout}:{ROOT}", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_new_connector_keeps_the_contract_at_once(checkout: Path) -> None:
    code, told = run(checkout, "new", "pigeon_post")
    assert code == 0, told
    assert (checkout / "connectors/pigeon_post.py").exists()
    assert run(checkout, "check", "pigeon_post") == (0, "ok     pigeon_post keeps the contract\n")
    code, told = run(checkout, "list")
    assert told.split()[:3] == ["pigeon_post", "channel", "silver"]


def test_its_own_test_passes_and_its_types_are_right(checkout: Path) -> None:
    run(checkout, "new", "pigeon_post")
    environment = {"PYTHONPATH": f"{checkout}:{ROOT}", "PATH": ""}
    test = "tests/connectors/pigeon_post/test_pigeon_post.py"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-c", "/dev/null", test],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_wrong_is_told_in_sentences(checkout: Path) -> None:
    run(checkout, "new", "pigeon_post")
    source = checkout / "connectors/pigeon_post.py"
    text = (
        source.read_text().replace("            raise NotAuthentic(", "            return (").replace("raise Malformed", "raise ValueError")
    )
    source.write_text(text.replace('Meta(min_length=8, extra={"secret": True})', "Meta(min_length=8)"))
    (checkout / "docs/channels/pigeon_post.md").unlink()
    (checkout / "tests/connectors/pigeon_post/greeting.out.json").write_text("[]")
    code, told = run(checkout, "check", "pigeon_post")
    assert code == 1
    for sentence in ("looks like a secret", "parse gives something else", "raises ValueError", "takes greeting without", "no page"):
        assert sentence in told, sentence


def test_nothing_is_overwritten_and_a_bad_name_is_refused(checkout: Path) -> None:
    connectors.begin("pigeon", checkout)
    with pytest.raises(Invalid, match="is there already"):
        connectors.begin("pigeon", checkout)
    for name in ("Pigeon", "pi-geon", "../x", "1x", ""):
        with pytest.raises(Invalid):
            connectors.begin(name, checkout)
    with pytest.raises(Invalid, match="no folder connectors"):
        connectors.begin("pigeon", checkout / "docs")


def test_a_connector_that_is_not_there_is_told_with_those_that_are(checkout: Path) -> None:
    run(checkout, "new", "pigeon_post")
    code, told = run(checkout, "check", "nothing")
    assert code == 1
    assert "known are pigeon_post" in told
