"""Only Vonage delivers: a token for these very bytes, or signed fields, and not older than a day."""

from __future__ import annotations

import json
from hashlib import md5, sha256
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from connectors.sms_vonage import VonageSms
from connectors.sms_vonage.signature import signed_fields
from inbox.app.contract import ARRIVED
from inbox.connector import RawDelivery
from inbox.core.errors import NotAuthentic
from tests.connectors.recorded import CHANNEL, Case, built, cases

SECRET = "the-signature-secret-of-32-bytes!"
BODY = '{"channel":"sms","message_uuid":"u","from":"491711234567","text":"Zoë 👋"}'.encode()
NOW = ARRIVED // 1000
HOUR = 3600


def token(body: bytes = BODY, secret: str = SECRET, **claims: Any) -> str:
    told = {"iat": NOW, "jti": "j", "iss": "Vonage", "api_key": "abcd1234", "payload_hash": sha256(body).hexdigest(), **claims}
    told = {name: value for name, value in told.items() if value is not None}
    return jwt.encode({"alg": "HS256", "typ": "JWT"}, told, OctKey.import_key(secret.encode()))


def delivery(authorization: str | None, body: bytes = BODY) -> RawDelivery:
    headers = {} if authorization is None else {"authorization": authorization}
    return RawDelivery(CHANNEL, "k", body, ARRIVED, headers, {"method": "POST", "url": "https://inbox.example.test/hooks"})


def accepts(raw: RawDelivery) -> bool:
    try:
        built(VonageSms).verify(raw)
    except NotAuthentic:
        return False
    return True


@pytest.mark.parametrize(
    "right",
    [
        f"Bearer {token()}",
        f"bearer {token()}",
        f"Bearer {token(api_key=None)}",
        f"Bearer {token(application_id='a')}",
        f"Bearer {token(payload_hash=sha256(BODY).hexdigest().upper())}",
        f"Bearer {token(iat=NOW - 24 * HOUR)}",
        f"Bearer {token(iat=NOW + 60)}",
    ],
)
def test_a_token_for_these_bytes_is_taken(right: str) -> None:
    assert accepts(delivery(right))


def unsigned() -> str:
    _, claims, _ = token().split(".")
    return f"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}."


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer a.b.c",
        "Bearer é.é.é",
        token(),
        f"Basic {token()}",
        f"Bearer {unsigned()}",
        f"Bearer {token()[:-2]}",
        f"Bearer {token(secret='another-secret-that-is-32-bytes!!')}",
        f"Bearer {token(body=BODY + b' ')}",
        f"Bearer {token(payload_hash=None)}",
        f"Bearer {token(payload_hash=7)}",
        f"Bearer {token(payload_hash='é')}",
        f"Bearer {token(api_key='another1')}",
        f"Bearer {token(iat=None)}",
        f"Bearer {token(iat=True)}",
        f"Bearer {token(iat=NOW - 26 * HOUR)}",
        f"Bearer {token(iat=NOW + HOUR)}",
        f"Bearer {token(iat=1e300)}",
    ],
)
def test_any_other_token_is_none(wrong: str | None) -> None:
    assert not accepts(delivery(wrong))


def test_the_hash_is_over_the_bytes_as_they_came() -> None:
    spaced = json.dumps(json.loads(BODY)).encode()
    assert not accepts(delivery(f"Bearer {token()}", spaced))
    assert accepts(delivery(f"Bearer {token(body=spaced)}", spaced))


# The SMS API's own scheme


def sms_case(name: str) -> Case:
    return next(case for case in cases(VonageSms) if case.file.name == f"{name}.in.json")


def fields(**more: str) -> dict[str, str]:
    told: dict[str, str] = json.loads(sms_case("sms_text").raw().body)
    told = {**told, "timestamp": str(NOW), "text": "a & b = c", **more}
    return {**told, "sig": signed_fields(told, SECRET).upper()}


def in_json(told: dict[str, Any]) -> RawDelivery:
    return RawDelivery(CHANNEL, "k", json.dumps(told).encode(), ARRIVED)


def test_the_signed_text_is_that_of_the_providers_libraries() -> None:
    """Their published example is for MD5 over the same text with the secret behind it."""
    told = {"a": "1", "b": "2", "timestamp": "1461605396"}
    text = "".join(f"&{name}={value}" for name, value in sorted(told.items()))
    assert md5(f"{text}secret".encode(), usedforsecurity=False).hexdigest() == "6af838ef94998832dbfc29020b564830"
    assert signed_fields({**told, "sig": "x"}, "secret") == signed_fields(told, "secret")
    assert signed_fields({**told, "a": "1&2=3"}, "secret") == signed_fields({**told, "a": "1_2_3"}, "secret")


def test_signed_fields_are_taken_as_json_as_a_form_and_in_the_address() -> None:
    told = fields()
    assert accepts(in_json(told))
    assert accepts(RawDelivery(CHANNEL, "k", urlencode(told).encode(), ARRIVED))
    assert accepts(RawDelivery(CHANNEL, "k", b"", ARRIVED, context={"query": urlencode(told)}))


@pytest.mark.parametrize(
    "change",
    [
        {"text": "other"},
        {"sig": ""},
        {"sig": "é"},
        {"sig": 7},
        {"more": "x"},
        {"messageId": "0B"},
        {"timestamp": str(NOW + 1)},
        {"text": 5},
    ],
)
def test_changed_fields_are_refused(change: dict[str, Any]) -> None:
    assert not accepts(in_json({**fields(), **change}))


def test_a_field_cannot_be_hidden_in_the_name_of_another() -> None:
    told = {"a": "1", "b": "2", "timestamp": str(NOW)}
    sig = signed_fields(told, SECRET)
    assert not accepts(in_json({"a=1&b": "2", "timestamp": str(NOW), "sig": sig}))


@pytest.mark.parametrize(
    "more", [{"timestamp": str(NOW - 26 * HOUR)}, {"timestamp": str(NOW + HOUR)}, {"timestamp": ""}, {"api-key": "another1"}]
)
def test_old_fields_and_those_of_another_account_are_refused(more: dict[str, str]) -> None:
    assert accepts(in_json(fields()))
    assert not accepts(in_json(fields(**more)))


def test_what_is_neither_json_nor_a_form_is_refused_and_not_a_fault() -> None:
    for body in (b"\xff", b"[" * 5000, b"{", b"[1]", b"{}"):
        assert not accepts(RawDelivery(CHANNEL, "k", body, ARRIVED))
