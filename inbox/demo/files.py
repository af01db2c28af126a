"""The demo's attachments, made when they are needed, so that the package carries no pictures: real PNG, PDF, iCalendar, vCard, CSV."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Mapping

from inbox.core.ids import digest
from inbox.demo.workspace import File

WIDTH, HEIGHT = 360, 240

Colour = tuple[int, int, int]

_SKIES: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((122, 170, 214), (236, 216, 190), (58, 86, 82)),
    ((92, 98, 150), (244, 178, 140), (52, 54, 84)),
    ((150, 190, 210), (226, 236, 230), (70, 104, 76)),
    ((70, 104, 138), (206, 214, 216), (44, 62, 70)),
)
"""Above, at the horizon, and the colour of the nearest hill."""


def content(file: File) -> tuple[str, bytes]:
    """The media type and bytes of a file; raises ``KeyError`` for an ending that nobody makes here."""
    kind, make = _MAKERS[file.name.rpartition(".")[2]]
    return kind, make(file)


def _picture(file: File) -> bytes:
    """Hills, a sun and a tent; another name gives another view (PNG, W3C recommendation)."""
    seed = int(digest("picture", file.name)[:8], 16)
    above, horizon, near = _SKIES[seed % len(_SKIES)]
    sky = [bytes(_between(above, horizon, y / 160)) for y in range(HEIGHT)]
    hills = [bytes(_between(near, horizon, hill * 0.32)) for hill in range(3)]
    columns = [_column(x, seed, sky, hills) for x in range(WIDTH)]
    rows = b"".join(b"\0" + b"".join(column[y] for column in columns) for y in range(HEIGHT))  # 0: the line is not filtered
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _column(x: int, seed: int, sky: list[bytes], hills: list[bytes]) -> list[bytes]:
    """The pixels of one column from the top: sky with its sun, three hills one before the other, the tent."""
    pixels = sky.copy()
    sun = 20**2 - (x - 70 - seed % 220) ** 2
    for y in range(HEIGHT) if sun > 0 else ():
        if (y - 60 - seed // 3 % 30) ** 2 < sun:
            pixels[y] = b"\xff\xf4\xd6"
    for hill in (2, 1, 0):
        wave = 16 * math.sin(x / (35 + 13 * hill) + seed % 97 + hill) + 7 * math.sin(x / 14 + seed % 31 * hill)
        ridge = round(142 + 29 * (2 - hill) + wave)
        pixels[ridge:] = [hills[hill]] * (HEIGHT - ridge)
    off = x - 110 - seed // 7 % 140
    roof, entrance = 154 + abs(off), 170 + 3 * abs(off)
    side = b"\xd6\x68\x30" if off < 0 else b"\xbe\x54\x24"
    for y in range(roof, 208):
        pixels[y] = b"\x5c\x2c\x1a" if y > entrance else side
    return pixels


def _between(one: Colour, other: Colour, share: float) -> Colour:
    a, b, c = (round(p + (q - p) * min(1.0, share)) for p, q in zip(one, other, strict=True))
    return a, b, c


def _document(file: File) -> bytes:
    """One page with the lines of the file's words, the first one as its title (ISO 32000-1, 7.5)."""
    lines = file.text.split("\n")
    shown = ["BT", "/F1 18 Tf", "56 780 Td", f"({_escaped(lines[0])}) Tj", "/F1 11 Tf", "0 -34 Td", "16 TL"]
    shown += [f"({_escaped(line)}) Tj T*" for line in lines[1:]] + ["ET"]
    stream = "\n".join(shown).encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _lines(file: File) -> bytes:
    """The words as they are, with the line ends that RFC 5545, 6350 and 4180 ask for."""
    return file.text.strip().replace("\n", "\r\n").encode() + b"\r\n"


def _sealed(file: File) -> bytes:
    """What nobody without the key can read; here not even with one."""
    return b"0\x80" + b"".join(bytes.fromhex(digest("sealed", file.name, str(n))) for n in range(40))


_MAKERS: Mapping[str, tuple[str, Callable[[File], bytes]]] = {
    "png": ("image/png", _picture),
    "pdf": ("application/pdf", _document),
    "ics": ("text/calendar", _lines),
    "vcf": ("text/vcard", _lines),
    "csv": ("text/csv", _lines),
    "p7m": ("application/pkcs7-mime", _sealed),
}
