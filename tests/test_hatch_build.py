"""Building the screen: when its modules are fetched anew."""

from __future__ import annotations

import os
from pathlib import Path

from hatch_build import modules_are_current


def test_modules_older_than_the_lock_are_fetched_but_never_those_behind_a_link(tmp_path: Path) -> None:
    web, shared = tmp_path / "web", tmp_path / "shared"
    for folder in (web, shared):
        folder.mkdir()
    installed, lock = shared / ".package-lock.json", web / "package-lock.json"
    installed.touch()
    lock.touch()
    os.utime(installed, (1, 1))
    (web / "node_modules").symlink_to(shared)
    assert modules_are_current(web)
    (web / "node_modules").unlink()
    shared.rename(web / "node_modules")
    assert not modules_are_current(web)
