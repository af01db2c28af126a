"""Files are kept whole, adopted by messages, and swept when nobody wants them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from inbox.core.errors import NotFound
from inbox.core.ids import AgentId, ConversationId, DeliveryId, FileId
from inbox.core.message import Attachment
from inbox.core.saved_replies import SavedReply
from inbox.records import MESSAGES, SAVED_REPLIES, Batch, Draft, Put, Removal
from inbox.store import blobs
from inbox.store.client import Database
from inbox.store.files import MongoFiles
from inbox.store.ledger import INLINE_BYTES, MongoLedger
from inbox.testing.builders import a_delivery, a_file, a_message
from inbox.testing.clock import START
from tests.eventually import PATIENCE_S
from tests.store.conftest import Store

C1 = ConversationId("c1")
DAY = 24 * 60 * 60 * 1000
IN_THIRTY_YEARS = START + 30 * 365 * DAY


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    """An upload that comes in parts."""
    for part in parts:
        yield part


async def content(store: Store, id: str) -> bytes:
    """All of a file."""
    return b"".join([piece async for piece in store.files.open(id)])


@pytest.mark.parametrize("size", [0, 1, 261_120, 1_000_000])
async def test_a_file_comes_back_whole(store: Store, size: int) -> None:
    body = bytes(i % 251 for i in range(size))
    stored = await store.files.store(a_file(), pieces(body[: size // 2], b"", body[size // 2 :]))
    assert stored == a_file(size=size)
    assert await store.files.find("f1") == stored
    assert await content(store, "f1") == body


@pytest.mark.parametrize("start", [1, 261_119, 261_120, 261_121, 999_999, 1_000_000])
async def test_a_file_is_read_from_any_byte_on(store: Store, start: int) -> None:
    body = bytes(i % 251 for i in range(1_000_000))
    await store.files.store(a_file(), body)
    assert b"".join([piece async for piece in store.files.open("f1", start)]) == body[start:]


async def test_storing_the_same_id_again_changes_nothing(store: Store) -> None:
    first = await store.files.store(a_file(), b"first")
    assert await store.files.store(a_file(name="other.txt"), b"second") == first
    assert await content(store, "f1") == b"first"


async def test_a_file_nobody_stored_is_not_found(store: Store) -> None:
    assert await store.files.find("none") is None
    with pytest.raises(NotFound):
        await content(store, "none")


async def test_an_upload_that_breaks_off_leaves_no_file(store: Store) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(300_000)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.files.store(a_file(), broken())
    assert await store.files.find("f1") is None
    assert (await store.files.store(a_file(), b"again")).size == 5


async def test_adopted_files_stay_with_the_first_message(store: Store) -> None:
    await store.files.store(a_file(), b"x")
    await store.files.adopt(["f1", "none"], "message:m1", C1)
    await store.files.adopt(["f1"], "message:forwarded", ConversationId("c2"))
    assert await store.files.find("f1") == a_file(size=1, owner="message:m1", conversation=C1)


async def test_the_sweep_takes_old_uploads_and_nothing_a_message_names(store: Store) -> None:
    for id, at in (("old", START), ("new", START + DAY), ("adopted", START), ("crashed", START)):
        await store.files.store(a_file(id, at=at), id.encode())
    attachments = tuple(Attachment(FileId(id), "a", "text/plain", 1) for id in ("adopted", "crashed"))
    await store.journal.commit(Batch(puts=[Put(MESSAGES, a_message("m1", attachments=attachments), None)]))
    await store.files.adopt(["adopted"], "message:m1", C1)
    assert await store.files.sweep(START + 1) == 1
    assert await store.files.find("old") is None
    assert await content(store, "new") == b"new"
    assert await content(store, "crashed") == b"crashed"
    assert await store.files.find("crashed") == a_file("crashed", size=7, owner="message:m1", conversation=C1)
    assert await store.files.sweep(START + 1) == 0


async def test_the_sweep_gives_fresh_files_to_their_message_after_a_crash(store: Store) -> None:
    for n in range(3):
        await store.files.store(a_file(f"fresh{n}", at=START + DAY + n // 2), b"x")
    attachments = tuple(Attachment(FileId(f"fresh{n}"), "a", "text/plain", 1) for n in (0, 2))
    await store.journal.commit(Batch(puts=[Put(MESSAGES, a_message("m1", attachments=attachments), None)]))
    assert await store.files.sweep(START) == 0
    owners = [file.owner for n in range(3) if (file := await store.files.find(f"fresh{n}"))]
    assert owners == ["message:m1", a_file().owner, "message:m1"]


async def test_the_sweep_leaves_what_waits_in_a_draft(store: Store) -> None:
    for id in ("drafted", "dropped"):
        await store.files.store(a_file(id), b"x")
    await store.own.save_draft(Draft(AgentId("mia"), C1, "reply", "soon", 0, START, files=("drafted",)), 0)
    assert await store.files.sweep(START + DAY) == 1
    assert await store.files.find("drafted") is not None
    await store.own.delete_draft(AgentId("mia"), C1, "reply")
    assert await store.files.sweep(START + 2 * DAY) == 1
    assert await store.files.find("drafted") is None


async def test_the_sweep_leaves_what_a_saved_reply_brings_and_no_message_takes_it(store: Store) -> None:
    await store.files.store(a_file("terms"), b"terms")
    await store.files.keep(["terms"], "reply:r1")
    reply = SavedReply("r1", "Terms", "Here they are.", files=(Attachment(FileId("terms"), "a", "text/plain", 5),))
    await store.journal.commit(Batch(puts=[Put(SAVED_REPLIES, reply, None)]))
    await store.files.adopt(["terms"], "message:m1", C1)
    assert await store.files.sweep(START + DAY) == 0
    found = await store.files.find("terms")
    assert found is not None
    assert found.owner == "reply:r1"
    await store.journal.commit(Batch(removals=[Removal(SAVED_REPLIES, "r1")]))
    assert await store.files.sweep(START + 2 * DAY) == 1
    assert await store.files.find("terms") is None


async def test_a_copy_has_the_same_bytes_and_keeps_them_when_the_original_goes(store: Store) -> None:
    await store.files.store(a_file("original", name="terms.pdf"), b"terms")
    copy = await store.files.copy("original", a_file("copy", name="", at=START + 2 * DAY))
    assert (copy.name, copy.size, copy.owner) == ("terms.pdf", 5, a_file().owner)
    assert await store.files.copy("original", a_file("copy", name="other", at=START + 3 * DAY)) == copy
    assert await store.files.sweep(START + DAY) == 1
    assert await store.files.find("original") is None
    assert await content(store, "copy") == b"terms"
    with pytest.raises(NotFound):
        await store.files.copy("original", a_file("another"))
    assert await store.files.find("another") is None


async def test_a_copy_is_not_stored_again_and_its_bytes_go_with_the_last(mongo: Database) -> None:
    files = MongoFiles(mongo)
    await files.store(a_file("original"), b"terms")
    await files.copy("original", a_file("copy", at=START + 2 * DAY))
    assert await mongo["blobs.files"].count_documents({}) == 1
    await files.sweep(START + DAY)
    assert await mongo["blobs.files"].count_documents({}) == 1
    await files.sweep(START + 3 * DAY)
    assert await mongo["blobs.files"].count_documents({}) == 0


async def test_the_sweep_takes_bytes_that_nothing_names(mongo: Database) -> None:
    """An upload whose process died, and the body of a delivery that was there before; but no body that a row names."""
    files, ledger = MongoFiles(mongo), MongoLedger(mongo, PATIENCE_S)
    orphan, _ = await blobs.write(mongo, b"orphan")
    await files.store(a_file("kept", at=IN_THIRTY_YEARS), b"kept")
    large = a_delivery(body=bytes(INLINE_BYTES + 1))
    await ledger.record([(DeliveryId("d1"), large)])
    await ledger.record([(DeliveryId("d1"), large)])
    assert await mongo["blobs.files"].count_documents({}) == 4
    await files.sweep(IN_THIRTY_YEARS)
    assert await mongo["blobs.files"].count_documents({}) == 2
    with pytest.raises(NotFound):
        await blobs.read_all(mongo, orphan)
    row = await ledger.get(DeliveryId("d1"))
    assert row is not None
    assert row.raw == large
    assert [piece async for piece in files.open("kept")] == [b"kept"]
