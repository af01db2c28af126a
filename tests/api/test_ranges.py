"""Recordings are played where they stand, also from the middle: byte ranges through the gate."""

from __future__ import annotations

import pytest
from aiohttp import FormData

from inbox.api import sniffing
from tests.api.world import Browser, World

SOUND = b"ID3" + bytes(range(256)) * 800
NAME = "voice.mp3"


async def stored(browser: Browser, content: bytes = SOUND, name: str = NAME, kind: str = "audio/mpeg") -> str:
    """The address of an upload."""
    form = FormData(quote_fields=False)
    form.add_field("file", content, filename=name, content_type=kind)
    return f"/files/{(await (await browser.ask('POST', '/uploads', data=form)).json())['id']}"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-", 0, len(SOUND)),
        ("bytes=0-0", 0, 1),
        ("bytes=100000-", 100_000, len(SOUND)),
        ("bytes=65530-65545", 65_530, 65_546),
        ("bytes=-10", len(SOUND) - 10, len(SOUND)),
        ("bytes=-999999999", 0, len(SOUND)),
        (f"bytes=5-{len(SOUND) * 2}", 5, len(SOUND)),
    ],
)
async def test_a_range_is_answered_with_just_these_bytes(world: World, asked: str, start: int, end: int) -> None:
    mia = await world.log_in("mia")
    answer = await mia.ask("GET", await stored(mia), headers={"Range": asked})
    assert answer.status == 206
    assert await answer.read() == SOUND[start:end]
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(SOUND)}"
    assert (answer.content_type, answer.headers["Accept-Ranges"]) == ("audio/mpeg", "bytes")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("asked", ["bytes=9-1", "bytes=0-1,5-9", "lines=1-2", "bytes=x-", "bytes=-", "bytes=1-2-3"])
async def test_what_is_no_range_gets_the_whole_file(world: World, asked: str) -> None:
    mia = await world.log_in("mia")
    answer = await mia.ask("GET", await stored(mia), headers={"Range": asked})
    assert (answer.status, await answer.read()) == (200, SOUND)


@pytest.mark.parametrize("asked", [f"bytes={len(SOUND)}-", "bytes=99999999999999999999-"])
async def test_behind_the_end_there_is_nothing(world: World, asked: str) -> None:
    mia = await world.log_in("mia")
    answer = await mia.ask("GET", await stored(mia), headers={"Range": asked})
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(SOUND)}")


async def test_a_range_of_another_file_than_the_one_begun_gets_the_whole(world: World) -> None:
    mia = await world.log_in("mia")
    path = await stored(mia)
    tag = (await mia.ask("GET", path)).headers["ETag"]
    assert (await mia.ask("GET", path, headers={"Range": "bytes=0-9", "If-Range": tag})).status == 206
    assert (await mia.ask("GET", path, headers={"Range": "bytes=0-9", "If-Range": '"other"'})).status == 200


async def test_no_byte_of_a_foreign_file(world: World) -> None:
    mia, ben = await world.log_in("mia"), await world.log_in("ben")
    answer = await ben.ask("GET", await stored(mia), headers={"Range": "bytes=0-1"})
    assert answer.status == 404


@pytest.mark.parametrize(
    ("head", "declared", "kind"),
    [
        (b"\xff\xfb\x90\x00", "audio/mpeg", "audio/mpeg"),
        (b"OggS" + b"\0" * 24 + b"OpusHead", "audio/ogg", "audio/ogg"),
        (b"OggS" + b"\0" * 24 + b"\x80theora", "audio/ogg", "video/ogg"),
        (b"RIFF0000WAVEfmt ", "text/html", "audio/wav"),
        (b"\0\0\0\x18ftypM4A ", "video/mp4", "audio/mp4"),
        (b"\0\0\0\x18ftypisom", "audio/mp4", "audio/mp4"),
        (b"\0\0\0\x18ftypisom", "text/html", "video/mp4"),
        (b"\0\0\0\x18ftypavif", "video/mp4", ""),
        (b"\x1aE\xdf\xa3", "audio/webm", "audio/webm"),
        (b"<script>ftyp", "audio/mpeg", ""),
        (b"", "audio/mpeg", ""),
    ],
)
def test_a_recording_is_known_by_its_bytes(head: bytes, declared: str, kind: str) -> None:
    assert sniffing.recording(head, declared) == kind
    assert kind in ("", *sniffing.RECORDINGS)
