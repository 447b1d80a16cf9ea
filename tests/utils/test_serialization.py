"""A function taken apart and put together does the same."""

from __future__ import annotations

import copyreg
import io
import marshal
import math
import pickle
from types import CodeType

import pytest

from hyperstream.utils.serialization import (
    code_pickler,
    code_unpickler,
    func_dump,
    func_load,
    func_reconstruct_closure,
)


def outer(scale, offset):
    """Give a function with a closure and a default."""

    def inner(x, power=2):
        return scale * x**power + offset

    return inner


def test_defaults_and_closure_come_back():
    """The copy computes the same, with the same defaults and closure."""
    original = outer(3, 1)
    code, defaults, closure = func_dump(original)
    assert isinstance(code, bytes)
    assert (defaults, closure) == ((2,), (1, 3))
    copy = func_load(code, defaults, closure)
    assert copy(5) == original(5) == 76
    assert copy(5, power=1) == 16
    assert copy.__name__ == "inner"


def test_a_plain_function_has_neither():
    """Without defaults and closure both are None."""
    code, defaults, closure = func_dump(lambda x: -x)
    assert (defaults, closure) == (None, None)
    assert func_load(code)(2) == -2


def test_a_code_object_is_as_good_as_bytes():
    """The code may be given as an object."""
    assert func_load(marshal.loads(func_dump(lambda: 7)[0]))() == 7  # noqa: S302


def test_globals_are_those_given():
    """Only builtins are there, unless others are given."""
    code, _, _ = func_dump(lambda x: math.sqrt(len(x)))
    with pytest.raises(NameError):
        func_load(code)("abcd")
    assert func_load(code, globs={"math": math})("abcd") == 2


def test_a_closure_can_hold_anything():
    """Values of a closure are kept by reference, not as bytes."""
    marker = object()
    (cell,) = func_reconstruct_closure((marker,))
    assert cell.cell_contents is marker


def test_keyword_only_defaults_are_refused():
    """What cannot be kept is not lost silently."""

    def func(*, x=1):
        return x

    with pytest.raises(ValueError, match="keyword-only"):
        func_dump(func)


def test_code_is_taken_apart_and_put_together():
    """The form is that of a reducer for copyreg, which makes code objects picklable."""
    code = (lambda x: x + 1).__code__
    rebuild, data = code_pickler(code)
    assert rebuild is code_unpickler
    assert func_load(rebuild(*data))(1) == 2

    class Pickler(pickle.Pickler):
        dispatch_table = copyreg.dispatch_table | {CodeType: code_pickler}

    file = io.BytesIO()
    Pickler(file).dump(code)
    assert pickle.loads(file.getvalue()) == code  # noqa: S301 - our own bytes


@pytest.mark.parametrize("data", [b"", b"nonsense", marshal.dumps(5)])
def test_what_is_no_code_is_an_error(data):
    """Other bytes, also those of other values, are refused."""
    with pytest.raises((EOFError, ValueError, TypeError)):
        code_unpickler(data)


def test_nothing_is_registered_for_pickling():
    """Code objects become picklable only in programs that ask for it."""
    assert CodeType not in copyreg.dispatch_table
