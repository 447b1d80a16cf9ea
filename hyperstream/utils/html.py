"""How objects look in notebooks: headings, tables and trees, and nothing else.

What is made here is small HTML that takes its colours and fonts from around it, so that it can be
read in light and dark themes. It has no script and loads nothing. Every text is escaped here.

A ``_repr_html_`` never raises a `HyperStreamError`: `page` shows what could be found out, and then
the sentence of the error, since a notebook that shows a traceback instead of an object helps
nobody. It computes nothing and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from itertools import islice
from typing import Any, TypeVar

from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import HyperStreamError
from hyperstream.utils.text import brief, brief_intervals, moment, plural

__all__ = ["ROWS", "Html", "Listing", "facts", "note", "page", "table", "tree"]

T = TypeVar("T")

# How many rows, or roots of a tree, are shown; of a tree, how many twigs of a branch, and nodes.
ROWS, _TWIGS, _NODES = 10, 5, 30
_LONGEST = 200
# The names of elements are repeated, so that these win over what a notebook says of its tables.
# A grey that lets the ground shine through is a line on white and on black.
_STYLE = (
    "<style>"
    ".hyperstream{max-width:100%;overflow-x:auto;line-height:1.4}"
    ".hyperstream .hs-head{margin:.3em 0}"
    ".hyperstream .hs-note{opacity:.7;margin:.3em 0}"
    ".hyperstream table.hs{border-collapse:collapse;border:none;margin:.3em 0}"
    ".hyperstream table.hs th,.hyperstream table.hs td{text-align:left;vertical-align:top;"
    "border:none;padding:.15em .8em .15em 0;max-width:40em;white-space:normal;"
    "overflow-wrap:break-word}"
    ".hyperstream table.hs thead th{border-bottom:1px solid rgba(128,128,128,.5)}"
    ".hyperstream table.hs tr{background:none}"
    ".hyperstream table.hs th.hs-n,.hyperstream table.hs td.hs-n{text-align:right}"
    ".hyperstream table.hs td.hs-t{white-space:nowrap}"
    ".hyperstream table.hs th.hs-k{font-weight:normal;opacity:.7;white-space:nowrap}"
    ".hyperstream ul.hs{margin:.2em 0;padding-left:1.3em;list-style:disc}"
    "</style>"
)


class Html(str):
    """A text that is HTML already, so that it is not escaped."""

    __slots__ = ()


def page(kind: str, name: object, parts: Iterable[Html]) -> str:
    """Return what a notebook shows of an object.

    Parameters
    ----------
    kind : str
        What it is, such as ``"Plate"``.
    name : object
        Which one; may be empty.
    parts : iterable of Html
        What is shown below the heading, as other functions of this module make it. Where finding
        out a part raises a `HyperStreamError`, its sentence is the last part.

    Examples
    --------
    >>> page("Plate", "H", []).partition("</style>")[2]
    '<div class="hyperstream"><div class="hs-head"><strong>Plate</strong> H</div></div>'
    """
    shown = [f'<div class="hs-head"><strong>{_text(kind)}</strong> {_text(name)}</div>']
    try:
        shown.extend(parts)
    except HyperStreamError as error:
        shown.append(note(f"What else there is cannot be shown: {error}"))
    return f'{_STYLE}<div class="hyperstream">{"".join(shown)}</div>'


def note(text: object) -> Html:
    """Return a line of text.

    Examples
    --------
    >>> note("2 < 3")
    '<div class="hs-note">2 &lt; 3</div>'
    """
    return Html(f'<div class="hs-note">{_text(text)}</div>')


def facts(known: Mapping[str, object]) -> Html:
    """Return what is known of an object, each fact a row; those that are None or "" are left out.

    Examples
    --------
    >>> facts({"channel": "memory", "sandbox": None})[18:]
    '<tr><th class="hs-k">channel</th><td>memory</td></tr></table>'
    """
    rows = [
        f'<tr><th class="hs-k">{_text(name)}</th><td>{_text(value)}</td></tr>'
        for name, value in known.items()
        if value is not None and value != ""
    ]
    return Html(f'<table class="hs">{"".join(rows)}</table>' if rows else "")


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    total: int | None = None,
    what: str = "row",
) -> Html:
    """Return a table of the first rows, and how many more there are.

    Parameters
    ----------
    columns : sequence of str
        What stands above.
    rows : iterable of sequences
        At most `ROWS` of them are taken; what is a number stands to the right.
    total : int, optional
        How many there are; no more than are taken, otherwise.
    what : str
        What one of them is called.
    """
    taken = [list(row) for row in islice(rows, ROWS)]
    head = "".join(f"<th>{_text(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in taken)
    shown = f'<table class="hs"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return Html((shown if taken else "") + _more(len(taken), total, what))


def tree(
    roots: Sequence[T], below: Callable[[T], Sequence[T]], label: Callable[[T], object]
) -> Html:
    """Return a tree, of which each branch is cut after a few twigs, so that others are seen.

    Parameters
    ----------
    roots : sequence
        What is on top.
    below : callable
        Gives what is directly below a node.
    label : callable
        Gives the text of a node.

    Examples
    --------
    >>> tree(["house 1"], lambda node: ["hall"] if "house" in node else [], str)
    '<ul class="hs"><li>house 1<ul class="hs"><li>hall</li></ul></li></ul>'
    """
    room = [_NODES]  # how many more nodes may be shown

    def branches(nodes: Sequence[T], most: int) -> str:
        items = []
        for node in nodes[:most]:
            if not room[0]:
                break
            room[0] -= 1
            items.append(f"<li>{_text(label(node))}{branches(below(node), _TWIGS)}</li>")
        if len(items) < len(nodes):
            items.append(f"<li>… and {len(nodes) - len(items)} more</li>")
        return f'<ul class="hs">{"".join(items)}</ul>' if items else ""

    return Html(branches(roots, ROWS))


def _more(shown: int, total: int | None, what: str) -> str:
    if total is None or total <= shown:
        return ""
    return note(f"… and {plural(total - shown, f'more {what}')}")


def _cell(value: object) -> str:
    kind = ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        kind = ' class="hs-n"'
    elif isinstance(value, (datetime, TimeInterval)) or _is_one_interval(value):
        kind = ' class="hs-t"'
    return f"<td{kind}>{_text(value)}</td>"


def _is_one_interval(value: object) -> bool:
    return isinstance(value, TimeIntervals) and len(value) == 1


def _text(value: object) -> str:
    """Return a value as escaped text of bounded length."""
    if isinstance(value, Html):
        return value
    text = _plain(value)
    return escape(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, TimeIntervals):
        return brief_intervals(value)
    if isinstance(value, (int, float)):
        return brief(value)
    return value.humanized if isinstance(value, TimeInterval) else str(value)


class Listing(list[T]):
    """A list that a notebook shows as a table.

    Parameters
    ----------
    items : iterable
        What is in it.
    """

    kind = "Listing"
    columns: tuple[str, ...] = ()
    what = "row"

    def __init__(self, items: Iterable[T] = ()) -> None:
        super().__init__(items)

    def row(self, item: T) -> Sequence[object]:
        """Return what is shown of an item, by column."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return page(self.kind, plural(len(self), self.what), self.shown())

    def shown(self) -> Iterator[Html]:
        """Yield the table of the last items, for these are what somebody has just made."""
        if len(self) > ROWS:
            yield note(f"the last {ROWS}:")
        yield table(self.columns, map(self.row, self[-ROWS:]))
