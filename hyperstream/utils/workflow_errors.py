"""The errors of plates and workflows; `hyperstream.utils.errors` hands them on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hyperstream._containers import HyperStreamError

if TYPE_CHECKING:
    from typing_extensions import Self

if sys.version_info < (3, 11):
    # The backport puts a hook of its own there, which is for programs to decide on.
    _hook = sys.excepthook
    from exceptiongroup import BaseExceptionGroup, ExceptionGroup

    sys.excepthook = _hook


class FactorAlreadyExistsError(HyperStreamError, ValueError):
    """The factor is in the workflow already."""

    message = "Cannot have duplicate factors - a new factor object should be created"


class FactorDefinitionError(HyperStreamError, ValueError):
    """A factor is defined wrongly."""


class NodeAlreadyExistsError(HyperStreamError, ValueError):
    """There is a node of this name in the workflow already."""

    message = "Cannot have duplicate nodes"


class NodeDefinitionError(HyperStreamError, ValueError):
    """A node is defined wrongly."""


class LinkageError(HyperStreamError, ValueError):
    """Nodes and factors cannot be tied together like this."""


class MetaDataError(HyperStreamError, ValueError):
    """Meta data are not valid, already there, or below something that is not there."""


class MetaDataAlreadyExistsError(MetaDataError, KeyError):
    """There are meta data of this identifier already."""


class PlateAlreadyExistsError(HyperStreamError, ValueError):
    """There is a plate of this id already."""


class PlateInUseError(HyperStreamError, ValueError):
    """A plate cannot be deleted, as workflows or other plates need it."""


class PlateDefinitionError(HyperStreamError, ValueError):
    """A plate is defined wrongly."""

    message = "Empty values in plate definition and complement=False"


class PlateEmptyError(HyperStreamError, ValueError):
    """A plate has no values.

    Parameters
    ----------
    plate_id
        The plate's id.
    reason
        Why, and what to do.

    Examples
    --------
    >>> print(PlateEmptyError("H", "all values are left out."))
    Plate values for H empty: all values are left out.
    """

    message = "Plate values for {} empty"

    def __init__(self, plate_id: str, reason: str = "", **data: object) -> None:
        message = type(self).message.format(plate_id) + (f": {reason}" if reason else "")
        super().__init__(message, plate_id=plate_id, **data)


class PlateNotFoundError(HyperStreamError, KeyError):
    """There is no plate of this id."""


class IncompatiblePlatesError(HyperStreamError, ValueError):
    """The plates of sources and sinks do not fit the tool or each other."""


class WorkflowAlreadyExistsError(HyperStreamError, ValueError):
    """There is a workflow of this id already."""


class WorkflowNotFoundError(HyperStreamError, KeyError):
    """There is no workflow of this id."""


class WorkflowLoadError(HyperStreamError, ValueError):
    """A workflow cannot be made from what the database says of it."""


class WorkflowExecutionError(ExceptionGroup[Exception], HyperStreamError):  # type: ignore[override]
    """Parts of a workflow failed; everything else that was asked for is computed.

    Parameters
    ----------
    message
        What failed, in one sentence.
    failures
        The errors, one for each call of a tool that failed, in order of execution.
    **data
        What the error is about; each becomes an attribute.

    Examples
    --------
    >>> error = WorkflowExecutionError("2 failed.", [ValueError("a"), TypeError("b")])
    >>> error.exceptions
    (ValueError('a'), TypeError('b'))
    """

    def __new__(cls, message: str, failures: Sequence[Exception], **_: object) -> Self:
        """Make the group."""
        return super().__new__(cls, message, failures)

    def __init__(self, message: str, failures: Sequence[Exception], **data: object) -> None:
        self.__dict__.update(data)

    def __str__(self) -> str:
        return BaseExceptionGroup.__str__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, list(self.exceptions)), self.__dict__

    def derive(self, failures: Sequence[Exception]) -> Self:  # type: ignore[override]
        """Return a group of other failures with the same message."""
        # Names with an underscore are those of the group itself.
        data = {name: each for name, each in vars(self).items() if not name.startswith("_")}
        return type(self)(self.message, failures, **data)
