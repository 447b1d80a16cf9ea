"""What the tests of the commands share."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from datetime import datetime
from typing import NamedTuple

from hyperstream._time import UTC
from hyperstream.cli import main

NOW = datetime(2020, 2, 29, 23, 59, tzinfo=UTC)
DAY = datetime(2020, 1, 1, tzinfo=UTC)
FILENAME = "2020-02-29_v0.0.1.py"

THERE = (
    "from hyperstream.tool import Tool\n\n\nclass There(Tool):\n    '''Is there.\n\n    So.'''\n"
)


class Said(NamedTuple):
    """What a command has said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def lines(self):
        """The answer in lines; there is no complaint."""
        assert (self.code, self.err) == (0, "")
        return self.out.splitlines()


class Command:
    """Runs commands in this process."""

    def __init__(self, config, capsys):
        self.config = config
        self._capsys = capsys

    def __call__(self, *words):
        """Run one."""
        code = main(["--config", str(self.config), *map(str, words)])
        said = self._capsys.readouterr()
        return Said(code, said.out, said.err)

    def json(self, *words):
        """Run one that succeeds, and give its answer for machines."""
        said = self(*words, "--json")
        assert (said.code, said.err) == (0, "")
        return json.loads(said.out)


def words_of(config, *words):
    """Return the command line of a process."""
    return [sys.executable, "-m", "hyperstream", "--config", str(config), *map(str, words)]


def at_a_terminal(config, *words, answer="", keep_output=False):
    """Run a command in a process at a terminal; what it says there has all been said together.

    With `keep_output`, standard output is a pipe, whose content is returned as well.
    """
    return run_at_a_terminal(words_of(config, *words), answer, keep_output)


def run_at_a_terminal(words, answer="", keep_output=False):
    """Run any program so."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        process = subprocess.Popen(
            words,
            stdin=theirs,
            stdout=subprocess.PIPE if keep_output else theirs,
            stderr=theirs,
        )
        os.close(theirs)
        if answer:
            os.write(ours, f"{answer}\n".encode())
        shown = _read(ours)
        out = process.communicate(timeout=60)[0] or b""
    finally:
        os.close(ours)
    return Said(process.returncode, out.decode(), shown)


def _read(descriptor):
    """Return all that a terminal shows until nobody writes to it any more."""
    shown = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([descriptor], [], [], 1)[0]:
            try:
                more = os.read(descriptor, 4096)
            except OSError:  # so Linux says that the other end is closed
                break
            if not more:
                break
            shown += more
    return shown.decode().replace("\r\n", "\n")


def square_of_minute(moment):
    """Return the square of a tick's minute."""
    return moment.minute**2
