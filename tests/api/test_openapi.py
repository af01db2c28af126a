"""The published API documents fit the contract."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from inbox.api.contract import CALLS, PREFIX

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = json.loads((ROOT / "docs/reference/openapi.json").read_text("utf-8"))


def test_the_committed_documents_are_what_the_contract_says() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts/write_api_reference.py", "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_call_is_described_and_every_reference_leads_somewhere() -> None:
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == {(call.method, PREFIX + call.path) for call in CALLS}
    schemas = DOCUMENT["components"]["schemas"]
    named = set(json.dumps(DOCUMENT).split('"#/components/schemas/')[1:])
    assert {ref.split('"', 1)[0] for ref in named} <= set(schemas)


def test_the_screen_may_rely_on_every_field_of_a_row_and_leave_out_defaults_of_a_body() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert set(schemas["ConversationRow"]["required"]) == set(schemas["ConversationRow"]["properties"])
    assert set(schemas["SendMessage"]["required"]) == {"kind", "text", "client_id"}
    assert "default" not in json.dumps(schemas)


def test_every_call_that_changes_something_wants_the_csrf_token() -> None:
    for call in CALLS:
        security = DOCUMENT["paths"][PREFIX + call.path][call.method.lower()].get("security", [])
        assert call.open or ("csrf" in security[0]) == (call.method != "GET"), call.name
