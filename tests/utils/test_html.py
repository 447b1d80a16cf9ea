"""Headings, tables and trees of notebooks."""

from __future__ import annotations

from datetime import datetime

from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import DatabaseConnectionError
from hyperstream.utils.html import Html, Listing, facts, note, page, table, tree
from tests.shown import shown


class Page:
    """Shows parts."""

    def __init__(self, *parts, kind="Thing", name="one"):
        self._repr_html_ = lambda: page(kind, name, parts)


def test_a_page_has_a_heading_and_parts():
    """Each part is below the one before."""
    assert shown(Page(note("a"), note("b"))) == ["Thing one", "a", "b"]


def test_every_text_is_escaped():
    """In headings, notes, facts, cells and branches; what is HTML already is not."""
    bad = "<b>&\"'"
    item = Page(
        note(bad),
        facts({bad: bad}),
        table([bad], [[bad]]),
        tree([bad], lambda _: [], str),
        kind=bad,
        name=bad,
    )
    assert "<b>" not in item._repr_html_().replace("<body>", "")
    assert shown(item) == [f"{bad} {bad}", bad, f"{bad}|{bad}", bad, bad, bad]
    assert note(Html("<b>x</b>")) == '<div class="hs-note"><b>x</b></div>'


def test_facts_that_are_nothing_are_left_out():
    """But 0 and False are something."""
    known = {"a": None, "b": "", "c": 0, "d": False, "e": 1.5}
    assert shown(Page(facts(known)))[1:] == ["c|0", "d|no", "e|1.5"]
    assert facts({"a": None}) == ""


def test_a_table_shows_ten_rows_and_how_many_more_there_are():
    """No more rows are made than are shown."""
    made = []

    def rows():
        for number in range(1000):
            made.append(number)
            yield number, "x"

    lines = shown(Page(table(["n", "x"], rows(), 1000, "stream")))
    assert lines[1] == "n|x"
    assert lines[2:12] == [f"{number}|x" for number in range(10)]
    assert lines[12:] == ["… and 990 more streams"]
    assert len(made) == 10
    assert table(["n"], [], 0) == ""


def test_values_are_in_forms_for_people():
    """Moments and intervals without letters between date and time."""
    interval = TimeInterval.from_ms(0, 1000)
    row = [datetime(2020, 1, 1), interval, TimeIntervals([interval]), True, None, 0.1 + 0.2]
    span = "(1970-01-01 00:00:00, 1970-01-01 00:00:01]"
    [line] = shown(Page(table(list("abcdef"), [row])))[2:]
    assert line == f"2020-01-01 00:00:00|{span}|{span}|yes||0.3"


def test_a_long_text_is_cut():
    """A cell is some lines at most."""
    [line] = shown(Page(note("x" * 10_000)))[1:]
    assert len(line) == 200
    assert line.endswith("x…")


def test_a_tree_is_cut_branch_by_branch():
    """Of each branch five twigs are shown, and thirty nodes in all."""
    lines = shown(Page(tree(range(100), lambda n: range(1000, 1020) if n < 100 else [], str)))
    assert lines[1:4] == ["0", "  1000", "  1001"]
    assert lines[7:9] == ["  … and 15 more", "1"]
    assert lines[-1] == "… and 95 more"
    assert sum("…" not in line for line in lines[1:]) == 30


def test_an_error_is_a_sentence_below_what_could_be_found_out():
    """A notebook shows no traceback instead of the object."""

    def parts():
        yield note("known")
        raise DatabaseConnectionError("The database is away.")

    item = Page()
    item._repr_html_ = lambda: page("Thing", "one", parts())
    assert shown(item) == [
        "Thing one",
        "known",
        "What else there is cannot be shown: The database is away.",
    ]


class Numbers(Listing):
    """Numbers."""

    kind = "Numbers"
    what = "number"
    columns = ("number", "square")

    def row(self, item):
        """Return a number and its square."""
        return item, item * item


def test_a_listing_is_a_list_that_shows_its_end():
    """What comes last was made last."""
    assert Numbers([1, 2]) == [1, 2]
    assert shown(Numbers([1, 2])) == ["Numbers 2 numbers", "number|square", "1|1", "2|4"]
    lines = shown(Numbers(range(100)))
    assert lines[:2] == ["Numbers 100 numbers", "the last 10:"]
    assert (lines[3], lines[-1]) == ("90|8100", "99|9801")
    assert shown(Numbers()) == ["Numbers 0 numbers"]
