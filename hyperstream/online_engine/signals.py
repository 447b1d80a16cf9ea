"""SIGTERM and Ctrl-C, which end the engine cleanly the first time, and as usual the second."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_USUAL: dict[signal.Signals, Any] = {
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGINT: signal.default_int_handler,
}


@contextmanager
def stopping_on_signals(stop: Callable[[str], None]) -> Iterator[None]:
    """Let the first SIGTERM or SIGINT call a function, inside of a ``with`` block.

    A second one does what it would do without this: it ends the process, SIGINT by
    KeyboardInterrupt. Signals that the program handles itself are left to it; so are all of them
    in another thread than the main one, which gets none.

    Parameters
    ----------
    stop : callable
        Is given the name of the signal. It is called between any two steps of the main thread,
        so it must take no lock.
    """
    ours = [number for number, usual in _USUAL.items() if signal.getsignal(number) == usual]
    if threading.current_thread() is not threading.main_thread():
        ours = []

    def restore() -> None:
        for number in ours:
            signal.signal(number, _USUAL[number])

    def handle(number: int, _: FrameType | None) -> None:
        restore()
        stop(signal.Signals(number).name)

    for number in ours:
        signal.signal(number, handle)
    try:
        yield
    finally:
        restore()
