"""Tools that create plates."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hyperstream.execution import HistoryRecord, current_context
from hyperstream.execution.plan import PrivateInterval, up_to_now
from hyperstream.stream import StreamMetaInstance
from hyperstream.tool.base_tool import BaseTool
from hyperstream.utils.errors import ToolExecutionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperstream.storage.base import MetaData
    from hyperstream.stream import Stream
    from hyperstream.time_interval import TimeInterval

_LONGEST = 512


class PlateCreationTool(BaseTool):
    """Base class of tools that find the values of a new plate.

    A tool implements ``_execute(self, source, interval)``, which yields a
    `StreamMetaInstance` for each value found; its meta data are the new plate
    value, a string. There is no sink, as the plate does not exist yet.

    Examples
    --------
    >>> from hyperstream.testing import try_plate_creation_tool
    >>> class Rooms(PlateCreationTool):
    ...     def _execute(self, source, interval):
    ...         for instance in source.window(interval, force_calculation=True):
    ...             yield StreamMetaInstance(instance, instance.value["room"])
    >>> try_plate_creation_tool(Rooms(), [{"room": "hall"}, {"room": "bath"}, {"room": "hall"}])
    ['hall', 'bath']
    """

    def execute(
        self,
        source: Stream | None,
        interval: TimeInterval,
        input_plate_value: MetaData | None = None,
    ) -> list[str]:
        """Find the plate values.

        Parameters
        ----------
        source : Stream or None
            What they are found in.
        interval : TimeInterval
            Open at the start, closed at the end; what lies after now is not
            looked at (reads the clock).
        input_plate_value : tuple of (str, str) pairs, or None
            The plate value that the source belongs to.

        Returns
        -------
        list of str
            The values found, each once, in the order of finding.

        Raises
        ------
        ToolExecutionError
            The tool failed, or gave what is no plate value.
        """
        possible = up_to_now(interval)
        if possible is None:
            return []
        started = time.perf_counter()
        outcome = "completed"
        values: dict[str, None] = {}
        try:
            private = PrivateInterval.from_ms(possible.start_ms, possible.end_ms)
            for item in self._execute(source=source, interval=private) or ():
                values[_plate_value(item)] = None
        except BaseException as error:
            outcome = f"failed: {error!r}"
            if not isinstance(error, Exception):
                raise  # the user wants to stop
            where = "" if input_plate_value is None else f" for {dict(input_plate_value)}"
            msg = f"Tool {self.name} failed over {possible.humanized}{where}: {error}"
            raise ToolExecutionError(msg, tool=self, interval=possible) from error
        finally:
            current_context().history.record(
                HistoryRecord(
                    tool=self.name,
                    version=self.version,
                    parameters=self.fingerprint,
                    sources=() if source is None else (source.address,),
                    sinks=(),
                    interval=possible,
                    document_count=len(values),
                    duration=time.perf_counter() - started,
                    outcome=outcome,
                )
            )
        return list(values)

    def _execute(
        self, source: Stream | None, interval: TimeInterval
    ) -> Iterable[StreamMetaInstance] | None:
        """Yield an item for each plate value."""
        msg = f"Tool {self.name} has no _execute: write it."
        raise NotImplementedError(msg)


def _plate_value(item: object) -> str:
    value = item.meta_data if isinstance(item, StreamMetaInstance) else None
    if isinstance(value, str) and 0 < len(value) <= _LONGEST:
        return value
    msg = (
        f"It yielded {item!r}, which is no StreamMetaInstance with a plate value, text of 1 to "
        f"{_LONGEST} characters."
    )
    raise TypeError(msg)
