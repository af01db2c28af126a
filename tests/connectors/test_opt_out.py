"""STOP and START are heard on every SMS channel, and each of them is held to what was said."""

import pytest

from inbox.connector import Connector, InboundMessage
from inbox.core.errors import Unsupported
from tests.connectors import recorded

SMS = [kind for kind in recorded.channels() if kind.name.startswith("sms_")]


def said(kind: type[Connector]) -> set[str]:
    """What the recorded deliveries say about being written to."""
    found: set[str] = set()
    for case in recorded.cases(kind):
        try:
            found |= {item.consent for item in kind.parse(case.raw()) if isinstance(item, InboundMessage)}
        except Unsupported:
            continue
    return found


@pytest.mark.parametrize("kind", SMS, ids=lambda kind: kind.name)
def test_every_sms_channel_hears_stop_and_start_and_obeys(kind: type[Connector]) -> None:
    assert kind.capabilities.opt_out
    assert {"out", "in"} <= said(kind)
