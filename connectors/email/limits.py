"""What a mail may cost before it is kept as unreadable; each figure stops one measured way of exhausting a parser."""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

MESSAGE: Final = 35 * MIB
"""Bytes of a whole mail; of a longer one only the header is kept."""

HEADER_BLOCK: Final = 256 * KIB
HEADER_FIELD: Final = 64 * KIB
HEADER_FIELDS: Final = 1_000
HEADER_SCAN: Final = MIB
"""How far an oversized header block is read in search of its From and Subject."""

PARTS: Final = 500
HYPHEN_LINES: Final = 200_000
"""Lines in a multipart that could be a boundary."""

DEPTH: Final = 50
"""Multiparts inside each other. An attached mail is one part and is not looked into."""

ALL_PART_HEADERS: Final = MIB
"""Bytes of the headers of all parts together."""

FILES: Final = 100
ADDRESSES: Final = 500
TOKENS: Final = 50
REFERENCES: Final = 100

HTML: Final = 2 * MIB
HTML_DEPTH: Final = 256
TEXT: Final = MIB
"""Characters of a body that are shown; what is longer goes along as a file."""

SUBJECT: Final = 998
NAME: Final = 200
FILE_NAME: Final = 150
