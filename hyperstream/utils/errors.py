"""Every error that HyperStream raises, and a function that logs uncaught ones.

All derive from :class:`HyperStreamError` and, where Python has one that fits, from the builtin
error that code without knowledge of HyperStream would catch. Each takes its message first and
carries what it is about as attributes.

Examples
--------
>>> try:
...     raise StreamNotFoundError("There is no stream 'a' in channel 'memory'.", stream_id="a")
... except KeyError as error:
...     print(error, error.stream_id)
There is no stream 'a' in channel 'memory'. a
"""

from __future__ import annotations

import logging
import sys
from datetime import datetime
from types import TracebackType

from hyperstream._containers import (
    HyperStreamError,
    KeyDuplicationError,
    ValueDuplicationError,
)
from hyperstream._time import iso_format
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.workflow_errors import (
    FactorAlreadyExistsError,
    FactorDefinitionError,
    IncompatiblePlatesError,
    LinkageError,
    MetaDataAlreadyExistsError,
    MetaDataError,
    NodeAlreadyExistsError,
    NodeDefinitionError,
    PlateAlreadyExistsError,
    PlateDefinitionError,
    PlateEmptyError,
    PlateInUseError,
    PlateNotFoundError,
    WorkflowAlreadyExistsError,
    WorkflowExecutionError,
    WorkflowLoadError,
    WorkflowNotFoundError,
)

__all__ = [
    "BackupError",
    "ChangedProducerWarning",
    "ChannelAlreadyExistsError",
    "ChannelNotFoundError",
    "ConfigurationError",
    "DatabaseConnectionError",
    "DatabaseUpgradeError",
    "DuplicateInstanceError",
    "EmbeddedServerError",
    "FactorAlreadyExistsError",
    "FactorDefinitionError",
    "FutureIntervalWarning",
    "HistoryError",
    "HyperStreamError",
    "HyperStreamWarning",
    "IncompatiblePlatesError",
    "IncompatibleToolError",
    "InputStreamCountError",
    "KeyDuplicationError",
    "LinkageError",
    "MetaDataAlreadyExistsError",
    "MetaDataError",
    "MissingExtraError",
    "MultipleStreamsFoundError",
    "NodeAlreadyExistsError",
    "NodeDefinitionError",
    "NotCalculatedWarning",
    "PlateAlreadyExistsError",
    "PlateDefinitionError",
    "PlateEmptyError",
    "PlateInUseError",
    "PlateNotFoundError",
    "PluginError",
    "StreamAlreadyExistsError",
    "StreamDataNotAvailableError",
    "StreamNotAvailableError",
    "StreamNotFoundError",
    "ToolExecutionError",
    "ToolInitialisationError",
    "ToolNotFoundError",
    "ToolVersionNotFoundError",
    "UntrustedCodeError",
    "ValueDuplicationError",
    "ValueEncodingError",
    "WorkflowAlreadyExistsError",
    "WorkflowExecutionError",
    "WorkflowLoadError",
    "WorkflowNotFoundError",
    "handle_exception",
]


# Configuration and connection


class ConfigurationError(HyperStreamError, ValueError):
    """The configuration file, or a part of it, is wrong."""


class PluginError(ConfigurationError):
    """A plugin named in the configuration is not there or cannot be used."""


class MissingExtraError(HyperStreamError, ImportError):
    """A package that HyperStream can do without is needed for this.

    Parameters
    ----------
    package
        The package that is missing.
    extra
        The extra of HyperStream that installs it.

    Examples
    --------
    >>> print(MissingExtraError(package="pandas", extra="notebook"))
    This needs the package pandas; install it by: pip install 'hyperstream[notebook]'
    """

    def __init__(self, *, package: str, extra: str) -> None:
        super().__init__(
            f"This needs the package {package}; install it by: pip install 'hyperstream[{extra}]'",
            package=package,
            extra=extra,
        )


class DatabaseConnectionError(HyperStreamError, ConnectionError):
    """MongoDB does not answer, or refuses the connection."""


class EmbeddedServerError(DatabaseConnectionError):
    """The embedded database server could not be started or found."""


class DatabaseUpgradeError(HyperStreamError):
    """A database of an earlier release cannot be brought up to date."""


class BackupError(HyperStreamError):
    """A backup of the database cannot be made, read or restored."""


# Channels and streams


class ChannelAlreadyExistsError(HyperStreamError, ValueError):
    """There is a channel of this id already."""


class ChannelNotFoundError(HyperStreamError, KeyError):
    """There is no channel of this id."""


