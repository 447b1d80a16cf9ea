"""What can be known of a session from what is stored of it."""

from __future__ import annotations

import os
import subprocess
import sys

from hyperstream.storage.owners import new_owner
from tests.storage.session_stores import session


def test_a_session_of_this_process_runs():
    """It does until it is ended."""
    assert session(owner=new_owner()).is_running
    assert not session(owner=new_owner(), active=False).is_running


def test_a_session_of_a_dead_process_does_not_run():
    """Though nobody has ended it."""
    program = "from hyperstream.storage.owners import new_owner; print(new_owner())"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not session(owner=done.stdout.strip()).is_running


def test_of_other_sessions_nothing_is_known():
    """Those of other machines, and of release 0.3.8, count as running until they are ended."""
    assert session(owner=f"elsewhere|{os.getpid()}|1|abc").is_running
    assert session().is_running
