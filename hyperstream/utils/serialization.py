"""Functions as bytes, within one version of Python.

The bytes are those of :mod:`marshal`: another version of Python may not read them, and loading
them from a source that is not trusted runs that source's code.
"""

from __future__ import annotations

import builtins
import marshal
from collections.abc import Callable
from types import CellType, CodeType, FunctionType
from typing import Any

__all__ = [
    "code_pickler",
    "code_unpickler",
    "func_dump",
    "func_load",
    "func_reconstruct_closure",
]


def func_dump(
    func: FunctionType,
) -> tuple[bytes, tuple[Any, ...] | None, tuple[Any, ...] | None]:
    """Take a function written in Python apart.

    Returns
    -------
    tuple
        The code as bytes; the default values, None if there are none; the values of the
        variables in its closure, None if it has none.

    Raises
    ------
    ValueError
        If it has default values of keyword-only arguments, which this form has no place for.

    Examples
    --------
    >>> scale = 3
    >>> func_load(*func_dump(lambda x, power=2: x**power))(5)
    25
    """
    if func.__kwdefaults__:
        raise ValueError(
            f"{func.__qualname__} has defaults of keyword-only arguments {func.__kwdefaults__!r}, "
            "which cannot be kept; make them ordinary arguments."
        )
    closure = tuple(cell.cell_contents for cell in func.__closure__) if func.__closure__ else None
    return marshal.dumps(func.__code__), func.__defaults__, closure


def func_load(
    code: bytes | CodeType,
    defaults: tuple[Any, ...] | None = None,
    closure: tuple[Any, ...] | None = None,
    globs: dict[str, Any] | None = None,
) -> FunctionType:
    """Put together a function that :func:`func_dump` took apart.

    Parameters
    ----------
    code
        The code, as bytes or as a code object.
    defaults
        The default values.
    closure
        The values of the variables in the closure.
    globs
        The global names that the code may use; without it only the builtins.
    """
    # The caller knows where the bytes come from.
    program: CodeType = code if isinstance(code, CodeType) else marshal.loads(code)  # noqa: S302
    if globs is None:
        globs = {"__builtins__": builtins}
    cells = None if closure is None else func_reconstruct_closure(closure)
    return FunctionType(program, globs, program.co_name, defaults, cells)


def func_reconstruct_closure(values: tuple[Any, ...]) -> tuple[CellType, ...]:
    """Make a closure, the cells that hold the variables of outer functions, from their values.

    Examples
    --------
    >>> [cell.cell_contents for cell in func_reconstruct_closure((1, 2))]
    [1, 2]
    """
    return tuple(map(CellType, values))


def code_pickler(code: CodeType) -> tuple[Callable[[bytes], CodeType], tuple[bytes]]:
    """Take a code object apart, in the form that :func:`copyreg.pickle` wants.

    With ``copyreg.pickle(CodeType, code_pickler)`` code objects can be pickled, which a program
    must ask for itself: nothing is registered here. HyperStream does not store functions in this
    way: code alone has neither globals nor closure nor defaults, only the same version of Python
    can read it, and it says nothing of who wrote it.

    Examples
    --------
    >>> rebuild, data = code_pickler((lambda x: x + 1).__code__)
    >>> func_load(rebuild(*data))(1)
    2
    """
    return code_unpickler, (marshal.dumps(code),)


def code_unpickler(data: bytes) -> CodeType:
    """Return the code object that :func:`code_pickler` took apart.

    To call it runs whatever `data` says: they must come from a source that is trusted, and from
    the same version of Python, which is not checked (another one may end the process).

    Raises
    ------
    EOFError, ValueError, TypeError
        The data are none that :mod:`marshal` wrote.
    """
    code = marshal.loads(data)  # noqa: S302 - as above
    if not isinstance(code, CodeType):
        raise TypeError(f"The data hold a {type(code).__name__}, not code.")
    return code
