"""What an agent's markdown looks like in WhatsApp."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.meta_graph.markup import rendered


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("plain words", "plain words"),
        ("**bold** and *italic*, ~~wrong~~ and `code`", "*bold* and _italic_, ~wrong~ and `code`"),
        ("# Heading\nwords", "*Heading*\nwords"),
        ("# A *very* `good` [page](https://a.example)\n## 1*:", "*A very `good` page (https://a.example)*\n*1*:*"),
        ("2 * 3 * 4, snake_case_name, a~b", "2 * 3 * 4, snake_case_name, a~b"),
        ("[our page](https://tea.example/a_b?c=d)", "our page (https://tea.example/a_b?c=d)"),
        ("[https://tea.example](https://tea.example) <https://tea.example>", "https://tea.example https://tea.example"),
        ("[Größe](https://tea.example/größe) <https://tea.example/größe>", "Größe (https://tea.example/größe) https://tea.example/größe"),
        ("<lena@tea.example> ![a kettle](https://tea.example/k.png)", "lena@tea.example a kettle"),
        ("- one\n- two\n\n1. three\n> said", "- one\n- two\n\n1. three\n> said"),
        ("* one\n* two", "* one\n* two"),
        ("before\n```py\na = *1*\n  b\n```\nafter", "before\n```a = *1*\n  b```\nafter"),
        ("a ``` b", "a ``` b"),
        ("5 \\* 3", "5 * 3"),
        ("<b>words</b> &amp;", "<b>words</b> &amp;"),
        ("  \n ", ""),
    ],
)
def test_marks(written: str, sent: str) -> None:
    assert rendered(written) == sent


@given(st.text(alphabet="abhtö*_~`#[]()<>\\!\n -1.:/", max_size=200))
def test_no_text_becomes_longer_so_that_the_limit_holds(written: str) -> None:
    assert len(rendered(written)) <= len(written)
