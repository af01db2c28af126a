"""Bytes in GridFS. Every blob gets an id of its own and is written once; what names it is stored afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

from bson import ObjectId
from gridfs import AsyncGridFSBucket
from gridfs.errors import GridFSError, NoFile

from inbox.core.errors import NotFound, Unavailable
from inbox.core.ids import Instant
from inbox.store.client import Database, border

BUCKET: Final = "blobs"


async def write(db: Database, content: AsyncIterator[bytes] | bytes) -> tuple[ObjectId, int]:
    """A new blob's id and size; majority-durable when it returns. A writer that stops half-way leaves nothing that can be opened."""
    blob, size = ObjectId(), 0
    async with AsyncGridFSBucket(db, BUCKET).open_upload_stream_with_id(blob, "") as stream:
        if isinstance(content, bytes):
            size = len(content)
            await stream.write(content)
        else:
            async for part in content:
                size += len(part)
                await stream.write(part)
    return blob, size


async def read(db: Database, blob: ObjectId, start: int = 0) -> AsyncIterator[bytes]:
    """Its bytes from ``start`` on, in pieces. Raises ``NotFound``, and ``Unavailable`` for a blob that is damaged."""
    with border():
        try:
            stream = await AsyncGridFSBucket(db, BUCKET).open_download_stream(blob)
            await stream.seek(start)
            while piece := await stream.readchunk():
                yield piece
        except NoFile as error:
            raise NotFound from error
        except GridFSError as error:
            raise Unavailable(f"damaged file: {type(error).__name__}") from error


async def read_all(db: Database, blob: ObjectId) -> bytes:
    """All its bytes at once."""
    return b"".join([piece async for piece in read(db, blob)])


async def delete(db: Database, blob: ObjectId) -> None:
    """Remove a blob; harmless when it is gone."""
    try:
        await AsyncGridFSBucket(db, BUCKET).delete(blob)
    except NoFile:
        return


async def after(db: Database, last: ObjectId, before: Instant, limit: int) -> list[ObjectId]:
    """Blobs behind ``last`` that were begun before an instant, oldest first. Ids tell the time, so abandoned uploads are among them."""
    each: list[dict[str, Any]] = [
        {"$match": {"files_id": {"$gt": last, "$lt": first_of(before)}}},
        {"$sort": {"files_id": 1}},
        {"$group": {"_id": "$files_id"}},
        {"$sort": {"_id": 1}},
        {"$limit": limit},
    ]
    return [doc["_id"] async for doc in await db[f"{BUCKET}.chunks"].aggregate(each)]


def first_of(instant: Instant) -> ObjectId:
    """An id before that of every blob begun at the instant or later."""
    return ObjectId.from_datetime(datetime.fromtimestamp(max(instant, 0) / 1000, UTC))
