"""Mistakes in a tree of values, told to somebody who is no programmer."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import UNSET, Meta, Struct

from inbox.core.mistakes import expected, mistakes

SECRET = Meta(extra={"secret": True})


class Inner(Struct, forbid_unknown_fields=True):
    """A section."""

    host: Annotated[str, Meta(pattern="^[a-z]+$", description="the name of a host")]
    password: Annotated[str, SECRET] = ""


class Outer(Struct, forbid_unknown_fields=True):
    """All kinds of settings."""

    port: Annotated[int, Meta(ge=1, le=9)] = 5
    least: Annotated[int, Meta(ge=2)] = 2
    most: Annotated[float, Meta(le=3)] = 0
    on: bool = True
    colour: Literal["red", "blue"] = "red"
    text: str = ""
    short: Annotated[str, Meta(max_length=3)] = ""
    long: Annotated[str, Meta(min_length=3)] = "abc"
    code: Annotated[str, Meta(pattern="^x+$")] = "x"
    names: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=5)], ...], Meta(min_length=1)] = ("a",)
    keys: tuple[Annotated[str, SECRET], ...] = ()
    either: int | str = 0
    inner: Inner | None = None
    free: dict[str, Any] = {}
    stamp: float | None = None

    def __post_init__(self) -> None:
        if self.port > self.least + 5:
            raise ValueError("port: is too far above least")
        if self.colour == "blue" and not self.on:
            raise ValueError("blue light needs power")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"port": "abc"}, 'a.port must be a whole number from 1 to 9, for example 5; it is the text "abc"'),
        ({"port": True}, "a.port must be a whole number from 1 to 9, for example 5; it is true"),
        ({"least": 1}, "a.least must be a whole number of at least 2, for example 2; it is the number 1"),
        ({"most": 3.5}, "a.most must be a number of at most 3; it is the number 3.5"),
        ({"on": "yes"}, 'a.on must be true or false; it is the text "yes"'),
        ({"colour": ""}, 'a.colour must be one of "blue", "red"; it is empty'),
        ({"text": False}, "a.text must be text in quotes; it is false"),
        ({"text": [1]}, "a.text must be text in quotes; it is a list"),
        ({"short": "y" * 70}, f'a.short must be text in quotes of at most 3 characters; it is the text "{"y" * 60}..."'),
        ({"long": "y"}, 'a.long must be text in quotes of at least 3 characters, for example abc; it is the text "y"'),
        ({"code": "y"}, 'a.code must be text in quotes that matches ^x+$, for example x; it is the text "y"'),
        ({"names": []}, "a.names must be a list of at least 1 entries, each text in quotes of 1 to 5 characters; it has 0 entries"),
        ({"names": ["ok", ""]}, "a.names[1] must be text in quotes of 1 to 5 characters; it is empty"),
        ({"names": {}}, "a.names must be a list of at least 1 entries, each text in quotes of 1 to 5 characters; it is a section"),
        ({"keys": "hunter2"}, "a.keys must be a list, each text in quotes; it is a text of 7 characters, not shown here"),
        (
            {"inner": "hunter2"},
            "a.inner must be a section with settings such as host, password; it is a text of 7 characters, not shown here",
        ),
        ({"inner": {}}, "a.inner.host is missing; it must be the name of a host"),
        ({"inner": {"host": "X"}}, 'a.inner.host must be the name of a host; it is the text "X"'),
        (
            {"inner": {"host": "x", "pasword": "y"}},
            "a.inner.pasword is not a setting; did you mean password? allowed here are host, password",
        ),
        ({"either": None}, "a.either must be a whole number or text in quotes; it is something else"),
        ({"free": 1}, "a.free must be a section; it is the number 1"),
        ({"port": 9}, "a.port: is too far above least"),
        ({"colour": "blue", "on": False}, "a: blue light needs power"),
    ],
)
def test_one_mistake_is_one_line(given: dict[str, Any], line: str) -> None:
    assert mistakes(given, Outer, "a") == [line]


def test_all_of_them_are_told() -> None:
    given = {"port": 0, "prt": 1, "names": ["", "x" * 6], "inner": {"host": 1}}
    assert [line.split()[0] for line in mistakes(given, Outer, "")] == ["prt", "port", "names[0]", "names[1]", "inner.host"]


def test_what_is_good_has_none() -> None:
    assert mistakes({"port": 3, "names": ["a"], "inner": {"host": "x"}, "free": {"any": [1]}, "either": "x"}, Outer, "") == []


def test_what_was_complained_about_before_is_left_out_with_what_hangs_on_it() -> None:
    given = {"names": ["a", UNSET], "inner": {"host": UNSET}, "free": {"deep": [UNSET]}, "port": UNSET}
    assert mistakes(given, Outer, "") == []


def test_a_whole_that_is_wrong_at_the_top_has_no_key() -> None:
    assert mistakes({"colour": "blue", "on": False}, Outer, "") == ["blue light needs power"]


def test_an_example_is_given_where_the_default_is_one() -> None:
    assert expected(int, 8080) == "a whole number, for example 8080"
    assert expected(int, 0) == expected(int) == "a whole number"
    assert expected(bool, default=True) == "true or false"
