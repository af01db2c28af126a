"""The words of a setting reach the schema, and take nothing from what its type says."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from inbox.core.labels import label

Host = Annotated[str, Meta(min_length=1, description="a host", extra={"secret": True})]


class Settings(Struct):
    """As a connector has them."""

    host: Annotated[Host, label("Host", "Such as mail.example.com.", advanced=True)]
    port: Annotated[int, label("Port")] = 0


def test_words_stand_beside_what_the_type_demands() -> None:
    fields = msgspec.json.schema(Settings)["$defs"]["Settings"]["properties"]
    assert fields["host"] == {
        "type": "string",
        "minLength": 1,
        "description": "a host",
        "title": "Host",
        "help": "Such as mail.example.com.",
        "advanced": True,
    }
    assert fields["port"] == {"type": "integer", "title": "Port", "default": 0}


def test_marks_of_the_type_stay() -> None:
    kind = msgspec.inspect.type_info(Settings)
    assert isinstance(kind, msgspec.inspect.StructType)
    found = kind.fields[0].type
    assert isinstance(found, msgspec.inspect.Metadata)
    assert found.extra == {"secret": True}
