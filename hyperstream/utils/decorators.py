"""Decorators for tools, which check how they are called, and for measuring time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from functools import wraps
from time import perf_counter
from typing import Any, ParamSpec, TypeVar

from hyperstream.utils.errors import InputStreamCountError, ToolNotFoundError

__all__ = ["check_input_stream_count", "check_output_format", "check_tool_defined", "timeit"]

_logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


def check_input_stream_count(
    expected_number_of_streams: int,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a tool's ``_execute`` with a check of how many source streams it is given.

    The check is made at the call, also where ``_execute`` is a generator function, whose own
    code runs later.

    Parameters
    ----------
    expected_number_of_streams
        The number of streams that ``sources`` must have; None counts as no streams.

    Returns
    -------
    callable
        The decorator. What it makes raises :class:`InputStreamCountError`, a ValueError.

    Examples
    --------
    >>> class Double:
    ...     @check_input_stream_count(1)
    ...     def _execute(self, sources, alignment_stream, interval):
    ...         yield 2
    >>> Double()._execute(sources=[], alignment_stream=None, interval=None)
    Traceback (most recent call last):
        ...
    hyperstream.utils.errors.InputStreamCountError: Tool Double takes 1 source stream, not 0.
    """

    def decorator(func: Callable[P, R]) -> Callable[P, R]:
        @wraps(func)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            sources: Any = kwargs["sources"] if "sources" in kwargs else args[1]
            given = len(sources) if sources is not None else 0
            if given != expected_number_of_streams:
                plural = "" if expected_number_of_streams == 1 else "s"
                raise InputStreamCountError(
                    f"Tool {type(args[0]).__name__} takes {expected_number_of_streams} "
                    f"source stream{plural}, not {given}.",
                    expected=expected_number_of_streams,
                    given=given,
                )
            return func(*args, **kwargs)

        # For whoever wants to know before the call.
        checked.expected_number_of_streams = expected_number_of_streams  # type: ignore[attr-defined]
        return checked

    return decorator


def check_output_format(
    expected_formats: Collection[str],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a method with a check of its object's ``output_format``.

    Parameters
    ----------
    expected_formats
        The formats that the method can work with.

    Returns
    -------
    callable
        The decorator. What it makes raises a ValueError for another format.

    Examples
    --------
    >>> class Output:
    ...     output_format = "csv"
    ...     @check_output_format({"json"})
    ...     def parse(self):
    ...         return {}
    >>> Output().parse()
    Traceback (most recent call last):
        ...
    ValueError: Output.parse needs the output format json, not 'csv'.
    """

    def decorator(func: Callable[P, R]) -> Callable[P, R]:
        @wraps(func)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            given = getattr(args[0], "output_format", None)
            if given not in expected_formats:
                wanted = " or ".join(sorted(expected_formats))
                raise ValueError(
                    f"{func.__qualname__} needs the output format {wanted}, not {given!r}."
                )
            return func(*args, **kwargs)

        return checked

    return decorator


def check_tool_defined(func: Callable[P, R]) -> Callable[P, R]:
    """Decorate a method with a check that its object has a ``tool``.

    Returns
    -------
    callable
        The method, which raises :class:`ToolNotFoundError` while there is no tool.

    Examples
    --------
    >>> class Task:
    ...     tool = None
    ...     @check_tool_defined
    ...     def execute(self):
    ...         return self.tool()
    >>> Task().execute()
    Traceback (most recent call last):
        ...
    hyperstream.utils.errors.ToolNotFoundError: Task has no tool yet; set one before execute.
    """

    @wraps(func)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if getattr(args[0], "tool", None) is None:
            raise ToolNotFoundError(
                f"{type(args[0]).__name__} has no tool yet; set one before {func.__name__}."
            )
        return func(*args, **kwargs)

    return checked


def timeit(f: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function so that each call logs its duration, at level INFO.

    Examples
    --------
    >>> timeit(abs)(-1)
    1
    """

    @wraps(f)
    def timed(*args: P.args, **kwargs: P.kwargs) -> R:
        begin = perf_counter()
        try:
            return f(*args, **kwargs)
        finally:
            _logger.info("%s took %.6f s", f.__qualname__, perf_counter() - begin)

    return timed
