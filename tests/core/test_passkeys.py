"""Where passkeys can be used, and what is refused of what a browser brings."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.utils import websafe_decode, websafe_encode
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.errors import NotAuthentic
from inbox.core.ids import AgentId
from inbox.core.passkeys import Assertion, Party, Registered, WentBack, challenge_of, credential_of, handle_of, party_of, registered, signed
from tests.authenticator import FLAG, HOST, ORIGIN, Authenticator

MIA = AgentId("mia")
HERE = Party(ORIGIN, HOST)
ASKED = websafe_encode(b"c" * 32)
SETUP = {"user_id": handle_of(MIA), "challenge": ASKED}


@pytest.mark.parametrize(
    ("url", "party"),
    [
        ("https://inbox.example", ("https://inbox.example", "inbox.example")),
        ("https://Inbox.Example:443", ("https://inbox.example", "inbox.example")),
        ("https://inbox.example:8443", ("https://inbox.example:8443", "inbox.example")),
        ("https://bücher.example", ("https://xn--bcher-kva.example", "xn--bcher-kva.example")),
        ("http://localhost:8080", ("http://localhost:8080", "localhost")),
        ("http://127.0.0.1:8080", ("http://localhost:8080", "localhost")),
        ("http://[::1]:8080", ("http://localhost:8080", "localhost")),
        ("http://127.0.0.1:80", ("http://localhost", "localhost")),
    ],
)
def test_passkeys_are_for_the_address_people_type(url: str, party: tuple[str, str]) -> None:
    assert party_of(url) == Party(*party)


@pytest.mark.parametrize(
    "url", ["http://inbox.example", "https://192.0.2.7", "https://[2001:db8::1]", "http://10.0.0.1:8080", "https://x:99999"]
)
def test_there_are_none_without_tls_or_a_host_name(url: str) -> None:
    assert party_of(url) is None


def test_the_handle_tells_no_name() -> None:
    assert b"mia" not in websafe_decode(handle_of(MIA))
    assert handle_of(MIA) != handle_of(AgentId("ben"))
    assert 1 <= len(websafe_decode(handle_of(MIA))) <= 64


def make(authenticator: Authenticator) -> Registered:
    return registered(HERE, ASKED, **authenticator.make(SETUP))


def check(authenticator: Authenticator, made: Registered, agent: AgentId = MIA, challenge: str = ASKED, **changed: str) -> int:
    answer = Assertion(**{**authenticator.sign(ASKED), **changed})
    return signed(HERE, challenge, agent, made.key, made.counter, answer)


@pytest.mark.parametrize(("counts", "counter"), [(True, 1), (False, 0)])
def test_a_passkey_that_was_made_signs(counts: bool, counter: int) -> None:
    authenticator = Authenticator(counts=counts)
    made = make(authenticator)
    assert credential_of(made.key) == made.credential == websafe_encode(authenticator.credential)
    answer = authenticator.sign(ASKED)
    assert challenge_of(answer["client_data"]) == ASKED
    assert signed(HERE, ASKED, MIA, made.key, made.counter, Assertion(**answer)) == counter


WRONG: dict[str, dict[str, Any]] = {
    "another origin": {"origin": "https://inbox.example.evil.example"},
    "a name below ours": {"origin": "https://chat.inbox.example"},
    "no tls": {"origin": "http://inbox.example"},
    "another port": {"origin": "https://inbox.example:8443"},
    "another host's": {"host": "example"},
    "nobody there": {"flags": FLAG.UV},
    "nobody verified": {"flags": FLAG.UP},
    "in a frame": {"embedded": True},
}


@pytest.mark.parametrize("how", WRONG)
def test_what_was_not_made_here_by_a_verified_person_is_refused(how: str) -> None:
    with pytest.raises(NotAuthentic):
        make(Authenticator(**WRONG[how]))
    right = Authenticator()
    made = make(right)
    with pytest.raises(NotAuthentic):
        check(replace(right, **WRONG[how]), made)


def test_a_wrong_key_challenge_account_or_signature_is_refused() -> None:
    authenticator = Authenticator()
    made = make(authenticator)
    other = replace(Authenticator(), credential=authenticator.credential, handle=authenticator.handle)
    wrong: list[dict[str, Any]] = [
        {"challenge": websafe_encode(b"d" * 32)},
        {"agent": AgentId("ben")},
        {"user_handle": handle_of(AgentId("ben"))},
        {"user_handle": ""},
        {"id": websafe_encode(b"another")},
        {"signature": other.sign(ASKED)["signature"]},
        {"client_data": authenticator.make(SETUP)["client_data"]},
    ]
    for changed in wrong:
        with pytest.raises(NotAuthentic):
            check(authenticator, made, **changed)
    with pytest.raises(NotAuthentic):
        check(other, made)
    with pytest.raises(NotAuthentic):
        registered(HERE, websafe_encode(b"d" * 32), **authenticator.make(SETUP))


def test_a_counter_that_does_not_go_on_tells_of_a_copy() -> None:
    authenticator = Authenticator(counter=7)
    made = make(authenticator)
    assert made.counter == 7
    for counter in (5, 6, -1):
        with pytest.raises(WentBack):
            check(replace(authenticator, counter=counter), made)
    assert check(replace(authenticator, counter=9), made) == 10
    with pytest.raises(NotAuthentic) as refused:
        check(replace(authenticator, counter=2, origin="https://evil.example"), made)
    assert not isinstance(refused.value, WentBack), "nothing is said of a copy before the signature is right"


ONE = Authenticator(credential=b"i" * 32, key=ec.derive_private_key(7, ec.SECP256R1()))
MADE = make(ONE)
ANSWERS = ONE.sign(ASKED) | {f"new_{name}": value for name, value in ONE.make(SETUP).items()}
"""Made once: examples are to differ in nothing but what is drawn."""
NESTED = [websafe_encode(byte * 3000) for byte in (b"\x81", b"\x9f", b"\xa1", b"[")]


@given(
    name=st.sampled_from(sorted(ANSWERS)), first=st.integers(0, 200), last=st.integers(0, 200), put=st.binary(max_size=40), data=st.data()
)
def test_no_bytes_at_all_break_the_reader(name: str, first: int, last: int, put: bytes, data: st.DataObject) -> None:
    raw = websafe_decode(ANSWERS[name])
    broken = websafe_encode(raw[:first] + put + raw[last:])
    answers = {**ANSWERS, name: data.draw(st.sampled_from([broken, "A", *NESTED]))}
    given = Assertion(**{field: answers[field] for field in Assertion.__struct_fields__})
    for read in (
        lambda: registered(HERE, ASKED, answers["new_client_data"], answers["new_attestation"]),
        lambda: signed(HERE, ASKED, MIA, MADE.key, MADE.counter, given),
        lambda: challenge_of(given.client_data),
    ):
        with suppress(NotAuthentic):
            read()
