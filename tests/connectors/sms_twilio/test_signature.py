"""Only Twilio delivers: the signature over the address and the form, or over the address that names the body's hash."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sms_twilio import TwilioSms
from connectors.sms_twilio.signature import OVERRIDES, signature
from inbox.connector import RawDelivery
from inbox.core.errors import NotAuthentic
from tests.connectors.recorded import CHANNEL, built

TOKEN = "a-token-for-tests"
URL = "https://inbox.example.test/hooks/sms_twilio/support"
FORM = [("MessageSid", "SM1"), ("From", "+491711234567"), ("To", "+15005550006"), ("Body", "Zoë & co + 100% 👋\n")]


def delivery(url: str, fields: list[tuple[str, str]], given: str | None, method: str = "POST") -> RawDelivery:
    headers = {"x-twilio-signature": given} if given is not None else {}
    return RawDelivery(CHANNEL, "k", urlencode(fields).encode(), 0, headers, {"method": method, "url": url})


def accepts(raw: RawDelivery) -> bool:
    try:
        built(TwilioSms).verify(raw)
    except NotAuthentic:
        return False
    return True


# What Twilio's own libraries are tested with: token 12345, this address, these fields.
VECTOR_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
VECTOR = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]


@pytest.mark.parametrize(
    ("url", "fields", "expected"),
    [
        (VECTOR_URL, VECTOR, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (VECTOR_URL.replace(".com", ".com:443"), VECTOR, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (VECTOR_URL.replace("https", "http").replace(".com", ".com:80"), VECTOR, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (VECTOR_URL.replace("https", "http").replace(".com", ".com:1234"), VECTOR, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (VECTOR_URL, [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")], "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        (
            VECTOR_URL + "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
            [],
            "a9nBmqA0ju/hNViExpshrM61xv4=",
        ),
    ],
)
def test_signatures_are_those_of_the_provider(url: str, fields: list[tuple[str, str]], expected: str) -> None:
    assert signature("12345", url, fields) == expected


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (URL, URL),
        (URL, URL.replace(".test", ".test:443")),
        (URL.replace(".test", ".test:8443"), URL.replace(".test", ".test:8443")),
        (URL.replace(".test", ".test:8443"), URL),
        ("http://127.0.0.1:8080/hooks/sms_twilio/support", "http://127.0.0.1:8080/hooks/sms_twilio/support"),
        ("http://[::1]/hooks/sms_twilio/support", "http://[::1]:80/hooks/sms_twilio/support"),
        (URL, URL + OVERRIDES),
        (URL + "?b=2&a=%20x", URL + "?b=2&a=%20x"),
    ],
)
def test_the_address_counts_as_it_was_entered_with_or_without_port_and_overrides(ours: str, theirs: str) -> None:
    assert accepts(delivery(ours, FORM, signature(TOKEN, theirs, FORM)))


@pytest.mark.parametrize(
    "theirs",
    [URL.replace("https", "http"), URL.replace("support", "other"), URL + "?a=1", URL.replace("inbox", "outbox"), URL + "#rc=1"],
)
def test_a_signature_for_another_address_is_none_for_this_one(theirs: str) -> None:
    assert not accepts(delivery(URL, FORM, signature(TOKEN, theirs, FORM)))


RIGHT = signature(TOKEN, URL, FORM)


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "0",
        RIGHT[:-1],
        RIGHT + "=",
        RIGHT.lower(),
        RIGHT.replace("=", "＝"),
        signature("other", URL, FORM),
        signature("", URL, FORM),
    ],
)
def test_an_absent_or_wrong_signature_is_refused(given: str | None) -> None:
    assert not accepts(delivery(URL, FORM, given))


@pytest.mark.parametrize(
    "changed",
    [
        FORM[:-1],
        [*FORM, ("MessageStatus", "delivered")],
        [*FORM, ("Body", "")],
        [("MessageSid", "SM2"), *FORM[1:]],
        [],
    ],
)
def test_a_changed_form_is_refused(changed: list[tuple[str, str]]) -> None:
    assert not accepts(delivery(URL, changed, RIGHT))


def test_the_order_of_the_fields_is_nobodys_business() -> None:
    assert accepts(delivery(URL, FORM[::-1], RIGHT))


def test_a_request_by_get_is_signed_by_its_address_alone() -> None:
    url = f"{URL}?{urlencode(FORM)}"
    assert accepts(delivery(url, [], signature(TOKEN, url, []), "GET"))


def named(body: bytes) -> str:
    return f"{URL}?bodySHA256={sha256(body).hexdigest()}"


def of_json(url: str, body: bytes, given: str) -> RawDelivery:
    headers = {"x-twilio-signature": given, "content-type": "application/json"}
    return RawDelivery(CHANNEL, "k", body, 0, headers, {"method": "POST", "url": url})


def test_a_body_that_is_no_form_is_signed_by_its_hash_in_the_address() -> None:
    body = '{"a":"ä","b":[1, 2]}'.encode()
    url = named(body)
    assert accepts(of_json(url, body, signature(TOKEN, url, [])))
    assert not accepts(of_json(url, body, ""))


def test_another_body_than_the_one_that_was_signed_is_refused() -> None:
    body = b'{"a":1}'
    url = named(body)
    right = signature(TOKEN, url, [])
    assert not accepts(of_json(url, b'{"a": 1}', right))
    assert not accepts(of_json(url, b"", right))
    assert not accepts(of_json(named(b"other"), b"other", right))
    assert not accepts(of_json(f"{url}&bodySHA256={sha256(b'x').hexdigest()}", body, signature(TOKEN, f"{url}&bodySHA256=x", [])))
    assert not accepts(of_json(URL, body, signature(TOKEN, URL, []))), "without the hash nothing proves the body"


def test_what_cannot_be_a_form_is_refused_and_not_a_fault() -> None:
    for body in (b"\xff=1", b"&".join(b"a=1" for _ in range(1000))):
        raw = RawDelivery(CHANNEL, "k", body, 0, {"x-twilio-signature": RIGHT}, {"url": URL})
        assert not accepts(raw)


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6), TEXT, st.sampled_from("abc"))
def test_what_is_signed_is_taken_and_one_letter_more_is_not(fields: list[tuple[str, str]], name: str, letter: str) -> None:
    signed = [*fields, (name, "word")]
    right = signature(TOKEN, URL, signed)
    assert accepts(delivery(URL, signed, right))
    assert not accepts(delivery(URL, [*fields, (name, f"word{letter}")], right))
    assert not accepts(delivery(URL, [*fields, (name, f"{letter}ord")], right))
