"""Plots of windows."""

from __future__ import annotations

import sys
from datetime import datetime

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from hyperstream._time import UTC
from hyperstream.channels import MemoryChannel
from hyperstream.stream import StreamInstance
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import HyperStreamError, MissingExtraError, NotCalculatedWarning

mpl.use("Agg")

TEN = over(0, 10)


@pytest.fixture
def axes():
    """Give axes without pyplot."""
    return Figure(figsize=(8, 4)).add_subplot()


@pytest.fixture
def plot(axes):
    """Give a function that draws values by second, calculated in some intervals."""

    def draw(values, *calculated, within=TEN, name="some", **style):
        stream = MemoryChannel("memory").create_stream(name)
        stream.writer([StreamInstance(at(second), value) for second, value in values.items()])
        stream.calculated_intervals = TimeIntervals(calculated or [over(0, 10)])
        return stream.window(within, force_calculation=True).plot(axes, **style)

    return draw


def legend(axes):
    """Return what the legend says."""
    return [text.get_text() for text in axes.get_legend().get_texts()]


def drawn(axes):
    """Draw the whole picture, so that all that can go wrong does; return the labels of times."""
    axes.figure.savefig("/dev/null", format="png")
    return [label.get_text() for label in axes.get_xticklabels()]


def test_numbers_are_drawn_over_time(plot, axes):
    """On the axes given, with the name of the stream in the legend and the style as given."""
    assert plot({1: 0.5, 2: 1.5}, color="red", linewidth=3) is axes
    (line,) = axes.lines
    assert line.get_ydata().tolist() == [0.5, 1.5]
    assert line.get_xdata().astype("datetime64[s]").astype(datetime).tolist() == [
        at(second).replace(tzinfo=None) for second in (1, 2)
    ]
    assert (line.get_color(), line.get_linewidth()) == ("red", 3)
    assert axes.get_xlabel() == "time (UTC)"
    assert legend(axes) == ["some"]
    drawn(axes)


def test_a_label_is_given(plot, axes):
    """It stands for the name; before keys, if there are some."""
    plot({1: 0.5}, label="first")
    plot({1: {"min": 1, "max": 2}}, label="second")
    plot({1: {"min": 1, "max": 2}})
    assert legend(axes) == ["first", "second: min", "second: max", "min", "max"]


def test_what_the_user_has_set_stays(plot, axes):
    """The name of the axis; and a line may be left out of the legend, as matplotlib does it."""
    axes.set_ylabel("°C")
    plot({1: {"min": 1}})
    assert axes.get_ylabel() == "°C"
    axes.get_legend().remove()
    axes.lines[0].remove()
    plot({1: 0.5}, label="_hidden")
    assert axes.get_legend() is None


def test_dicts_are_a_line_for_each_key(plot, axes):
    """The stream is named at the side."""
    plot({1: {"min": 1, "max": 2}, 2: {"min": 2, "max": 4}}, name="weather")
    assert legend(axes) == ["min", "max"]
    assert axes.get_ylabel() == "weather"
    assert [line.get_ydata().tolist() for line in axes.lines] == [[1, 2], [2, 4]]


def test_a_line_is_broken_where_nothing_is_calculated(plot, axes):
    """And a value alone between gaps is a point, which else would not be seen."""
    plot({1: 0.5, 2: 1.5, 5: 2.5, 8: 3.5, 9: 4.5}, over(0, 3), over(4, 6), over(7, 10))
    (line,) = axes.lines
    np.testing.assert_array_equal(line.get_ydata(), [0.5, 1.5, np.nan, 2.5, np.nan, 3.5, 4.5])
    assert (line.get_marker(), line.get_markevery()) == (".", [3])


def test_a_marker_is_the_users(plot, axes):
    """All points have it then."""
    plot({1: 0.5}, marker="x")
    assert (axes.lines[0].get_marker(), axes.lines[0].get_markevery()) == ("x", None)


def test_truth_values_are_steps(plot, axes):
    """Between False and True."""
    plot({1: True, 2: False})
    assert [label.get_text() for label in axes.get_yticklabels()] == ["False", "True"]
    assert axes.lines[0].get_drawstyle() == "steps-post"


