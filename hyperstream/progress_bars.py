"""Progress bars, at terminals and in notebooks: all that is known of tqdm is here."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TextIO

from tqdm import tqdm

if TYPE_CHECKING:
    from hyperstream.execution import ToolCall

# Seconds that work must have lasted before it is worth a bar.
DELAY = 1.0
# How many bars there may be: a workflow, a call of a tool, and what that has computed first.
_MOST = 3
_LONGEST_NAME = 60
_OFF = "TQDM_DISABLE"
_OF_CALLS = (
    "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} calls [{elapsed}<{remaining}{postfix}]"
)
_OF_TIME = "{desc}: {percentage:3.0f}%|{bar}| [{elapsed}<{remaining}{postfix}]"


class ProgressBars:
    """An `hyperstream.execution.Observer` that shows bars.

    A workflow has a bar that counts calls of tools, one for each plate value of
    a factor. A call of a tool has one that shows how much of the time that is
    to be computed is done. A bar appears when its work has lasted a second,
    and goes when that ends, so that quick work shows nothing.

    Parameters
    ----------
    anywhere : bool
        Whether to show them also where nobody may be looking: see `are_wanted`.
    """

    def __init__(self, *, anywhere: bool = False) -> None:
        self._anywhere = anywhere
        self._free = threading.Semaphore(_MOST)

    def workflow(self, workflow_id: str) -> _Followed:
        """Begin an execution of a workflow."""
        return _Followed(self._show, lambda: f"Workflow {workflow_id}", _OF_CALLS, _cut)

    def call(self, call: ToolCall) -> _Followed:
        """Begin a call of a tool."""
        return _Followed(self._show, call.__str__, _OF_TIME, _instances)

    @contextmanager
    def _show(self, name: str, form: str, began: float) -> Iterator[tqdm[Any] | None]:
        """Give a bar, if there is room for one, and somebody to see it."""
        if not are_wanted(self._anywhere) or not self._free.acquire(blocking=False):
            yield None
            return
        try:
            # With a delay it is not drawn before it says how far the work is.
            with _bar(desc=_cut(name), total=1, bar_format=form, delay=1e-6) as shown:
                shown.start_t -= time.monotonic() - began
                yield shown
        finally:
            self._free.release()


class _Followed:
    """A piece of work that gets a bar when it has lasted long enough.

    Parameters
    ----------
    show : callable
        Given a name, a form and a beginning, makes the context of a bar.
    name : callable
        Returns what the work is called.
    form : str
        The form of the bar.
    describe : callable
        Says in words what is told about the work.
    """

    __slots__ = ("_bar", "_began", "_describe", "_form", "_name", "_open", "_show")

    def __init__(
        self,
        show: Callable[[str, str, float], Any],
        name: Callable[[], str],
        form: str,
        describe: Callable[[Any], str],
    ) -> None:
        self._show = show
        self._name = name
        self._form = form
        self._describe = describe
        self._began = time.monotonic()
        self._open: ExitStack | None = None
        self._bar: tqdm[Any] | None = None

    def tell(self, done: int, total: int, about: object) -> None:
        """Move the bar, or make it if it is time."""
        is_new = self._open is None
        if is_new:
            if time.monotonic() - self._began < DELAY:
                return
            self._open = ExitStack()
            context = self._show(self._name(), self._form, self._began)
            self._bar = self._open.enter_context(context)
        if self._bar is not None:
            self._bar.total = total
            self._bar.set_postfix_str(self._describe(about), refresh=False)
            self._bar.update(max(done - self._bar.n, 0))  # a bar does not go back
            if is_new:
                self._bar.refresh()

    def close(self) -> None:
        """Take the bar away."""
        if self._open is not None:
            self._open.close()
            self._bar = None


def are_wanted(anywhere: bool = False) -> bool:
    """Tell whether bars are shown.

    They are at a terminal and in a notebook, and `anywhere` if that is said; never where the
    environment variable ``TQDM_DISABLE`` is set to anything but 0.
    """
    if os.environ.get(_OFF, "0") not in {"", "0"}:
        return False
    return anywhere or _in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


@contextmanager
def bar(total: int | None, what: str, unit: str) -> Iterator[tqdm[Any]]:
    """Give a bar for work that is counted; it shows nothing where bars are not wanted.

    Parameters
    ----------
    total : int, optional
        How much there is, if that is known.
    what : str
        What is done, such as ``"Copying"``.
    unit : str
        What is counted.
    """
    with _bar(total=total, desc=what, unit=f" {unit}", disable=not are_wanted()) as shown:
        yield shown


@contextmanager
def _bar(**options: Any) -> Iterator[tqdm[Any]]:
    make: Any = _kind(widgets=_in_notebook() and find_spec("ipywidgets") is not None)
    # Without smoothing, what is left is estimated by all that is done. At most ten times a second
    # it is drawn, however large the steps are.
    settings = {"leave": False, "dynamic_ncols": True, "smoothing": 0, "miniters": 0}
    with _log_lines.above_bars(), make(**settings, **options) as shown:
        yield shown


@cache
def _kind(*, widgets: bool) -> type[tqdm[Any]]:
    """Return the class of bars; tqdm's module for notebooks is imported there only."""
    base = import_module("tqdm.notebook").tqdm if widgets else tqdm
    return type("Bar", (base,), {"monitor_interval": 0})  # without a thread that watches bars


def _in_notebook() -> bool:
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return hasattr(shell, "kernel")


def _instances(count: int) -> str:
    return f"{count:,} instance{'' if count == 1 else 's'}"


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


class _AboveBars:
    """A stream that takes bars away while a line is written, so that it stands above them.

    Parameters
    ----------
    stream : file
        Where lines and bars are shown.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write a text."""
        with tqdm.external_write_mode(file=self.stream):
            return self.stream.write(text)

    def flush(self) -> None:
        """Show what was written."""
        self.stream.flush()


class _LogLines:
    """Log handlers that write where bars are shown, for as long as there are bars."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bars = 0
        self._handlers: list[logging.StreamHandler[Any]] = []

    @contextmanager
    def above_bars(self) -> Iterator[None]:
        """Have log lines stand above bars inside of a ``with`` block."""
        with self._lock:
            self._bars += 1
            if self._bars == 1:
                self._handlers = list(_console_handlers())
                for handler in self._handlers:
                    handler.setStream(_AboveBars(handler.stream))
        try:
            yield
        finally:
            with self._lock:
                self._bars -= 1
                for handler in () if self._bars else self._handlers:
                    if isinstance(handler.stream, _AboveBars):
                        handler.setStream(handler.stream.stream)


def _console_handlers() -> Iterator[logging.StreamHandler[Any]]:
    for logger in (logging.getLogger(), logging.getLogger("hyperstream")):
        for handler in logger.handlers:
            if isinstance(handler, logging.StreamHandler) and (
                handler.stream is sys.stderr or handler.stream is sys.stdout
            ):
                yield handler


_log_lines = _LogLines()
