"""Rows in a CSV file are replaced interval by interval."""

from __future__ import annotations

import random
import stat
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream._time import from_ms, iso_format
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import csv_files
from hyperstream.tool.csv_files import Table, file_name

KEYS = ["timestamp", "room"]
ROOMS = ("hall", "attic")


def stamp(second):
    """Return a timestamp as it stands in a file."""
    return iso_format(from_ms(second * 1000))


def rows_of(start, end, cells=lambda second: {"n": second}):
    """Return rows of two rooms for the seconds in (start, end]."""
    return [
        ((stamp(second), room), cells(second))
        for second in range(start + 1, end + 1)
        for room in ROOMS
    ]


def table(path, start, end, owners=ROOMS, **kwargs):
    """Return the part of a file from one second to another."""
    interval = TimeInterval.from_ms(start * 1000, end * 1000)
    return Table(path, KEYS, interval, {(room,) for room in owners}, **kwargs)


def write(path, start, end):
    """Write the rows of some seconds."""
    table(path, start, end).write(rows_of(start, end))


def expected(start, end):
    """Return what a file holds then."""
    lines = [f"{stamp(n)},{room},{n}\n" for n in range(start + 1, end + 1) for room in ROOMS]
    return "timestamp,room,n\n" + "".join(lines)


@pytest.fixture
def path(tmp_path):
    """Return a file that is not there yet, in a folder that is not there yet."""
    return tmp_path / "output" / "rooms.csv"


def test_a_file_has_a_header_and_rows(path):
    """Its folder is made, and nothing else is in it."""
    write(path, 0, 2)
    assert path.read_text() == expected(0, 2)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_can_be_read_by_whom_the_user_lets_read_his_files(path):
    """It is not private, as temporary files are."""
    write(path, 0, 1)
    other = path.with_name("other")
    other.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


@given(
    cuts=st.lists(st.integers(1, 19), max_size=6, unique=True),
    order=st.randoms(use_true_random=False),
    tail=st.sampled_from([1, 50, 1 << 16]),
)
def test_the_order_of_writing_does_not_matter(tmp_path_factory, cuts, order, tail):
    """Pieces written in any order, and some twice, make the file that one piece makes."""
    path = tmp_path_factory.mktemp("csv") / "rooms.csv"
    pieces = list(pairwise([0, *sorted(cuts), 20]))
    order.shuffle(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_files, "_TAIL", tail)
        for piece in [*pieces, *pieces[:2]]:
            write(path, *piece)
    assert path.read_text() == expected(0, 20)


def test_a_second_writing_replaces_the_first(path):
    """Rows that are not there any more go, those of other rooms or times stay."""
    write(path, 0, 4)
    table(path, 1, 3, owners=["hall"]).write([((stamp(3), "hall"), {"n": "new"})])
    found = path.read_text().splitlines()
    assert found == [
        "timestamp,room,n",
        f"{stamp(1)},hall,1",
        f"{stamp(1)},attic,1",
        f"{stamp(2)},attic,2",
        f"{stamp(3)},attic,3",
        f"{stamp(3)},hall,new",
        f"{stamp(4)},hall,4",
        f"{stamp(4)},attic,4",
    ]


def test_without_rows_nothing_is_made_but_old_rows_go(path):
    """What is not there is not made, and what is there is not touched without need."""
    table(path, 0, 4).write([])
    assert not path.parent.exists()
    write(path, 0, 4)
    before = path.stat()
    table(path, 4, 9).write([])
    assert path.stat().st_ino == before.st_ino
    table(path, 1, 4).write([])
    assert path.read_text() == expected(0, 1)


def test_a_failure_leaves_the_file_as_it_was(path):
    """And nothing beside it, wherever it comes."""
    write(path, 0, 2)

    def failing():
        yield from rows_of(2, 3)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        table(path, 2, 9).write(failing())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_files.shutil, "copyfileobj", failing_copy)
        with pytest.raises(OSError, match="disk"):
            write(path, 2, 3)
    assert path.read_text() == expected(0, 2)
    assert list(path.parent.iterdir()) == [path]


