"""Names of what was removed: one for each entry of each list, and told apart from those that are there."""

from __future__ import annotations

from inbox.core.removed import Removed, marked, removed_id


def test_entries_of_two_lists_that_have_the_same_id_are_told_apart() -> None:
    assert removed_id("queues", "support") != removed_id("teams", "support")
    assert Removed(removed_id("queues", "support"), "queues", "support", "Support").removed_at is None


def test_a_spreadsheet_says_that_it_was_removed() -> None:
    assert marked("Billing") == "Billing (removed)"
