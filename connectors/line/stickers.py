"""The stickers that agents choose from, of those that the Messaging API may send. Their pictures are LINE's and not shown here.

https://developers.line.biz/en/docs/messaging-api/sticker-list/
"""

from __future__ import annotations

from typing import Final

from inbox.connector import Sticker

_ANIMATED: Final = 11537
_WORDLESS: Final = (
    (52002734, "🎉", "celebrate"),
    (52002735, "👍", "well_done"),
    (52002738, "👋", "hello"),
    (52002739, "🙇", "bow"),
    (52002740, "👌", "ok"),
    (52002744, "🤔", "puzzled"),
    (52002745, "😄", "happy"),
    (52002749, "😮", "surprised"),
    (52002750, "😢", "sad"),
    (52002752, "👏", "applause"),
    (52002755, "🙏", "please"),
    (52002771, "🚪", "goodbye"),
)
_PHRASES: Final = (
    (0, "👌", "ok"),
    (1, "🙏", "thanks"),
    (5, "🙆", "no_problem"),
    (7, "🔎", "checking"),
    (8, "🙇", "sorry"),
    (18, "🌅", "good_morning"),
    (19, "🌙", "good_night"),
    (23, "💪", "good_luck"),
)
"""The same twenty-four in three languages: which of them, counted from the first."""

_IN: Final = (("en", 8522, 16581266), ("ja", 8515, 16581242), ("zh-TW", 8525, 16581290))

STICKERS: Final = (
    *(Sticker(f"{_ANIMATED}/{id}", sign, name, "Brown & Cony & Sally: Animated Special") for id, sign, name in _WORDLESS),
    *(
        Sticker(f"{package}/{first + place}", sign, name, "LINE Characters: Pretty Phrases", words)
        for words, package, first in _IN
        for place, sign, name in _PHRASES
    ),
)
