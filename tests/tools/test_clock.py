"""The clock ticks on one grid."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hyperstream.testing import try_tool
from hyperstream.time_interval import UTC
from tests.tools import CHANNEL, make
from tests.tools.recipes import at

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
VERSIONS = list(CHANNEL.versions["clock"])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_tick_holds_its_time(version):
    """By default there is one at every whole second."""
    expected = {second: EPOCH + timedelta(seconds=second) for second in (1, 2, 3)}
    assert try_tool(make("clock", version), seconds=3.5) == expected


def test_the_stride_is_in_seconds_or_a_timedelta():
    """The later version takes both, the earlier one a timedelta."""
    expected = [1.5, 3, 4.5]
    first = {"first": EPOCH}
    assert list(try_tool(make("clock", stride=1.5, **first), seconds=5)) == expected
    stride = timedelta(seconds=1.5)
    for version in VERSIONS:
        tool = make("clock", version, stride=stride, **first)
        assert list(try_tool(tool, seconds=5)) == expected


def test_the_versions_keep_their_dates():
    """Users ask the tool channel for a tool's history."""
    history = [str(file.timestamp) for file in CHANNEL.files["clock"]]
    assert history == ["2016-07-11 12:09:00+00:00", "2016-11-14 00:00:00+00:00"]


def test_nothing_ticks_before_the_first():
    """The first tick itself is there."""
    assert list(try_tool(make("clock", first=EPOCH + timedelta(seconds=3)), seconds=5)) == [3, 4, 5]
    assert try_tool(make("clock", first=at(0)), seconds=5) == {}


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"stride": 0}, ValueError, "stride must be at least"),
        ({"stride": "1"}, TypeError, "number of seconds or a timedelta"),
        ({"first": 5}, TypeError, "Expected a datetime, not 5"),
    ],
)
def test_wrong_parameters_are_refused_at_once(parameters, error, message):
    """When the tool is made, not when it is executed."""
    with pytest.raises(error, match=message):
        make("clock", **parameters)
