"""The errors of Messenger and Instagram Messaging in words an agent understands (Messenger Platform, Common Error Codes)."""

from __future__ import annotations

from typing import Final

from connectors.meta_graph.graph import Sentences

LATE: Final = "More than 24 hours have passed since the customer last wrote. He has to write again before you can answer."
TOO_LATE: Final = "More than seven days have passed since the customer last wrote. He has to write again before you can answer."
_AWAY: Final = "This person does not take messages at present: he may have blocked the account or left."

SENTENCES: Final[Sentences] = {
    (10, 2018065): LATE,
    (10, 2018278): LATE,
    (10, 2534022): LATE,
    (551, 0): _AWAY,
    (200, 1545041): _AWAY,
    (100, 2018001): "Nobody with this id has written to this account.",
    (100, 2534014): "This person cannot be found any more: he may have blocked the account or left.",
    (200, 2018108): _AWAY,
    (10900, 0): "This was answered already.",
    (10903, 0): "This person cannot be answered here.",
    (10904, 0): "Messages are switched off in the settings of this page.",
    (2018047, 0): "Meta could not load the file: it may be too large or of a kind that is not allowed.",
    (100, 2018047): "Meta could not load the file: it may be too large or of a kind that is not allowed.",
    (368, 0): "Meta has blocked this account for a while, because it takes its messages for abuse.",
    (2022, 0): "Meta has blocked sending for a while.",
}
