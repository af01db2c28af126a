"""Whom a provider's answers name, and every answer that is not believed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from inbox.core.errors import NeedsLogin, Rejected
from inbox.core.sso import (
    SKEW_S,
    Person,
    Provider,
    UnknownKey,
    client_of,
    discovery_address,
    id_token_of,
    identify,
    nonce_of,
    read_metadata,
    sign_in_id,
)

NOW = 1_700_000_000
OURS = Provider("example", "Example", "https://login.example", "me", "hush")
KEY = ECKey.generate_key("P-256", {"kid": "one"})
KEYS = KeySet([KEY])
CLAIMS: dict[str, Any] = {"iss": OURS.issuer, "aud": "me", "sub": "7", "iat": NOW, "exp": NOW + 300, "nonce": "n"}
SAID = {"issuer": OURS.issuer, **{end: f"https://login.example/{end}" for end in ("authorization_endpoint", "token_endpoint", "jwks_uri")}}


def token(**changes: Any) -> str:
    return jwt.encode({"alg": "ES256", "kid": "one"}, {k: v for k, v in {**CLAIMS, **changes}.items() if v is not None}, KEY)


def named(text: str, at: int = NOW) -> Person:
    return identify(OURS, KEYS, text, "n", at * 1000)


def test_who_is_named_is_who_the_provider_signed_for() -> None:
    assert named(token()) == Person(OURS.issuer, "7")
    full = token(email=" mia@example.com ", email_verified=True, name="Mia\n  Moss", aud=["me"], azp="me")
    assert named(full) == Person(OURS.issuer, "7", "mia@example.com", email_verified=True, name="Mia Moss")
    assert named(token(aud=["me", "you"], azp="me")).subject == "7"


@pytest.mark.parametrize(
    ("said", "verified"), [(True, True), ("true", True), (False, False), ("false", False), ("yes", False), (None, False)]
)
def test_an_address_is_verified_only_where_that_is_said(said: object, verified: bool) -> None:
    assert named(token(email="a@x.org", email_verified=said)).email_verified is verified


def test_clocks_may_differ_by_a_minute_and_not_more() -> None:
    assert named(token(), NOW + 300 + SKEW_S - 1).subject == "7"
    assert named(token(), NOW - SKEW_S).subject == "7"
    for at in (NOW + 300 + SKEW_S, NOW - SKEW_S - 1):
        with pytest.raises(Rejected):
            named(token(), at)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://login.example/"}, "wrong_issuer"),
        ({"aud": "you"}, "wrong_audience"),
        ({"aud": []}, "wrong_audience"),
        ({"aud": ["me", "you"]}, "wrong_party"),
        ({"azp": "you"}, "wrong_party"),
        ({"nonce": ""}, "wrong_nonce"),
        ({"nonce": "ñ"}, "wrong_nonce"),
        ({"sub": ""}, "no_subject"),
        ({"sub": "x" * 256}, "no_subject"),
        ({"aud": None}, "bad_token"),
        ({"exp": "soon"}, "bad_token"),
    ],
)
def test_what_was_not_meant_for_this_login_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(Rejected) as refused:
        named(token(**changes))
    assert refused.value.reason == why


def test_a_key_that_is_not_known_is_told_from_a_signature_that_is_wrong() -> None:
    head, body, signature = token().split(".")
    for text in ("", "a.b", f"{head}.{body}.", f"{head}.{body}.{signature[::-1]}"):
        with pytest.raises(Rejected) as refused:
            named(text)
        assert not isinstance(refused.value, UnknownKey)
    with pytest.raises(UnknownKey):
        named(jwt.encode({"alg": "ES256", "kid": "two"}, CLAIMS, ECKey.generate_key("P-256")))


def test_a_provider_describes_itself() -> None:
    assert discovery_address(OURS) == "https://login.example/.well-known/openid-configuration"
    said = read_metadata(OURS, json.dumps({**SAID, "more": 1}).encode())
    client = client_of(OURS, said, "n")
    assert (client.authorize_url, client.extra["nonce"]) == ("https://login.example/authorization_endpoint", "n")


@pytest.mark.parametrize(
    "body",
    [
        b"no",
        b"{}",
        json.dumps({**SAID, "issuer": "https://evil.example"}).encode(),
        json.dumps({**SAID, "token_endpoint": "http://login.example/token"}).encode(),
        json.dumps({**SAID, "jwks_uri": "file:///etc/keys"}).encode(),
    ],
)
def test_a_description_that_leads_astray_is_refused(body: bytes) -> None:
    with pytest.raises(NeedsLogin):
        read_metadata(OURS, body)


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (400, b'{"error": "invalid_grant"}', "invalid_grant"),
        (500, b"oops", "http_500"),
        (200, b"{}", "http_200"),
        (403, b'{"id_token": "t"}', "http_403"),
    ],
)
def test_an_answer_without_a_token_is_refused(status: int, body: bytes, why: str) -> None:
    with pytest.raises(Rejected) as refused:
        id_token_of(status, body)
    assert refused.value.reason == why
    assert id_token_of(200, b'{"id_token": "t"}') == "t"


def test_only_issuer_and_subject_say_who_it_is() -> None:
    assert sign_in_id("a", "b") != sign_in_id("b", "a")
    assert sign_in_id("ab", "c") != sign_in_id("a", "bc")
    assert nonce_of(b"k", "s") != nonce_of(b"k", "t")