def test_truth_values_among_numbers_are_numbers(plot, axes):
    """The axis stays one of numbers."""
    plot({1: {"t": 20.5, "on": True}})
    assert [label.get_text() for label in axes.get_yticklabels()] != ["False", "True"]
    drawn(axes)


def test_texts_are_steps_between_states(plot, axes):
    """Two streams have their states on the same axis; None is a gap."""
    plot({1: "open", 2: None, 3: "closed"})
    plot({1: "ajar", 2: "open"})
    drawn(axes)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["open", "closed", "ajar"]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [0, np.nan, 1])
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), [2, 0])


def test_what_cannot_be_drawn_is_an_error(plot):
    """That names it."""
    with pytest.raises(HyperStreamError, match=r"holds \[1, 2\] at .* cannot be drawn"):
        plot({1: [1, 2]})


def test_times_are_labelled_shortly_and_in_utc(plot, axes):
    """Whatever zone matplotlib is set to."""
    with mpl.rc_context({"timezone": "Asia/Tokyo"}):
        plot({3600: 0.5, 5 * 3600: 1.5}, within=over(0, 6 * 3600))
        labels = drawn(axes)
    assert labels == ["01:00", "02:00", "03:00", "04:00", "05:00"]
    assert axes.xaxis.get_offset_text().get_text() == "2020-Jan-01"


def test_an_empty_window_says_so(plot, axes):
    """Over the time that was asked for, until something is drawn there."""
    plot({})
    (text,) = axes.texts
    assert text.get_text() == "no data in (2020-01-01 00:00:00, 2020-01-01 00:00:10]"
    start, end = (mpl.dates.num2date(bound, tz=UTC) for bound in axes.get_xlim())
    assert start < at(0) < at(10) < end < at(20)
    drawn(axes)
    plot({1: 0.5, 2: 0.6})
    assert not axes.texts
    assert legend(axes) == ["some", "some"]


def test_nothing_in_all_of_time_says_so(axes):
    """Without years that no axis can show."""
    stream = MemoryChannel("memory").create_stream("none")
    stream.window(TimeInterval.all_time(), force_calculation=True).plot(axes)
    assert axes.texts[0].get_text() == "no data in (-inf, inf]"
    drawn(axes)


def test_a_window_is_drawn_with_what_there_is(axes):
    """Nothing is computed unless it is wished, and a warning says so, as everywhere."""
    stream = MemoryChannel("memory").create_stream("some")
    with pytest.warns(NotCalculatedWarning, match="some"):
        stream.window(over(0, 10)).plot(axes)
    asked = []
    stream.producer = type("Producer", (), {"compute": lambda self, *what: asked.append(what)})()
    stream.window(over(0, 10), force_calculation=True).plot(axes)
    assert asked == [(stream, over(0, 10))]


def test_current_axes_are_drawn_on():
    """Without axes; new ones keep legend and labels inside of the figure."""
    stream = MemoryChannel("memory").create_stream("some")
    try:
        axes = stream.window(over(0, 1), force_calculation=True).plot()
        assert axes is plt.gca()
        assert axes.figure.get_layout_engine() is not None
        assert stream.window(over(0, 1), force_calculation=True).plot() is axes
    finally:
        plt.close()


def test_a_missing_library_is_named(plot, monkeypatch):
    """With the extra that installs it."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "hyperstream.stream.plotting", raising=False)
    with pytest.raises(MissingExtraError, match=r"matplotlib.*notebook"):
        plot({1: 0.5})


def test_many_keys_have_a_scale_of_colours_and_a_short_legend(plot, axes):
    """The legend is beside the axes, and has lines from the first to the last."""
    plot({second: {f"key {key}": key for key in range(100)} for second in (1, 2)}, c="red")
    assert len(axes.lines) == 100
    assert len(legend(axes)) == 10
    assert [legend(axes)[0], legend(axes)[-1]] == ["key 0", "key 99"]
    assert axes.get_legend().get_title().get_text() == "(10 of 100)"
    assert {line.get_color() for line in axes.lines} == {"red"}
    plot({1: {str(key): key for key in range(20)}})
    assert len({tuple(line.get_color()) for line in axes.lines[100:]}) == 20