def failing_copy(source, target):
    """Write a part, and fail."""
    target.write(source.read(5))
    raise OSError("The disk is full.")


def test_a_file_of_other_columns_is_left_alone(path):
    """The error says what it has, and what to do."""
    write(path, 0, 2)
    with pytest.raises(
        ValueError, match=r"has the columns timestamp, room, n, and not .*, m: move"
    ):
        table(path, 2, 3).write(rows_of(2, 3, lambda n: {"m": n}))
    with pytest.raises(ValueError, match="has the columns"):
        Table(path, ["timestamp"], TimeInterval.from_ms(0, 1), {()}).write([((stamp(1),), {})])
    assert path.read_text() == expected(0, 2)


def test_all_rows_have_the_same_columns(path):
    """Unless the file grows."""
    rows = [*rows_of(0, 1), *rows_of(1, 2, lambda n: {"n": n, "m": n})]
    with pytest.raises(ValueError, match=r"02\.000Z there are 2 cells, n, m, but before .* 1, n"):
        table(path, 0, 2).write(rows)
    assert not path.exists()


def test_a_file_may_grow(path):
    """A new column comes last, with 0 in the rows that lack it."""
    names = ["a", "b", "a", "c"]
    grown = [((stamp(n + 1), "hall"), {name: n}) for n, name in enumerate(names)]
    table(path, 0, 2, grows=True).write(grown[:2])
    table(path, 2, 4, grows=True).write(grown[2:])
    assert path.read_text().splitlines() == [
        "timestamp,room,a,b,c",
        f"{stamp(1)},hall,0,0,0",
        f"{stamp(2)},hall,0,1,0",
        f"{stamp(3)},hall,2,0,0",
        f"{stamp(4)},hall,0,0,3",
    ]
    table(path, 4, 5, grows=True).write([((stamp(5), "hall"), {"c": 4, "a": 5})])
    table(path, 5, 6, grows=True).write([((stamp(6), "hall"), {})])
    assert path.read_text().splitlines()[-2:] == [
        f"{stamp(5)},hall,5,0,4",
        f"{stamp(6)},hall,0,0,0",
    ]


def test_text_may_hold_anything(path):
    """Commas, quotes and line breaks, also where rows are added or replaced."""
    odd = 'a,"b"\nc'
    for second in (1, 2, 1, 3):
        rows = [((stamp(second), odd), {"n": odd})]
        table(path, second - 1, second, owners=[odd]).write(rows)
    quoted = '"a,""b""\nc"'
    lines = [f"{stamp(second)},{quoted},{quoted}\n" for second in (1, 2, 3)]
    assert path.read_text() == "timestamp,room,n\n" + "".join(lines)


@pytest.mark.parametrize("content", ["", "timestamp,room,n\n", "timestamp,room,n"])
def test_a_file_without_rows_is_filled(path, content):
    """With or without a header."""
    path.parent.mkdir()
    path.write_text(content)
    write(path, 0, 2)
    assert path.read_text() == expected(0, 2)


def test_a_last_line_without_end_is_not_continued(path):
    """As an editor may leave it."""
    write(path, 0, 2)
    path.write_text(path.read_text().rstrip("\n"))
    write(path, 2, 3)
    assert path.read_text() == expected(0, 3)


@pytest.mark.slow
def test_processes_take_turns(path):
    """None loses the rows of another one."""
    pieces = [(path, n, n + 1) for n in range(24)]
    random.Random(0).shuffle(pieces)  # noqa: S311 - nothing secret
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        list(pool.map(write, *zip(*pieces, strict=True)))
    assert path.read_text() == expected(0, 24)


def test_a_name_becomes_a_file_name():
    """In the folder itself, whatever the name."""
    assert file_name("rooms of house 1") == "rooms of house 1.csv"
    assert "/" not in file_name("../../rooms")
