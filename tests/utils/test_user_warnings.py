"""Warnings point at the line of whoever uses this library."""

from __future__ import annotations

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.testing.times import over
from hyperstream.utils.errors import HyperStreamWarning, NotCalculatedWarning
from hyperstream.utils.user_warnings import warn


def test_a_warning_points_at_the_user():
    """However many modules of the library lie between."""
    stream = MemoryChannel("memory").create_stream("a")
    with pytest.warns(NotCalculatedWarning) as caught:
        stream.window(over(0, 1)).values()
    assert caught[0].filename == __file__


def test_a_warning_says_what_it_is_told():
    """In its category."""
    with pytest.warns(HyperStreamWarning, match="^as it is$"):
        warn("as it is", HyperStreamWarning)
