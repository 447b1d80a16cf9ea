"""Every error says its sentence, carries its data, and is the builtin error one expects."""

from __future__ import annotations

import logging
import pickle
import sys
from datetime import datetime

import pytest

from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils import errors
from hyperstream.utils.errors import HyperStreamError, handle_exception

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup

SPECIAL = {
    "MissingExtraError": {"package": "pandas", "extra": "notebook"},
    "PlateEmptyError": {"plate_id": "H"},
}
# Which is a group, and has tests of its own.
GROUP = "WorkflowExecutionError"
ALL = [
    error
    for name in errors.__all__
    if name != GROUP
    and isinstance(error := getattr(errors, name), type)
    and issubclass(error, HyperStreamError)
]
BUILTINS = {
    KeyError: (
        "ChannelNotFoundError DuplicateInstanceError KeyDuplicationError "
        "MetaDataAlreadyExistsError PlateNotFoundError "
        "StreamNotFoundError ToolNotFoundError ToolVersionNotFoundError WorkflowNotFoundError"
    ),
    ValueError: (
        "ChannelAlreadyExistsError ConfigurationError FactorAlreadyExistsError "
        "FactorDefinitionError IncompatiblePlatesError IncompatibleToolError "
        "InputStreamCountError LinkageError MultipleStreamsFoundError NodeAlreadyExistsError "
        "NodeDefinitionError "
        "PlateDefinitionError PlateEmptyError PluginError StreamAlreadyExistsError "
        "StreamDataNotAvailableError StreamNotAvailableError ValueDuplicationError "
        "MetaDataError PlateAlreadyExistsError PlateInUseError WorkflowAlreadyExistsError "
        "WorkflowLoadError"
    ),
    TypeError: "ToolInitialisationError UntrustedCodeError ValueEncodingError",
    RuntimeError: "ToolExecutionError",
    ConnectionError: "DatabaseConnectionError EmbeddedServerError",
    ImportError: "MissingExtraError",
}
DEFAULTS = {
    "FactorAlreadyExistsError": (
        "Cannot have duplicate factors - a new factor object should be created"
    ),
    "NodeAlreadyExistsError": "Cannot have duplicate nodes",
    "PlateDefinitionError": "Empty values in plate definition and complement=False",
    "PlateEmptyError": "Plate values for H empty",
    "StreamNotAvailableError": (
        "The stream is not available after any time and cannot be calculated"
    ),
    "ToolExecutionError": "Tool execution did not cover the time interval asked for.",
}


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_every_error_can_be_sent_to_another_process(error):
    """Type, text, arguments and data come back from pickle."""
    original = error(**SPECIAL.get(error.__name__, {}))
    original.extra_data = [1]
    again = pickle.loads(pickle.dumps(original))  # noqa: S301
    assert type(again) is error
    assert (str(again), again.args, vars(again)) == (str(original), original.args, vars(original))


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_every_error_has_its_default_text(error):
    """Without a message, the text is the documented one, or empty."""
    assert str(error(**SPECIAL.get(error.__name__, {}))) == DEFAULTS.get(error.__name__, "") or (
        error.__name__ == "MissingExtraError"
    )


@pytest.mark.parametrize("error", [e for e in ALL if e.__name__ not in SPECIAL])
def test_every_error_takes_a_sentence_and_shows_it_plainly(error):
    """The text is the sentence, without the quotes that a KeyError puts around it."""
    assert str(error("There is no 'x'.")) == error("There is no 'x'.").message == "There is no 'x'."


@pytest.mark.parametrize("builtin", BUILTINS)
def test_errors_are_the_builtin_ones_too(builtin):
    """Code that knows only Python's errors catches them."""
    for name in BUILTINS[builtin].split():
        assert issubclass(getattr(errors, name), builtin)


def test_an_error_carries_data():
    """Keywords become attributes."""
    error = errors.StreamNotFoundError("There is no stream 'a'.", stream_id="a")
    assert error.stream_id == "a"


def test_an_unavailable_stream_tells_until_when_it_is_available():
    """The positional argument is the last available moment."""
    error = errors.StreamNotAvailableError(datetime(2020, 1, 1))
    assert "not available after 2020-01-01T00:00:00.000Z and" in str(error)
    assert error.up_to_timestamp == datetime(2020, 1, 1)
    assert errors.StreamNotAvailableError("No data.", stream="s").stream == "s"


@pytest.mark.parametrize("kind", [TimeIntervals, lambda interval: interval])
def test_a_failed_execution_names_the_intervals(kind):
    """The positional argument is what was not covered; a text is the whole message."""
    required = kind(TimeInterval.from_ms(0, 1000))
    error = errors.ToolExecutionError(required, tool="clock")
    assert "(1970-01-01 00:00:00, 1970-01-01 00:00:01]" in str(error)
    assert (error.required_intervals, error.tool, error.sink) == (required, "clock", None)
    assert errors.ToolExecutionError("Failed.", interval=1).interval == 1


def test_an_uncaught_exception_is_logged_on_the_hyperstream_logger(caplog):
    """The hook logs the exception with its traceback."""
    try:
        {}["lost"]
    except LookupError:
        handle_exception(*sys.exc_info())
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("hyperstream", logging.CRITICAL)
    assert isinstance(record.exc_info[1], LookupError)


def test_an_interrupt_goes_to_pythons_own_hook(caplog, capsys):
    """Ctrl-C is shown as Python shows it, and not logged."""
    handle_exception(KeyboardInterrupt, KeyboardInterrupt("stop"), None)
    assert "KeyboardInterrupt: stop" in capsys.readouterr().err
    assert not caplog.records


def test_the_hook_is_not_installed():
    """Importing the package leaves sys.excepthook alone."""
    assert sys.excepthook is not handle_exception


def test_a_group_of_failures_is_a_group_of_python():
    """The failures of a workflow can be split by type, and are errors of HyperStream."""
    failures = [errors.ToolExecutionError("one"), OSError("two")]
    group = errors.WorkflowExecutionError("Workflow w failed.", failures, workflow_id="w")
    assert isinstance(group, ExceptionGroup)
    assert isinstance(group, HyperStreamError)
    matching, rest = group.split(OSError)
    assert (matching.exceptions, rest.exceptions) == ((failures[1],), (failures[0],))
    assert type(rest) is errors.WorkflowExecutionError
    assert rest.workflow_id == "w"
    assert "Workflow w failed." in str(group)


def test_a_group_of_failures_can_be_sent_to_another_process():
    """Text, failures and data come back from pickle."""
    group = errors.WorkflowExecutionError("Failed.", [OSError("two")], workflow_id="w")
    again = pickle.loads(pickle.dumps(group))  # noqa: S301
    assert (str(again), repr(again.exceptions)) == (str(group), repr(group.exceptions))
    assert again.workflow_id == "w"