class StreamAlreadyExistsError(HyperStreamError, ValueError):
    """There is a stream of this id in the channel already."""


class StreamNotFoundError(HyperStreamError, KeyError):
    """There is no such stream in the channel."""


class HistoryError(HyperStreamError):
    """The history of a session cannot be written now; what is missing is kept for later."""


class MultipleStreamsFoundError(HyperStreamError, ValueError):
    """Several streams match where one is wanted."""


class StreamDataNotAvailableError(HyperStreamError, ValueError):
    """The stream has no data where some are needed."""


class StreamNotAvailableError(HyperStreamError, ValueError):
    """The stream is not calculated as far as needed, and nothing can calculate it.

    Parameters
    ----------
    up_to_timestamp
        The end of what is available; a string is taken as the whole message.
    **data
        What the error is about; each becomes an attribute.
    """

    message = "The stream is not available after {} and cannot be calculated"

    def __init__(self, up_to_timestamp: datetime | str | None = None, **data: object) -> None:
        if isinstance(up_to_timestamp, str):
            super().__init__(up_to_timestamp, **data)
            return
        until = "any time" if up_to_timestamp is None else iso_format(up_to_timestamp)
        super().__init__(type(self).message.format(until), up_to_timestamp=up_to_timestamp, **data)


class HyperStreamWarning(UserWarning):
    """Base of every warning that HyperStream gives."""


class NotCalculatedWarning(HyperStreamWarning):
    """A window was read that is not fully calculated, and shows what is there."""


class FutureIntervalWarning(HyperStreamWarning):
    """A computation was asked for that reaches beyond now."""


class ChangedProducerWarning(HyperStreamWarning):
    """A stream is computed by another tool, version, parameters or sources than before."""


class DuplicateInstanceError(HyperStreamError, KeyError):
    """A stream has another value at this timestamp already."""


class ValueEncodingError(HyperStreamError, TypeError):
    """A value cannot be stored in the database."""


# Tools


class ToolNotFoundError(HyperStreamError, KeyError):
    """There is no tool of this name."""


class ToolVersionNotFoundError(ToolNotFoundError):
    """The tool is there, but not in this version."""


class ToolInitialisationError(HyperStreamError, TypeError):
    """A tool cannot be made from these parameters."""


class UntrustedCodeError(ToolInitialisationError):
    """Stored code that this installation has not signed, or cannot run: it is not loaded."""


class IncompatibleToolError(HyperStreamError, ValueError):
    """A tool is of a kind that cannot be used here."""


class InputStreamCountError(HyperStreamError, ValueError):
    """A tool was given the wrong number of source streams."""


class ToolExecutionError(HyperStreamError, RuntimeError):
    """A tool failed, or its output did not cover the interval asked for.

    Parameters
    ----------
    required_intervals
        The intervals that are not covered; a string is taken as the whole message.
    tool, sink, interval
        The tool, the stream it was computing, and the interval in work.

    Examples
    --------
    >>> ToolExecutionError("Tool clock failed.", tool="clock").tool
    'clock'
    """

    message = "Tool execution did not cover the time interval {}."

    def __init__(
        self,
        required_intervals: TimeIntervals | TimeInterval | str | None = None,
        *,
        tool: object = None,
        sink: object = None,
        interval: object = None,
    ) -> None:
        self.tool = tool
        self.sink = sink
        self.interval = interval
        self.required_intervals = required_intervals
        if isinstance(required_intervals, str):
            self.required_intervals = None
            super().__init__(required_intervals)
        else:
            text = "asked for" if required_intervals is None else required_intervals.humanized
            super().__init__(type(self).message.format(text))


def handle_exception(
    exc_type: type[BaseException],
    exc_value: BaseException,
    exc_traceback: TracebackType | None,
) -> None:
    """Log an uncaught exception on the ``hyperstream`` logger.

    It has the form of :data:`sys.excepthook`, and is never put there by HyperStream: a program
    that wants it says ``sys.excepthook = handle_exception``. KeyboardInterrupt is passed on to
    Python's own hook.

    Parameters
    ----------
    exc_type, exc_value, exc_traceback
        What :func:`sys.exc_info` gives.
    """
    if issubclass(exc_type, KeyboardInterrupt):
        sys.__excepthook__(exc_type, exc_value, exc_traceback)
        return
    logging.getLogger("hyperstream").critical(
        "Uncaught exception", exc_info=(exc_type, exc_value, exc_traceback)
    )
