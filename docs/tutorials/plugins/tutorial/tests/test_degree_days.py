"""What the tool degree_days promises, and gives."""

from __future__ import annotations

from pathlib import Path

from hyperstream.plugin_manager import Plugin
from hyperstream.testing import check_tool
from hyperstream.testing.times import at, over

FOLDER = Path(__file__).resolve().parents[1]
(TOOLS,) = Plugin("tutorial", [], str(FOLDER), has_tools=True, has_assets=False).load_channels()
DAYS = [(at(second), {"coldest": second - 10.0, "warmest": second}) for second in range(1, 60)]


def check(version, **parameters):
    """Check what every tool promises, and return what it gives by second."""

    def make():
        return TOOLS.get_tool_class("degree_days", version)(**parameters)

    (found,) = check_tool(make, [DAYS], over(0, 60))
    return dict(enumerate((value for _, value in found), start=1))


def test_cold_days_count():
    """A mean of 0 °C is 18 degrees too cold, and one above 18 °C is not too cold."""
    found = check("1.0.0")
    assert (found[5], found[22], found[24]) == (18.0, 1.0, 0.0)


def test_days_without_heating_do_not_count():
    """Since version 1.1.0 a mean of 15 °C or more does not count."""
    found = check("1.1.0", limit=15.0)
    assert (found[5], found[19], found[20]) == (18.0, 4.0, 0.0)
