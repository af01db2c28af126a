"""An agent's markdown in the few tags that Telegram takes."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.telegram.markup import as_html, length, length_of, pieces


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("plain", "plain"),
        ("**bold** *it* ~~gone~~ `a<b`", "<b>bold</b> <i>it</i> <s>gone</s> <code>a&lt;b</code>"),
        ("one\ntwo\n\nthree", "one\ntwo\n\nthree"),
        ("# Hours\nMon *to* Fri", "<b>Hours</b>\n\nMon <i>to</i> Fri"),
        ("Take:\n\n- this\n- that\n  - or so\n\nThen go.", "Take:\n\n• this\n• that\n  • or so\n\nThen go."),
        ("3. c\n4. d", "3. c\n4. d"),
        ("> quoted\n> > deeper\n\nafter", "<blockquote>quoted\n\ndeeper</blockquote>\n\nafter"),
        ("```python\nif a < b:\n    go()\n```", '<pre><code class="language-python">if a &lt; b:\n    go()</code></pre>'),
        ("```\na\n\n\n\nb\n```\n\n1. x\n\n2. y\n\nz", "<pre>a\n\n\n\nb</pre>\n\n1. x\n\n2. y\n\nz"),
        ("    indented", "<pre>indented</pre>"),
        ('[shop](https://a.example/?x="1"&y=2)', '<a href="https://a.example/?x=%221%22&amp;y=2">shop</a>'),
        ("[bad](javascript:alert(1))", "[bad](javascript:alert(1))"),
        ("![plan](https://a.example/p.png)", '<a href="https://a.example/p.png">plan</a>'),
        ("<b>raw</b> & <script>", "&lt;b&gt;raw&lt;/b&gt; &amp; &lt;script&gt;"),
        ("a\n\n---\n\nb", "a\n\n———\n\nb"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
    ],
)
def test_markdown_is_shown_as_telegram_can(markdown: str, html: str) -> None:
    assert as_html(markdown) == html


class Strict(HTMLParser):
    """Telegram's rules: known tags only, properly nested, no quote inside a quote."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"b", "i", "s", "code", "pre", "a", "blockquote"}
        assert tag != "blockquote" or tag not in self.open
        assert {name for name, _ in attrs} <= ({"href"} if tag == "a" else {"class"} if tag == "code" else set())
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


words = st.sampled_from(
    ["**", "*", "_", "~~", "`", "```", "\n", "\n\n", "> ", "- ", "1. ", "# ", "[a](http://b)", "![", "<b>", "&", "&amp;", "😀", "x", " "]
)


@given(st.lists(words, max_size=40).map("".join) | st.text(max_size=80))
def test_whatever_is_written_gives_tags_telegram_takes(markdown: str) -> None:
    html = as_html(markdown)
    strict = Strict()
    strict.feed(html)
    strict.close()
    assert strict.open == []
    assert not re.search(r"&(?!amp;|lt;|gt;|quot;|#x27;)", html)


@given(st.text(alphabet=st.sampled_from("ab \n😀"), max_size=400), st.integers(8, 50))
def test_pieces_fit_and_nothing_but_white_space_is_lost(text: str, most: int) -> None:
    found = pieces(text, most)
    assert all(length_of(piece) <= most for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_only_what_is_shown_counts() -> None:
    assert length('<a href="https://a.example">a &amp; b</a> 😀') == len("a & b ") + 2
