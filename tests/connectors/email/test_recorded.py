"""Every recorded mail gives exactly the items recorded beside it."""

import json

import pytest

from tests.connectors.email.cases import CASES, HERE, parsed


@pytest.mark.parametrize("case", CASES)
def test_recorded_mail(case: str) -> None:
    assert parsed(case) == json.loads((HERE / f"{case}.out.json").read_text(encoding="utf-8"))


def test_nothing_recorded_is_left_over() -> None:
    assert sorted(path.name.removesuffix(".out.json") for path in HERE.glob("*.out.json")) == CASES
