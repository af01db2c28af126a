"""The frames the widget is built against are the frames the server speaks."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.errors import Malformed
from inbox.gateway import visitor_protocol as p

ROOT = Path(__file__).resolve().parents[2]


def test_the_widgets_types_are_up_to_date() -> None:
    script = ROOT / "scripts" / "write_widget_frames.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@given(st.binary() | st.text())
def test_anything_is_a_frame_or_malformed(data: str | bytes) -> None:
    with pytest.raises(Malformed):
        p.decode(data)


@pytest.mark.parametrize(
    "frame",
    [
        p.Open(token="t", have={"m1": 2}, pending=("line-0001",), page="https://shop.example/", language="de"),
        p.Start(),
        p.Identify("a.b.c"),
        p.Say("line-0001", "Hi", ("ref",), "Mina", "mina@example.org"),
        p.Typing(False),
        p.Got(("m1",)),
        p.Seen(("m1", "m2")),
        p.Upload("file-0001", "a.png", "image/png", 9),
        p.Link("f1"),
        p.Beat(),
    ],
)
def test_a_frame_survives_the_wire(frame: p.ClientFrame) -> None:
    assert p.decode(msgspec.json.encode(frame)) == frame


@pytest.mark.parametrize("client_id", ["short", "has space", "ünïcödé-id", "x" * 65, "dollar$$$", "colon:colon"])
def test_a_client_id_is_letters_digits_and_dashes(client_id: str) -> None:
    with pytest.raises(Malformed):
        p.decode(msgspec.json.encode({"t": "say", "client_id": client_id, "text": "x"}))
