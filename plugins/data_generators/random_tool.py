"""What the tools of this plugin share: a value for each tick, and their source of randomness."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Iterator, Sequence
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from hyperstream.execution import once_per_execution
from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.tool.pointwise import TimeByTime

Seed = int | float | str | bytes | bytearray | None


class GeneratorTool(TimeByTime, Tool):
    """Base class of tools that make a value for each tick of an alignment stream.

    A tool implements ``_values(self, ticks)``.
    """

    @check_input_stream_count(0)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        if alignment_stream is None:
            raise ValueError("it needs an alignment stream, and was given none.")
        for ticks in alignment_stream.window(interval, force_calculation=True).batches():
            yield Batch.of(ticks.timestamps, self._values(ticks))

    def _values(self, ticks: Batch) -> list[Any]:
        """Return a value for each tick."""
        raise NotImplementedError(f"Tool {self.name} has no _values: write it.")


class RandomTool(GeneratorTool):
    """Base class of tools that draw a random value for each tick.

    A tool implements ``_draw(self, generator)``. A `random.Random` of its own is made for each
    execution, and goes on over all intervals that are missing; the global one is not touched.

    Parameters
    ----------
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.
    **parameters
        Of the distribution.

    Raises
    ------
    TypeError
        The seed is of another type, or a parameter is.
    ValueError
        A parameter is infinite or NaN, or Python's `random` cannot draw with these parameters.
    """

    not_chunk_invariant: ClassVar[str | None] = "it starts anew, from its seed, in each execution"

    def __init__(self, seed: Seed, **parameters: Any) -> None:
        super().__init__(seed=seed, **parameters)
        if not isinstance(seed, Seed):
            raise TypeError(
                f"The seed of {self.name} must be a number, text or None, not {seed!r}."
            )
        self._seed = seed
        try:
            self._draw(random.Random(0))()  # noqa: S311 - nothing secret
        except (ArithmeticError, ValueError) as error:
            raise ValueError(f"{self!r} cannot draw anything: {error}.") from error

    def _values(self, ticks: Batch) -> list[Any]:
        generator = once_per_execution(self, self._generator)
        draw = self._draw(generator)
        return [draw() for _ in range(len(ticks))]

    def _draw(self, generator: random.Random) -> Callable[[], Any]:
        """Return a function that draws the next value."""
        raise NotImplementedError(f"Tool {self.name} has no _draw: write it.")

    def _generator(self) -> random.Random:
        return random.Random(self._seed)  # noqa: S311 - nothing secret


def number(name: str, value: Any) -> Any:
    """Return a parameter if it is a finite number, a scalar of numpy as a plain one.

    With others, some ways to draw would never come to an end.

    Raises
    ------
    TypeError
        It is no real number.
    ValueError
        It is infinite or NaN.

    Examples
    --------
    >>> number("mu", 1.5)
    1.5
    >>> number("mu", float("inf"))
    Traceback (most recent call last):
        ...
    ValueError: Parameter mu must be finite, not inf.
    """
    plain = value.item() if isinstance(value, np.generic) else value
    if not isinstance(plain, Real):
        raise TypeError(f"Parameter {name} must be a number, not {value!r}.")
    if not math.isfinite(plain):
        raise ValueError(f"Parameter {name} must be finite, not {value!r}.")
    return plain


def whole(name: str, value: Any) -> int:
    """Return a parameter if it is a whole number; TypeError otherwise.

    Examples
    --------
    >>> whole("a", 3)
    3
    >>> whole("a", 3.0)
    Traceback (most recent call last):
        ...
    TypeError: Parameter a must be a whole number (int), not 3.0.
    """
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"Parameter {name} must be a whole number (int), not {value!r}.") from None
