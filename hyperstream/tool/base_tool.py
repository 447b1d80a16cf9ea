"""What all tools have in common: parameters, names, equality, and a place in history."""

from __future__ import annotations

import inspect
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from hyperstream.execution import ToolCall, current_context
from hyperstream.storage.base import ProducerRecord
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval
from hyperstream.tool import stored
from hyperstream.tool.fingerprint import fingerprint
from hyperstream.utils.containers import Hashable, Printable
from hyperstream.utils.errors import DatabaseConnectionError, ToolInitialisationError
from hyperstream.utils.text import NO_UNICODE, is_unicode, with_names
from hyperstream.utils.utils import camel_to_snake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from typing_extensions import Self

    from hyperstream.execution.plan import Routed
    from hyperstream.models import ToolModel, ToolParameterModel
    from hyperstream.stream import Stream

# Stands for any interval where a tool is asked how far it reaches beyond one.
_PROBE = TimeInterval.from_ms(1_000_000_000_000, 1_000_003_600_000)


class BaseTool(Printable, Hashable):
    """Base class of all tools.

    A tool's parameters are the arguments of its constructor. A class without
    a constructor of its own takes any keyword arguments; they become
    attributes.

    Parameters
    ----------
    **kwargs
        Become attributes.

    Attributes
    ----------
    version : str
        The version, from the name of the tool's file.
    not_chunk_invariant : str or None
        Why the output depends on how an interval is divided, where it does.

    Raises
    ------
    ToolInitialisationError
        The name of a parameter is no Unicode text.
    """

    version: ClassVar[str] = "0.0.0"
    not_chunk_invariant: ClassVar[str | None] = None
    _arguments: dict[str, Any]

    # A tool may work on batches instead of instances: see `hyperstream.storage.batch.Batch`. It
    # then takes the arguments of its kind's `_execute`.
    _execute_batches: ClassVar[Any] = None
    _uses_batches: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Batches are preferred. But who overrides only the instances of a tool means that.
        if "_execute_batches" in cls.__dict__ or "_execute" in cls.__dict__:
            cls._uses_batches = cls.__dict__.get("_execute_batches") is not None

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember the arguments of the constructor: they are the tool's parameters."""
        self = super().__new__(cls)
        self._arguments = _bound(cls, args, kwargs)
        return self

    def __init__(self, **kwargs: Any) -> None:
        for name, value in kwargs.items():
            setattr(self, name, value)

    @property
    def name(self) -> str:
        """The name of the tool, as in ``splitter_from_stream``."""
        return camel_to_snake(type(self).__name__)

    @property
    def parameters_dict(self) -> dict[str, Any]:
        """The parameters: name to value."""
        return dict(self._arguments)

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """The parameters as dicts of key, value, is_function and is_set."""
        return [
            {
                "key": key,
                "value": value,
                "is_function": callable(value),
                "is_set": isinstance(value, (set, frozenset)),
            }
            for key, value in self._arguments.items()
        ]

    @property
    def source_count(self) -> int | None:
        """How many sources it takes, where `check_input_stream_count` says so."""
        method = self._execute_batches if self._uses_batches else getattr(self, "_execute", None)
        return getattr(method, "expected_number_of_streams", None)

    @cached_property
    def fingerprint(self) -> dict[str, str]:
        """The parameters in printable form, equal in all processes."""
        return {key: fingerprint(value) for key, value in self._arguments.items()}

    def get_model(self) -> ToolModel:
        """Return the tool as it is kept in the database.

        Functions that have no name of their own are signed by the keys of the
        current context.

        Raises
        ------
        ToolInitialisationError
            A parameter cannot be stored.
        """
        return stored.to_model(self)

    @staticmethod
    def parameters_from_dicts(parameters: Iterable[Mapping[str, Any]]) -> list[ToolParameterModel]:
        """Return parameters, as dicts of `parameters`, in their stored form."""
        return stored.to_parameter_models(parameters)

    @staticmethod
    def parameters_from_model(
        parameters_model: Iterable[ToolParameterModel], tool: str | None = None
    ) -> dict[str, Any]:
        """Return stored parameters: name to value.

        Parameters
        ----------
        parameters_model : iterable of ToolParameterModel
            The stored parameters.
        tool : str, optional
            Whose they are, for errors.

        Raises
        ------
        UntrustedCodeError
            A function is stored as code that none of the current context's keys
            has signed, or that another version of Python has stored.
        ToolInitialisationError
            A function is not found by its name, or a value cannot be read.
        """
        return stored.from_parameter_models(parameters_model, tool)

    def message(self, interval: TimeInterval) -> str:
        """Return what to say of an execution over an interval."""
        return f"{self!r} running over {interval.humanized}"

    def reach(
        self,
        interval: TimeInterval,
        sources: Sequence[Stream] = (),
    ) -> TimeInterval | None:
        """Return which part of the sources the outputs in an interval need.

        Late data in a source make outputs void according to this. How far both
        ends lie from those of `interval` must not depend on `interval`.

        Parameters
        ----------
        interval : TimeInterval
            Of the outputs.
        sources : sequence of Stream
            What the tool reads.

        Returns
        -------
        TimeInterval or None
            None where it is not known: then all outputs after a late instance
            are void.
        """
        return None

    @staticmethod
    def write_to_history(**kwargs: Any) -> None:
        """Add facts to the history of executions.

        Parameters
        ----------
        **kwargs
            What to remember.
        """
        current_context().history.note(**kwargs)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash((type(self), tuple(sorted(self.fingerprint.items()))))

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self._arguments.items())
        return with_names(f"{type(self).__name__}({arguments})")

    def _batches_of(self, **arguments: Any) -> Iterable[Any]:
        """Return what the tool gives in batches, for `_execute` where that is all it has."""
        if self._execute_batches is None:
            msg = f"Tool {self.name} has neither _execute nor _execute_batches: write one of them."
            raise NotImplementedError(msg)
        return self._execute_batches(**arguments) or ()

    def _bind(
        self,
        sources: Sequence[Stream | None],
        sinks: Sequence[Stream],
        produce: Callable[[TimeInterval], Routed],
    ) -> ToolCall:
        """Tie this tool to streams; `produce` says how to call it and what goes where."""
        present = tuple(source for source in sources if source is not None)
        offsets = None
        # What a stream that reads itself holds depends on all that came before.
        if set(present).isdisjoint(sinks):
            try:
                offsets = self._reach_offsets(present)
            except DatabaseConnectionError:
                raise  # the next time it may answer
            except Exception as error:  # noqa: BLE001 - the call fails with it, and nothing else
                produce = _failing(error)
        keys = tuple(source.address.key for source in present)
        record = ProducerRecord(self.name, self.version, self.fingerprint, keys, offsets)
        return ToolCall(self, present, tuple(sinks), produce, record)

    def _reach_offsets(self, sources: Sequence[Stream]) -> tuple[int, int] | None:
        """Return how far the reach lies from both ends of an interval, in milliseconds."""
        reach = self.reach(_PROBE, sources)
        if reach is None:
            return None
        if not isinstance(reach, TimeInterval) or isinstance(reach, RelativeTimeInterval):
            msg = f"it returned {reach!r}, which is no absolute TimeInterval"
            raise TypeError(msg)
        return reach.start_ms - _PROBE.start_ms, reach.end_ms - _PROBE.end_ms


def _failing(error: Exception) -> Callable[[TimeInterval], NoReturn]:
    """Return how to call a tool whose reach could not be asked for."""

    def produce(_interval: TimeInterval) -> NoReturn:
        msg = (
            f"Its reach() failed with {type(error).__name__}: {error}. It must return the "
            "TimeInterval of the sources that the outputs in an interval need, or None where that "
            "is not known."
        )
        raise TypeError(msg) from error

    return produce


@cache
def _signature(constructor: Callable[..., None]) -> inspect.Signature:
    return inspect.signature(constructor)


def _bound(cls: type[BaseTool], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a constructor by name, defaults included."""
    odd = next((name for name in kwargs if not is_unicode(name)), None)
    if odd is not None:
        msg = f"{odd!r} cannot be the name of a parameter of {cls.__name__}. {NO_UNICODE}."
        raise ToolInitialisationError(msg)
    signature = _signature(cls.__init__)
    try:
        bound = signature.bind(None, *args, **kwargs)
    except TypeError:
        return {}  # the constructor, which runs next, says what is wrong
    bound.apply_defaults()
    arguments = dict(list(bound.arguments.items())[1:])
    for name, parameter in signature.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            arguments.update(arguments.pop(name))
    return arguments
