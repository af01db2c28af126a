"""Which pictures can be faces."""

from __future__ import annotations

import pytest

from inbox.core.faces import LARGEST_BYTES, jpeg_size, objection
from tests.faces import a_face


@pytest.mark.parametrize("frame", [0xC0, 0xC1, 0xC2])
def test_small_pictures_can(frame: int) -> None:
    picture = a_face(512, 512, frame=frame)
    assert jpeg_size(picture) == (512, 512)
    assert objection(picture) == ""


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (b"", "is no JPEG picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "is no JPEG picture"),
        (b"<svg onload=alert(1)>", "is no JPEG picture"),
        (a_face()[:-2], "is no JPEG picture"),
        (a_face(frame=0xC4), "is no JPEG picture"),
        (b"\xff\xd8\xff\xd9", "is no JPEG picture"),
        (b"\xff\xd8\xff\xc0\x00\x0b\xff\xd9", "is no JPEG picture"),
        (a_face(0, 0), "has more than 512 by 512 pixels"),
        (a_face(513, 513), "has more than 512 by 512 pixels"),
        (a_face(10, 60_000), "is not as wide as high"),
        (a_face(weight=LARGEST_BYTES), "is larger than 64 KB"),
    ],
)
def test_others_cannot(picture: bytes, why: str) -> None:
    assert objection(picture) == why


def test_every_beginning_of_one_is_looked_at_in_bounds() -> None:
    whole = a_face()
    for end in range(len(whole)):
        assert objection(whole[:end] + b"\xff\xd9") in ("", "is no JPEG picture", "is not as wide as high")
