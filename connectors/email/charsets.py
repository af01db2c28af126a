"""Bytes of a declared charset to text: an allow-list of codecs, and what to do when the declaration is wrong.

Python has codecs that are no charsets (``idna``, ``unicode_escape``, ``punycode``) or that hide markup (``utf-7``); a label
outside the list counts as undeclared.
"""

from __future__ import annotations

import re
from typing import Final

_ASCII_LIKE: Final = "us-ascii ascii ansi_x3.4-1968 iso-ir-6 646 7bit 8bit default unknown-8bit x-unknown unknown none"
_LATIN: Final = "iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 windows-1252 cp1252 cp-1252 x-ansi ansi"
# A label maps to the widest codec of its family: software says gb2312 and means gb18030 (WHATWG Encoding, section 4.2).
_FAMILIES: Final = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 utf-8-sig x-utf-8 utf8mb4 utf-8n",
    "cp1252": f"{_ASCII_LIKE} {_LATIN}",
    "gb18030": "gb18030 gb2312 gb_2312-80 gbk cp936 ms936 windows-936 x-gbk euc-cn hz-gb-18030 gb2312-80 x-gb2312",
    "hz": "hz hz-gb-2312",
    "cp950": "big5 big-5 cn-big5 x-x-big5 cp950 windows-950",
    "big5hkscs": "big5-hkscs big5hkscs",
    "cp932": "shift_jis shift-jis sjis x-sjis cp932 windows-31j ms_kanji ms932 csshiftjis",
    "euc_jp": "euc-jp eucjp x-euc-jp cseucpkdfmtjapanese",
    "iso2022_jp_ext": "iso-2022-jp csiso2022jp iso-2022-jp-1 iso-2022-jp-ms iso-2022-jp-ext cp50220 cp50221 cp50222",
    "iso2022_jp_2": "iso-2022-jp-2",
    "iso2022_jp_2004": "iso-2022-jp-2004 iso-2022-jp-3",
    "cp949": "euc-kr euckr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 cp949 uhc windows-949 korean",
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "johab": "johab",
    "koi8_r": "koi8-r koi8r koi8 cskoi8r",
    "koi8_u": "koi8-u koi8u koi8-ru",
    "cp874": "iso-8859-11 tis-620 tis620 windows-874 cp874 x-windows-874",
    "cp1254": "iso-8859-9 iso8859-9 latin5 windows-1254 cp1254",
    "mac_roman": "macintosh mac macroman x-mac-roman mac-roman",
    "mac_cyrillic": "x-mac-cyrillic mac-cyrillic",
    "cp866": "ibm866 cp866 866",
    "cp437": "ibm437 cp437 437",
    "cp850": "ibm850 cp850 850",
    "cp852": "ibm852 cp852 852",
    "utf-16": "utf-16 utf16 unicode ucs-2 iso-10646-ucs-2",
    "utf-16-le": "utf-16le unicodelittle",
    "utf-16-be": "utf-16be",
}
_ISO: Final = (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)
_WINDOWS: Final = (1250, 1251, 1253, 1255, 1256, 1257, 1258)


def _table() -> dict[str, str]:
    found = {label: codec for codec, labels in _FAMILIES.items() for label in labels.split()}
    for n in _ISO:
        found |= dict.fromkeys((f"iso-8859-{n}", f"iso8859-{n}", f"iso_8859-{n}", f"iso-8859-{n}-i"), f"iso8859_{n}")
    for n in _WINDOWS:
        found |= dict.fromkeys((f"windows-{n}", f"cp{n}", f"cp-{n}", f"win-{n}", f"x-cp{n}"), f"cp{n}")
    return found


_CODECS: Final = _table()
_MULTIBYTE: Final = frozenset(c for c in _CODECS.values() if not c.startswith(("cp125", "cp8", "iso8859", "koi8", "mac_", "cp437")))
_TOLERATED: Final = 20
"""One broken character in so many foreign ones is damage in transit, not a wrong declaration."""

_DROP: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xFEFF, 0xFFFE, 0xFFFF])
_NEWLINES: Final = re.compile(r"\r\n?|\u2028|\u2029|\x85")


def codec(label: str) -> str | None:
    """Python's name for a charset label (case and quotes do not matter), None when it is not one we accept."""
    return _CODECS.get(label.strip(" \t\"'").lower())


def decode(data: bytes, label: str = "") -> str:
    """The text of ``data``: as declared if that works, else UTF-8, else windows-1252. Never raises."""
    name = codec(label)
    if name in (None, "cp1252"):  # every second mailer says Latin-1 and sends UTF-8; the reverse is near to impossible
        return _strictly(data, "utf-8") or data.decode("cp1252", "replace")
    assert name is not None
    text = _strictly(data, name) or _strictly(data, "utf-8")
    if text:
        return text
    loose = data.decode(name, "replace")
    if name in _MULTIBYTE and loose.count("\ufffd") * _TOLERATED <= sum(c > "\x7f" for c in loose):
        return loose
    return data.decode("cp1252", "replace")


def _strictly(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeError:
        return ""


def tidy(text: str) -> str:
    """``text`` with line feeds as its only line ends and without control characters other than those and tabs."""
    return _NEWLINES.sub("\n", text).translate(_DROP)
