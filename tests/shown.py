"""What a notebook shows of an object, as text; and what holds of all that is shown."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_MOST_ROWS = 45


def shown(item):
    """Return what is shown as lines: cells of a table are parted by ``|``, branches indented.

    It is well-formed HTML of bounded size, with no script, and nothing is loaded.
    """
    text = item._repr_html_()
    assert not re.search(r"<(script|img|link|iframe)|https?:|url\(|@import|javascript:", text)
    parser = _Parser()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    assert len(parser.lines) <= _MOST_ROWS
    return parser.lines


class _Parser(HTMLParser):
    """Reads what stands outside of styles, row by row."""

    def __init__(self):
        super().__init__()
        self.open, self.lines = [], []

    def handle_starttag(self, tag, attrs):
        """Begin a row, or a cell of it."""
        self.open.append(tag)
        if tag in {"tr", "li"} or dict(attrs).get("class") in {"hs-head", "hs-note"}:
            self.lines.append("  " * (self.open.count("ul") - 1))
        elif tag in {"td", "th"} and self.lines[-1]:
            self.lines[-1] += "|"

    def handle_endtag(self, tag):
        """Every element is ended."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Take a text."""
        if "style" not in self.open:
            self.lines[-1] += data
