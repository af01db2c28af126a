"""Who sees and changes which saved reply."""

from __future__ import annotations

import pytest

from inbox.core.agent import Role
from inbox.core.errors import Denied, Invalid, NotFound
from inbox.core.ids import AgentId, FileId
from inbox.core.message import Attachment
from inbox.core.permissions import Actor
from inbox.core.saved_replies import MAX_FILES, MOST_FILES, SavedReply, require_change, sees, sound, sound_files

MIA, SUE, BOT = Actor(AgentId("mia"), Role.AGENT), Actor(AgentId("sue"), Role.SUPERVISOR), Actor(AgentId("bot"), Role.BOT)
SHARED = SavedReply("s", "Refund", "We sent it back.")
HERS = SavedReply("h", "Refund", "I sent it back.", owner=MIA.id)


def test_everybody_sees_what_is_shared_and_only_its_owner_what_is_not() -> None:
    assert [sees(who, SHARED) for who in (MIA, SUE)] == [True, True]
    assert [sees(who, HERS) for who in (MIA, SUE)] == [True, False]


def test_supervisors_change_what_is_shared_and_owners_what_is_theirs() -> None:
    require_change(SUE, SHARED)
    require_change(MIA, HERS)
    with pytest.raises(Denied):
        require_change(MIA, SHARED)
    with pytest.raises(NotFound):
        require_change(SUE, HERS)
    with pytest.raises(Denied):
        require_change(BOT, HERS)


def test_something_must_be_in_it() -> None:
    assert sound(SHARED) == SHARED
    for empty in (SavedReply("x", " ", "text"), SavedReply("x", "name", "\n ")):
        with pytest.raises(Invalid, match="must not be empty"):
            sound(empty)


def test_a_reply_brings_few_files_that_are_small_together() -> None:
    def of(*sizes: int) -> list[Attachment]:
        return [Attachment(FileId(f"f{n}"), "a", "text/plain", size) for n, size in enumerate(sizes)]

    sound_files(of(*[MAX_FILES // MOST_FILES] * MOST_FILES))
    for files in (of(*[1] * (MOST_FILES + 1)), of(MAX_FILES, 1)):
        with pytest.raises(Invalid):
            sound_files(files)
