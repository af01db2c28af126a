"""Requests made from the published document, right and wrong ones: no error of ours, and no answer that is not described."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from inbox.api.auth import COOKIE
from inbox.api.call import Call
from inbox.api.contract import CALLS, PREFIX
from tests.api.requests import path_of
from tests.api.world import Browser, World
from tests.eventually import PATIENCE_S

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "docs/reference/openapi.json").read_text("utf-8"))
for methods in DOCUMENT["paths"].values():
    for operation in methods.values():
        operation.pop("security", None)  # who is logged in is not generated here, but given
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
EXAMPLES = 20


def attack(world: World, browser: Browser, call: Call, mode: GenerationMode) -> int:
    """Send generated requests for one call from this thread while the service runs in another; how many."""
    operation = SCHEMA[PREFIX + call.path][call.method]
    own = path_of(call, "own").split("/")
    sent = 0

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Case[Any]) -> None:
        nonlocal sent
        sent += 1
        if sent % 2 and "id" in case.path_parameters and mode is GenerationMode.POSITIVE:
            case.path_parameters["id"] = own[2]
        headers = {"X-CSRF-Token": browser.csrf} if call.method != "GET" else {}
        response = case.call(
            base_url=str(world.client.make_url("/")), headers=headers, cookies={COOKIE: browser.cookie}, timeout=PATIENCE_S
        )
        if response.status_code == 400 and b"bytes when reading" in response.content:
            return  # a request line that no server reads
        case.validate_response(response, checks=CHECKS)

    check()
    return sent


CELLS = [
    (call, mode)
    for call in CALLS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or call.body or call.form or call.query or "{" in call.path
]
"""Without anything to fill in there is nothing to fill in wrongly."""


@pytest.mark.parametrize(("call", "mode"), CELLS, ids=lambda x: x.name.lower())
async def test_generated_requests_get_described_answers(world: World, call: Call, mode: GenerationMode) -> None:
    mia = await world.log_in("mia")
    sent = await asyncio.to_thread(attack, world, mia, call, mode)
    assert sent >= 1
