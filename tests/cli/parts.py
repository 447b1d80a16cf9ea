"""What the tests of the commands share."""

from __future__ import annotations

from datetime import datetime

from hyperstream._time import UTC

NOW = datetime(2020, 2, 29, 23, 59, tzinfo=UTC)
FILENAME = "2020-02-29_v0.0.1.py"

THERE = (
    "from hyperstream.tool import Tool\n\n\nclass There(Tool):\n    '''Is there.\n\n    So.'''\n"
)
