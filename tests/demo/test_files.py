"""The made attachments are what they say they are."""

import re
import zlib

import pytest

from inbox.demo import files
from inbox.demo.workspace import File, load


def test_a_picture_is_a_png_with_every_line_it_announces() -> None:
    kind, png = files.content(File("tent.png"))
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    start = png.index(b"IDAT") + 4
    size = int.from_bytes(png[start - 8 : start - 4], "big")
    assert kind == "image/png"
    assert len(zlib.decompress(png[start : start + size])) == height * (1 + 3 * width)
    assert zlib.crc32(b"IDAT" + png[start : start + size]).to_bytes(4, "big") == png[start + size : start + size + 4]


def test_pictures_differ_by_name_and_not_by_chance() -> None:
    assert files.content(File("a.png")) == files.content(File("a.png"))
    assert files.content(File("a.png")) != files.content(File("b.png"))


def test_a_document_finds_its_objects() -> None:
    _, pdf = files.content(File("offer.pdf", "Offer (draft)\n\nTotal € 12"))
    table = int(pdf[pdf.rindex(b"startxref") + 9 :].split()[0])
    assert pdf[table:].startswith(b"xref")
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", pdf[table:]), 1):
        assert pdf[int(place) :].startswith(b"%d 0 obj" % number)
    assert rb"(Offer \(draft\)) Tj" in pdf
    assert "€".encode("cp1252") in pdf


@pytest.mark.parametrize("name", ["invite.ics", "card.vcf", "list.csv"])
def test_plain_formats_end_their_lines_as_their_standards_ask(name: str) -> None:
    _, content = files.content(File(name, "one\ntwo"))
    assert content == b"one\r\ntwo\r\n"


def test_every_file_of_the_workspace_can_be_made() -> None:
    made = [files.content(file) for _, step in load().steps() for file in step.files]
    assert len({kind for kind, _ in made}) == 6
