"""Apply calls a function for each value."""

from __future__ import annotations

import numpy as np
import pytest

from hyperstream.testing import try_tool
from hyperstream.utils.errors import ToolExecutionError
from tests.tools import CHANNEL, make
from tests.tools.recipes import plus_one

VERSIONS = list(CHANNEL.versions["apply"])


@pytest.mark.parametrize("version", VERSIONS)
def test_the_output_holds_what_the_function_returns(version):
    """Of whatever type, None included."""
    assert try_tool(make("apply", version, func=plus_one), [1, 2.5]) == {1: 2, 2: 3.5}
    kinds = try_tool(make("apply", version, func=type), [1, True, 2.0, np.float64(3), None])
    assert list(kinds.values()) == [int, bool, float, np.float64, type(None)]
    assert try_tool(make("apply", version, func=lambda value: None), [1]) == {1: None}


def test_the_function_may_want_the_timestamps():
    """It gets the time before the value."""
    tool = make("apply", func=lambda time, value: time.second + value, include_timestamps=True)
    assert try_tool(tool, [10, 20]) == {1: 11, 2: 22}


def test_the_earlier_version_knows_no_timestamps():
    """The parameter is new in the later one."""
    with pytest.raises(TypeError, match="include_timestamps"):
        make("apply", "0.0.2", func=plus_one, include_timestamps=True)


@pytest.mark.parametrize("parameters", [{}, {"include_timestamps": True}])
def test_a_failure_names_the_instance(parameters):
    """The error says when, for which value, and what the function said."""
    with pytest.raises(ToolExecutionError, match=r"00:00:02\.000Z, for 0: ZeroDivisionError: "):
        try_tool(make("apply", func=lambda *given: 1 / given[-1], **parameters), [1, 0, 2])


@pytest.mark.parametrize("version", VERSIONS)
def test_what_cannot_be_called_is_refused_at_once(version):
    """When the tool is made."""
    with pytest.raises(TypeError, match="func of Apply must be a function, not 'len'"):
        make("apply", version, func="len")
