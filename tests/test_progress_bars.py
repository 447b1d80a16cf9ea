"""Progress bars at a terminal, in a notebook, and where they are not wanted."""

from __future__ import annotations

import io
import logging
import re
import subprocess
import sys
import types

import pytest

from hyperstream import progress_bars
from hyperstream.channels import MemoryChannel
from hyperstream.execution import ExecutionContext
from hyperstream.progress_bars import ProgressBars, are_wanted, bar
from hyperstream.testing.times import over
from hyperstream.utils.errors import ToolExecutionError
from tests.cli.parts import run_at_a_terminal
from tests.execution.parts import Seconds
from tests.workflow.workbench import Bench, Sum, fill

# A tool that logs while it works, and a bar from the first moment on.
PROGRAM = """
import logging, sys
from hyperstream import HyperStream, progress_bars
from hyperstream.testing.times import over
from tests.execution.parts import Seconds

class Talking(Seconds):
    def _execute(self, sources, alignment_stream, interval):
        for instance in super()._execute(sources, alignment_stream, interval):
            if instance.value % 1000 == 0:
                logging.getLogger("hyperstream.talk").warning("line %d", instance.value)
            yield instance

progress_bars.DELAY = 0.0
hs = HyperStream(file_logger=False, config_filename=sys.argv[1])
Talking().execute([], hs.channel_manager.memory.create_stream("x"), over(0, 3000))
print("done")
"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Show bars from the first moment on, whatever this process' surroundings say."""
    monkeypatch.setattr(progress_bars, "DELAY", 0.0)
    monkeypatch.delenv("TQDM_DISABLE", raising=False)


@pytest.fixture
def channel():
    """Give a memory channel, and show bars wherever this test runs."""
    with ExecutionContext(observer=ProgressBars(anywhere=True)).active():
        yield MemoryChannel("memory")


@pytest.fixture
def config(tmp_path, mongo_config):
    """Give a configuration that needs no database."""
    path = tmp_path / "config.json"
    path.write_text("{}")
    return str(path)


def test_a_call_has_a_bar(channel, capsys):
    """It names tool and sink, and counts instances."""
    Seconds().execute([], channel.create_stream("x"), over(0, 5000))
    shown = capsys.readouterr().err
    assert "seconds → memory:x: " in shown
    assert "1 instance]" in shown
    assert shown.endswith("\r")


def test_quick_work_has_none(channel, capsys, monkeypatch):
    """Nothing is shown before the delay is over."""
    monkeypatch.setattr(progress_bars, "DELAY", 1000.0)
    Seconds().execute([], channel.create_stream("x"), over(0, 5000))
    assert capsys.readouterr().err == ""


def test_a_workflow_counts_calls(channel, capsys):
    """One for each plate value of a factor; residents are three."""
    bench = Bench()
    w = bench.workflow()
    raw, double = (w.create_node(name, channel, ["H.R"]) for name in ("raw", "double"))
    w.create_factor(Sum(), [raw, raw], double)
    fill(raw, 1, 2, 3)
    w.execute(over(0, 10))
    shown = capsys.readouterr().err
    assert "Workflow w:   0%" in shown
    assert re.search(rf"\| 0/{len(double)} calls \[.*, double\]", shown)


def test_bars_go_when_work_fails(channel, capsys):
    """What is left is the error, and room for other bars."""
    for number in range(10):
        tool = Seconds()
        tool.failing_at = 50
        with pytest.raises(ToolExecutionError):
            tool.execute([], channel.create_stream(f"x{number}"), over(0, 100))
    assert "x9" in capsys.readouterr().err


def test_there_are_three_bars_at_most(capsys):
    """What else is in work meanwhile has none; what comes later has one again."""
    bars = ProgressBars(anywhere=True)
    works = [bars.workflow(f"w{number}") for number in range(5)]
    for work in works:
        work.tell(1, 2, "node")
    shown = capsys.readouterr().err
    assert [f"w{number}:" in shown for number in range(5)] == [True, True, True, False, False]
    for work in works:
        work.close()
    last = bars.workflow("last")
    last.tell(1, 2, "node")
    last.close()
    assert "Workflow last:  50%" in capsys.readouterr().err


def test_a_long_name_is_cut(channel, capsys):
    """A bar is one line."""
    Seconds().execute([], channel.create_stream("x" * 500), over(0, 10))
    assert f"{'x' * 42}…:" in capsys.readouterr().err


def test_a_bar_is_for_people(monkeypatch, capsys):
    """At a terminal and in a notebook it is shown; in a pipe, and where that is said, it is not."""
    assert not are_wanted()
    assert are_wanted(anywhere=True)
    shell = types.SimpleNamespace(kernel=object())
    notebook = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    assert are_wanted()
    with bar(3, "Counting", "sheep") as shown:
        shown.update()
    assert "Counting:" in capsys.readouterr().err
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert not are_wanted()
    assert not are_wanted(anywhere=True)
    with bar(3, "Counting", "sheep") as shown:
        shown.update()
    assert capsys.readouterr().err == ""
    del shell.kernel
    monkeypatch.setenv("TQDM_DISABLE", "0")
    assert not are_wanted()


def test_a_process_without_standard_error_shows_nothing(monkeypatch):
    """As those that Windows starts without a console."""
    monkeypatch.setattr(sys, "stderr", None)
    assert not are_wanted()


def test_handlers_are_as_before_when_bars_are_gone(monkeypatch):
    """They write where they wrote, and those that write elsewhere are left alone."""
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    ours, other = logging.StreamHandler(), logging.StreamHandler(io.StringIO())
    logger = logging.getLogger("hyperstream")
    for handler in (ours, other):
        logger.addHandler(handler)
    elsewhere = other.stream
    try:
        with ExecutionContext(observer=ProgressBars(anywhere=True)).active():
            with bar(1, "One", "things"), bar(1, "Two", "things"):
                assert ours.stream is not screen
                assert other.stream is elsewhere
                logger.warning("a line")
            assert ours.stream is screen
    finally:
        for handler in (ours, other):
            logger.removeHandler(handler)
    assert "a line\n" in screen.getvalue()


@pytest.mark.slow
def test_log_lines_stand_above_bars(config):
    """At a terminal each line begins at the left, where there is no bar any more."""
    said = run_at_a_terminal([sys.executable, "-c", PROGRAM, config])
    assert said.code == 0
    assert "talking → memory:x:" in said.err
    for number in (1000, 2000, 3000):
        [line] = [each for each in said.err.split("\n") if each.endswith(f"line {number}")]
        assert line.rpartition("\r")[2].endswith(f"WARNING  hyperstream.talk: line {number}")
        assert "memory:x" not in line.rpartition("\r")[2]
    assert said.err.rpartition("\r")[2] == "done\n"


@pytest.mark.slow
def test_a_pipe_sees_the_log_only(config):
    """Not a trace of a bar."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, config], check=True, capture_output=True, text=True
    )
    assert done.stdout == "done\n"
    assert [line[-9:] for line in done.stderr.splitlines()] == [
        "line 1000",
        "line 2000",
        "line 3000",
    ]
