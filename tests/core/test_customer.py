"""An identity is its kind, scope and value, and nothing else."""

from __future__ import annotations

from inbox.core.customer import identity_id
from inbox.core.ids import ChannelId, message_id


def test_an_address_is_one_identity_wherever_it_is_seen() -> None:
    assert identity_id("email", "", "ann@example.org") == identity_id("email", "", "ann@example.org")
    assert identity_id("webchat", "shop", "1") != identity_id("webchat", "blog", "1")
    assert identity_id("email", "", "1") != identity_id("phone", "", "1")
    assert identity_id("mail", "", "1") != message_id(ChannelId("mail"), "1")
