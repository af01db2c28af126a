"""What is asked for a person's consent, and what the answers of login services mean."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from inbox.core import oauth
from inbox.core.errors import Denied, NeedsLogin, Rejected, TryLater
from inbox.core.ids import ChannelId
from inbox.core.oauth import AHEAD_MS, STATE_MS, OAuthClient, Tokens

NOW = 1_767_600_000_000
KEY, OTHER = b"k" * 32, b"o" * 32
SUPPORT = ChannelId("support")
CLIENT = OAuthClient("Google", "https://login.test/a", "https://login.test/t", "id", "secret", ("mail", "more"), "help@x.test", {"p": "q"})


def asked(client: OAuthClient) -> dict[str, list[str]]:
    return parse_qs(urlsplit(oauth.address_of_consent(client, "https://inbox.test/oauth/return", "state", "the-verifier")).query)


def test_the_page_of_consent_gets_everything_but_the_secrets() -> None:
    query = asked(CLIENT)
    hashed = base64.urlsafe_b64encode(hashlib.sha256(b"the-verifier").digest()).decode().rstrip("=")
    assert query == {
        "response_type": ["code"],
        "client_id": ["id"],
        "redirect_uri": ["https://inbox.test/oauth/return"],
        "scope": ["mail more"],
        "state": ["state"],
        "code_challenge": [hashed],
        "code_challenge_method": ["S256"],
        "login_hint": ["help@x.test"],
        "p": ["q"],
    }
    assert "login_hint" not in asked(replace(CLIENT, user=""))
    assert asked(replace(CLIENT, authorize_url="https://login.test/a?tenant=1"))["tenant"] == ["1"]


def test_the_forms_name_who_asks_and_a_public_client_has_no_secret() -> None:
    assert oauth.redemption(CLIENT, "code", "https://r", "v") == {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": "https://r",
        "code_verifier": "v",
        "client_id": "id",
        "client_secret": "secret",
    }
    assert oauth.renewal(replace(CLIENT, client_secret=""), Tokens("a", NOW, "r")) == {
        "grant_type": "refresh_token",
        "refresh_token": "r",
        "client_id": "id",
    }


def test_the_verifier_differs_by_key_and_nonce_and_is_as_long_as_it_must_be() -> None:
    assert len({oauth.verifier(key, nonce) for key in (KEY, OTHER) for nonce in ("a", "b")}) == 4
    assert 43 <= len(oauth.verifier(KEY, "a")) <= 128  # RFC 7636 section 4.1


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("told", "life_s"), [(120, 120), ("120", 120), (None, 3600), ("soon", 3600), ("1e400", 3600), (-5, 0), (10**9, 24 * 3600)]
)
def test_tokens_last_as_long_as_the_provider_says_within_reason(told: object, life_s: int) -> None:
    said = body(access_token="a", refresh_token="r", expires_in=told)
    assert oauth.granted(200, said, NOW) == Tokens("a", NOW + life_s * 1000, "r")


def test_a_refresh_token_that_does_not_come_anew_stays() -> None:
    before = Tokens("a", NOW, "old")
    assert oauth.granted(200, body(access_token="b"), NOW, before).refresh == "old"
    assert oauth.granted(200, body(access_token="b", refresh_token="new"), NOW, before).refresh == "new"
    with pytest.raises(Rejected, match="no_refresh_token"):
        oauth.granted(200, body(access_token="b"), NOW)


@pytest.mark.parametrize(
    ("status", "answer", "means"),
    [
        (400, body(error="invalid_grant", error_description="AADSTS700082: expired"), Rejected),
        (400, body(error="interaction_required"), Rejected),
        (401, body(error="invalid_client", error_description="AADSTS7000222: the secret\r\nhas expired"), NeedsLogin),
        (400, body(error="unauthorized_client"), NeedsLogin),
        (400, body(error="temporarily_unavailable"), TryLater),
        (429, body(error="invalid_grant"), TryLater),
        (500, b"<h1>Oops</h1>", TryLater),
        (502, body(error="invalid_grant"), TryLater),
        (200, b"<h1>Log in to the hotel</h1>", TryLater),
        (200, b"[]", TryLater),
        (404, b"", TryLater),
    ],
)
def test_what_a_refusal_means(status: int, answer: bytes, means: type[Exception]) -> None:
    with pytest.raises(means) as raised:
        oauth.granted(status, answer, NOW)
    assert "\n" not in str(raised.value)


def test_a_token_is_renewed_before_it_ends_and_used_until_then() -> None:
    tokens = Tokens("a", NOW + AHEAD_MS + 1, "r")
    assert tokens.fresh(NOW)
    assert not tokens.fresh(NOW + 1)
    assert tokens.usable(NOW + AHEAD_MS)
    assert not tokens.usable(NOW + AHEAD_MS + 1)
    assert not tokens.usable(NOW, refused="a")


def test_another_registration_or_account_needs_another_consent() -> None:
    changes: list[dict[str, Any]] = [{"client_id": "x"}, {"token_url": "https://x"}, {"user": "y@x.test"}, {"scopes": ("mail",)}]
    assert len({CLIENT.id, *(replace(CLIENT, **change).id for change in changes)}) == 5
    for same in ({"client_secret": "renewed"}, {"user": "Help@X.test"}, {"scopes": ("more", "mail")}):
        assert replace(CLIENT, **same).id == CLIENT.id


def test_what_comes_back_counts_in_the_login_that_began_it_only_and_not_for_long() -> None:
    state = oauth.state_of(KEY, SUPPORT, "session", "nonce", NOW)
    assert oauth.read_state((OTHER, KEY), state, "session", NOW + STATE_MS) == (SUPPORT, "nonce", KEY)
    for broken in (state[:-1], "x" + state, state.replace("support", "sales"), "", "..", "\ud800.1.n.s"):
        with pytest.raises(Denied, match="not_begun_here"):
            oauth.read_state((KEY,), broken, "session", NOW)
    with pytest.raises(Denied, match="not_begun_here"):
        oauth.read_state((KEY,), state, "another session", NOW)
    with pytest.raises(Denied, match="not_begun_here"):
        oauth.read_state((OTHER,), state, "session", NOW)
    with pytest.raises(Denied, match="too_late"):
        oauth.read_state((KEY,), state, "session", NOW + STATE_MS + 1)
