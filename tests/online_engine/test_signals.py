"""What SIGTERM and Ctrl-C do."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from hyperstream.online_engine.signals import stopping_on_signals


@pytest.fixture(autouse=True)
def usual():
    """Have the handlers that a program has at its start, and leave what there was."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_stops(number):
    """The program goes on, and both signals do from then on what they always do."""
    asked = []
    with stopping_on_signals(asked.append):
        os.kill(os.getpid(), number)
        assert asked == [number.name]
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert asked == [number.name]


def test_afterwards_all_is_as_before():
    """Also where nothing happened."""
    with stopping_on_signals(print):
        assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler


def test_handlers_of_the_program_are_left_alone():
    """A program that handles a signal itself goes on to do so."""
    asked = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append("the program's"))
    with stopping_on_signals(asked.append):
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    assert asked == ["the program's", "SIGINT", "the program's"]


def test_other_threads_change_nothing():
    """Only the main thread may say what signals do."""
    seen = []

    def run():
        with stopping_on_signals(print):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
