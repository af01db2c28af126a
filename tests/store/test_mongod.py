"""Which mongod is taken, and what its failures become; the programs here are real ones that only say what a broken mongod says."""

from pathlib import Path

import pytest

from inbox.core.errors import CannotStart
from inbox.store.mongod import PortTaken, explain, find_mongod


def a_program(folder: Path, script: str) -> Path:
    path = folder / "mongod"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def explained(code: int, output: str) -> CannotStart:
    return explain(code, output, data=Path("/data/db"), port=27017, log=Path("/data/mongod.log"))


def test_a_newer_mongod_on_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_program(tmp_path, "echo 'db version v8.0.4'")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert (find_mongod().path, find_mongod().version) == (path, (8, 0, 4))


def test_a_mongod_on_path_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_program(tmp_path, "echo 'db version v4.4.29'")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert find_mongod().version >= (6, 0, 0)


@pytest.mark.parametrize(
    ("library", "remedy"),
    [("libcurl.so.4", "apt-get install libcurl4"), ("libodd.so.9", "install the package that `apt-file search libodd.so.9` names")],
)
def test_a_missing_library_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, remedy: str) -> None:
    message = f"mongod: error while loading shared libraries: {library}: cannot open shared object file: No such file or directory"
    a_program(tmp_path, f"echo '{message}' >&2; exit 127")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(CannotStart, match=library) as refusal:
        find_mongod()
    assert refusal.value.remedy == remedy


def test_a_c_library_that_is_too_old() -> None:
    assert "GLIBC_2.34" in str(explained(1, "libc.so.6: version `GLIBC_2.34' not found (required by mongod)"))


def test_a_processor_without_avx() -> None:
    assert "AVX" in str(explained(-4, ""))


def test_a_disk_that_fills_up_while_starting() -> None:
    assert "full" in str(explained(14, '{"s":"E","msg":"WiredTiger error","attr":{"error":28,"message":"No space left on device"}}'))


def test_a_taken_port() -> None:
    assert isinstance(explained(48, ""), PortTaken)


def test_data_of_another_version() -> None:
    assert "cannot be opened" in str(explained(62, ""))


def test_what_nobody_foresaw_names_the_log() -> None:
    assert "/data/mongod.log" in explained(1, "?").remedy
