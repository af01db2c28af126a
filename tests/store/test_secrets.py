"""Sealed credentials: they come back only in their place, with any key that is still there, and never as text in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.errors import CannotStart, NeedsLogin
from inbox.store.secrets import Keyring, make_key

OLD, NEW = make_key("2025"), make_key("2026")


@given(st.text(), st.text(max_size=20), st.text(max_size=20))
def test_what_was_sealed_comes_back_and_is_not_readable_meanwhile(value: str, channel: str, field: str) -> None:
    keyring = Keyring([NEW])
    sealed = keyring.seal(value, channel=channel, field=field)
    assert keyring.unseal(sealed, channel=channel, field=field) == value
    assert len(value) < 8 or value not in sealed
    assert sealed != keyring.seal(value, channel=channel, field=field)


@pytest.mark.parametrize("place", [("support", "smtp_password"), ("sales", "imap_password"), ("supportimap_", "password")])
def test_a_value_moved_elsewhere_does_not_open(place: tuple[str, str]) -> None:
    keyring = Keyring([NEW])
    sealed = keyring.seal("hunter2", channel="support", field="imap_password")
    with pytest.raises(NeedsLogin):
        keyring.unseal(sealed, channel=place[0], field=place[1])


@given(st.integers(0), st.sampled_from("Ab0-_."))
def test_a_changed_value_never_opens_as_something_else(where: int, letter: str) -> None:
    keyring = Keyring([NEW])
    sealed = keyring.seal("hunter2", channel="support", field="password")
    place = where % len(sealed)
    changed = sealed[:place] + letter + sealed[place + 1 :]
    try:
        assert keyring.unseal(changed, channel="support", field="password") == "hunter2"
    except NeedsLogin:
        assert changed != sealed


@given(st.text(max_size=60))
def test_rubbish_asks_for_a_login_and_nothing_else(rubbish: str) -> None:
    with pytest.raises(NeedsLogin):
        Keyring([NEW]).unseal(rubbish, channel="support", field="password")


def test_keys_rotate_without_losing_anything() -> None:
    before = Keyring([OLD])
    sealed = before.seal("hunter2", channel="support", field="password")
    assert not before.needs_rotation(sealed)
    during = Keyring([NEW, OLD])
    assert during.needs_rotation(sealed)
    again = during.seal(during.unseal(sealed, channel="support", field="password"), channel="support", field="password")
    after = Keyring([NEW])
    assert not after.needs_rotation(again)
    assert after.unseal(again, channel="support", field="password") == "hunter2"
    with pytest.raises(NeedsLogin, match="'2025'"):
        after.unseal(sealed, channel="support", field="password")


def test_derived_keys_differ_by_purpose_and_key_and_stay_the_same() -> None:
    keyring = Keyring([NEW, OLD])
    tokens, addresses = keyring.derived("tokens"), keyring.derived("addresses")
    assert len({*tokens, *addresses}) == 4
    assert tokens == Keyring([NEW, OLD]).derived("tokens")
    assert tokens[1] == Keyring([OLD]).derived("tokens")[0]


@pytest.mark.parametrize("keys", [[], ["secret"], ["k1:c2hvcnQ="], [OLD, OLD], [f"{OLD} "]])
def test_bad_keys_stop_the_start_without_being_shown(keys: list[str]) -> None:
    with pytest.raises(CannotStart) as refusal:
        Keyring(keys)
    assert refusal.value.remedy
    assert not any(key.partition(":")[2] in str(refusal.value) for key in keys if ":" in key)
    assert "secret'" not in str(refusal.value)


def test_a_keyring_in_a_log_shows_ids_only() -> None:
    assert repr(Keyring([NEW, OLD])) == "Keyring(2026, 2025)"
