"""Ports of channels: which two would be one and the same."""

from __future__ import annotations

import pytest

from inbox.core.listening import clash, listener_of

OTHERS = (("mail", "127.0.0.1", 25), ("all", "0.0.0.0", 26), ("odd", None, 27))


@pytest.mark.parametrize(
    ("host", "port", "who"),
    [
        ("127.0.0.1", 25, "mail"),
        ("LOCALHOST", 25, "mail"),
        ("", 25, "mail"),
        ("10.0.0.1", 25, ""),
        ("10.0.0.1", 26, "all"),
        ("127.0.0.1", 27, ""),
        ("127.0.0.1", 28, ""),
        ("127.0.0.1", 0, ""),
        (None, 25, ""),
        ("127.0.0.1", "25", ""),
    ],
)
def test_who_listens_there_already(host: object, port: object, who: str) -> None:
    assert clash(host, port, OTHERS) == who


def test_where_a_channel_listens_by_its_settings() -> None:
    assert listener_of({"listener": {"port": 25}}) == ("127.0.0.1", 25)
    assert listener_of({"listener": {"host": "::", "port": 25}}) == ("::", 25)
    assert listener_of({"listener": None}) is None
    assert listener_of({}) is None
    assert listener_of(None) is None
