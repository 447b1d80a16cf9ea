"""Plots of nodes: a line for each plate value."""

from __future__ import annotations

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from hyperstream.testing.conformance.base import write
from hyperstream.testing.times import at, over
from hyperstream.utils.errors import NotCalculatedWarning
from tests.workflow.workbench import Sum, fill, marked

mpl.use("Agg")

TEN = over(0, 10)


@pytest.fixture
def axes():
    """Give axes without pyplot."""
    return Figure(figsize=(8, 4)).add_subplot()


def legend(axes):
    """Return the title of the legend, and what it says of each line."""
    found = axes.get_legend()
    return found.get_title().get_text(), [text.get_text() for text in found.get_texts()]


def test_each_plate_value_is_a_line(on, axes):
    """The legend has the tags as its title; the axis is named as the node."""
    node = on("raw", "H.R")
    fill(node, 1.5, 2.5)
    assert node.plot(TEN, force_calculation=True, ax=axes, linewidth=3) is axes
    assert [line.get_ydata().tolist() for line in axes.lines] == [[1.5, 2.5]] * 3
    assert {line.get_linewidth() for line in axes.lines} == {3}
    assert legend(axes) == ("house, resident", ["1, a", "1, b", "2, a"])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (UTC)", "raw")


def test_each_key_of_each_plate_value_is_a_line(on, axes):
    """Where values are dicts."""
    node = on("raw", "H")
    for stream in node:
        write(stream, {1: {"min": 1, "max": 2}})
    node.plot(TEN, force_calculation=True, ax=axes)
    assert legend(axes) == ("house", ["1: min", "1: max", "2: min", "2: max"])


def test_a_node_without_plates_is_one_line(on, axes):
    """With its name."""
    node = on("raw")
    fill(node, 1.5)
    node.plot(TEN, force_calculation=True, ax=axes)
    assert legend(axes) == ("", ["raw"])


def test_many_plate_values_have_a_short_legend(bench, on, axes):
    """Colours are a scale, of which the legend shows some."""
    bench.meta_data.insert_many([("house", "root", str(house)) for house in range(3, 51)])
    node = on("raw", "H")
    fill(node, 1.5, 2.5)
    node.plot(TEN, force_calculation=True, ax=axes)
    title, labels = legend(axes)
    assert title == "house\n(10 of 50)"
    assert (len(labels), labels[0], labels[-1]) == (10, "1", "50")
    assert len({line.get_color() for line in axes.lines}) == 50
    axes.figure.savefig("/dev/null", format="png")


def test_what_is_missing_is_computed_if_it_is_wished(w, on, axes):
    """Otherwise what is there is drawn, with a warning."""
    raw, sink = on("raw", "H"), on("sink", "H")
    fill(raw, 1, 2)
    w.create_factor(Sum(), [raw], sink)
    w.attach()
    with pytest.warns(NotCalculatedWarning, match="sink"):
        sink.plot(TEN, ax=axes)
    assert axes.texts[0].get_text().startswith("no data in ")
    sink.plot((at(0), at(10)), force_calculation=True, ax=axes)
    assert not axes.texts
    assert marked(sink) == {"1": "(0, 10]", "2": "(0, 10]"}
