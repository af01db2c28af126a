"""Standard Webhooks: signatures as its own libraries make them, for several secrets at once."""

from __future__ import annotations

import pytest

from inbox.core.errors import NotAuthentic
from inbox.core.standard_webhooks import key_of, signed, verify

KEYS = (key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),)
OTHER = key_of("whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0")


def test_the_signature_is_the_one_of_the_specification() -> None:
    """The values that the specification's own libraries are tested with."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    verify(KEYS, headers, b'{"test": 2432232314}', 1_614_265_330_000)
    assert signed(KEYS, headers["webhook-id"], 1_614_265_330_999, b'{"test": 2432232314}') == headers


def test_while_a_secret_changes_either_one_is_good() -> None:
    headers = signed((*KEYS, OTHER), "msg_1", 1_000_000, b"{}")
    assert len(headers["webhook-signature"].split()) == 2
    verify(KEYS, headers, b"{}", 1_000_000)
    verify((OTHER,), headers, b"{}", 1_000_000)
    with pytest.raises(NotAuthentic):
        verify((OTHER,), signed(KEYS, "msg_1", 1_000_000, b"{}"), b"{}", 1_000_000)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_c2hvcnQ=", "whsec_not base64", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_what_is_no_secret_is_told_how_to_make_one(secret: str) -> None:
    with pytest.raises(ValueError, match="openssl rand"):
        key_of(secret)
