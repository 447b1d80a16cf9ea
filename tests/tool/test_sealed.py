"""Functions without a name: signed, checked before anything of them is run, and whole."""

from __future__ import annotations

import enum
import functools
import inspect
import pickle
import sys
import textwrap
import threading
from types import ModuleType

import cloudpickle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.execution import ExecutionContext, current_context
from hyperstream.tool.fingerprint import fingerprint
from hyperstream.tool.sealed import FORMAT, PYTHON, _content, seal, unseal
from hyperstream.utils.errors import ToolInitialisationError, UntrustedCodeError
from hyperstream.utils.keys import KeyRing

PLACE = "Parameter 'func' of tool apply"


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    """A ring with a key."""
    ring = KeyRing(tmp_path_factory.mktemp("keys") / "keys.json")
    ring.new_key()
    return ring


def resigned(document, ring, **changes):
    """Return a changed document with a signature that is right."""
    document = {**document, **changes}
    key, signature = ring.sign(_content(document))
    return {**document, "key": key, "signature": signature}


class Burglar:
    """Leaves a trace when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def helper(value):
    """Stand at the top level of a module."""
    return value + 1


def scaled(factor):
    """Return a function with a closure."""
    return lambda value, offset=1, *, sign=1: sign * factor * value + offset


class Model:
    """Has a method that needs its object."""

    def __init__(self, weight):
        self.weight = weight

    def predict(self, value):
        """Multiply."""
        return value * self.weight

    def __call__(self, value):
        """Multiply too."""
        return self.predict(value)


def recursive():
    """Return a function that calls itself."""

    def factorial(number):
        return number * factorial(number - 1) if number else 1

    return factorial


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (lambda value: value + 1, 2),
        (lambda value: helper(value) * np.pi, 2),
        (scaled(3), 2),
        (scaled(np.arange(3)), 2),
        (Model(3).predict, 2),
        (Model(3), 2),
        (recursive(), 5),
        ([1, 2].count, 2),
        (np.poly1d([1, 2]), 2),
    ],
)
def test_a_function_comes_back(ring, function, value):
    """It computes the same and counts as the same."""
    document = seal(function, ring, PLACE)
    assert (document["format"], document["python"]) == (FORMAT, PYTHON)
    back = unseal(document, ring, PLACE)
    assert back is not function
    assert np.array_equal(back(value), function(value))
    assert fingerprint(back) == fingerprint(function)


@given(st.integers(), st.text(), st.floats(allow_nan=False))
def test_what_a_function_encloses_comes_back(ring, number, text, default):
    """Closure and defaults have the values that they had."""

    def function(value=default):
        return number, text, value

    back = unseal(seal(function, ring, PLACE), ring, PLACE)
    assert back() == (number, text, default)
    assert fingerprint(back) == fingerprint(function)


def test_the_source_text_is_kept(ring):
    """It is in the document, for people, and stays when a loaded function is stored again."""
    function = scaled(3)
    document = seal(function, ring, PLACE)
    assert document["source"] == inspect.cleandoc(inspect.getsource(function)) + "\n"
    again = seal(unseal(document, ring, PLACE), ring, PLACE)
    assert again["source"] == document["source"]
    assert again["name"] == document["name"] == f"{__name__}:scaled.<locals>.<lambda>"


def test_the_source_text_of_a_class_is_kept(ring):
    """Where it is part of the document, and not where it is found by name."""

    class Local:
        def __call__(self):
            return 1

    source = textwrap.dedent(inspect.getsource(Local))
    assert seal(Local, ring, PLACE)["source"] == source
    assert seal(Local(), ring, PLACE)["source"] == source
    assert seal(Local().__call__, ring, PLACE)["source"].startswith("def __call__(self)")
    assert seal(Model(1), ring, PLACE)["source"] == ""


def test_a_function_typed_at_a_prompt_has_no_source_text(ring):
    """It is stored all the same, and counts as the same when it comes back."""
    scope = {"__name__": "__main__"}
    exec("def typed(value): return value + 1", scope)  # noqa: S102 - our own text
    document = seal(scope["typed"], ring, PLACE)
    assert document["source"] == ""
    back = unseal(document, ring, PLACE)
    assert back(1) == 2
    assert fingerprint(back) == fingerprint(scope["typed"])


def test_what_wraps_a_loaded_function_is_another_function(ring):
    """A decorator copies the attributes of a function, but not what it is."""
    back = unseal(seal(scaled(3), ring, PLACE), ring, PLACE)

    @functools.wraps(back)
    def wrapper(value):
        return back(value)

    assert fingerprint(wrapper).partition("(")[0] != fingerprint(back).partition("(")[0]


def test_modules_that_are_not_elsewhere_are_taken_along(ring, monkeypatch):
    """What a notebook has made goes with the function, the rest by name."""
    module = ModuleType("made_by_hand")
    text = "def double(x): return 2 * x\nclass Thing: pass\ndef used(x): return double(x), Thing"
    exec(text, vars(module))  # noqa: S102 - our own text
    monkeypatch.setitem(sys.modules, "made_by_hand", module)
    documents = [
        seal(function, ring, PLACE)
        for function in (lambda x: module.double(x) + 0, module.used, module.Thing, module.double)
    ]
    assert cloudpickle.list_registry_pickle_by_value() == set()
    monkeypatch.delitem(sys.modules, "made_by_hand")
    by_lambda, used, thing, double = (unseal(each, ring, PLACE) for each in documents)
    assert by_lambda(2) == double(2) == used(2)[0] == 4
    assert thing.__name__ == used(2)[1].__name__ == "Thing"


def test_modules_that_can_be_imported_are_not_taken_along(ring):
    """The bytes are short, and the function uses what is there when it is called."""
    document = seal(lambda value: helper(value) + 1, ring, PLACE)
    assert len(document["code"]) < 2000
    assert b"Stand at the top level" not in document["code"]


def test_a_registration_of_the_user_stays(ring, monkeypatch):
    """Whoever told cloudpickle to take a module along still wants that."""
    module = ModuleType("made_by_hand")
    exec("def double(x): return 2 * x", vars(module))  # noqa: S102 - our own text
    monkeypatch.setitem(sys.modules, "made_by_hand", module)
    cloudpickle.register_pickle_by_value(module)
    try:
        seal(module.double, ring, PLACE)
        assert cloudpickle.list_registry_pickle_by_value() == {"made_by_hand"}
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def test_what_cannot_be_pickled_is_refused(ring, monkeypatch):
    """The error names the parameter and what it is, and says what to do."""
    lock = threading.Lock()
    main = ModuleType("__main__")
    text = "import functools\n@functools.lru_cache\ndef cached(x): return x"
    exec(text, vars(main))  # noqa: S102 - our own text
    monkeypatch.setitem(sys.modules, "__main__", main)
    for function, reason in (
        (lambda: lock, "cannot pickle '_thread.lock'"),
        (main.cached, "refers to module __main__"),
        (lambda: main.cached, "refers to module __main__"),
    ):
        with pytest.raises(ToolInitialisationError, match=reason) as caught:
            seal(function, ring, PLACE)
        assert str(caught.value).startswith(f"{PLACE} cannot be stored: ")
        assert "top level of a module" in str(caught.value)


def test_another_ring_does_not_run_it(ring, tmp_path):
    """The error names parameter, function, key and remedy."""
    document = seal(helper, ring, PLACE)
    other = KeyRing(tmp_path / "other.json")
    with pytest.raises(UntrustedCodeError) as caught:
        unseal(document, other, PLACE)
    for part in (PLACE, f"{__name__}:helper", document["key"], "hyperstream keys import"):
        assert part in str(caught.value)
    assert caught.value.key_id == document["key"]
    assert not other.path.exists()
    ring.export_to(tmp_path / "team.keys")
    other.import_from(tmp_path / "team.keys")
    assert unseal(document, other, PLACE) is helper


def test_nothing_is_unpickled_before_it_is_checked(ring, tmp_path):
    """Bytes that somebody has put into the database do nothing, whatever they claim."""
    trace = tmp_path / "trace"
    document = seal(helper, ring, PLACE)
    forged = {**document, "code": pickle.dumps(Burglar(trace))}
    stranger = KeyRing(tmp_path / "stranger.json")
    for each in (
        forged,
        {**forged, "key": "unknown"},
        {**forged, "signature": ""},
        {**forged, "python": "2.7"},
        {key: value for key, value in forged.items() if key != "signature"},
        resigned(forged, stranger),
        {**resigned(forged, stranger), "key": document["key"]},
        resigned(forged, ring, python="2.7"),
        resigned(forged, ring, format=2),
        forged["code"],
        None,
    ):
        with pytest.raises(UntrustedCodeError, match=PLACE):
            unseal(each, ring, PLACE)
        assert not trace.exists()
    unseal(resigned(forged, ring), ring, PLACE).close()
    assert trace.exists()


@given(st.data())
def test_a_tampered_byte_refuses(ring, data):
    """Whatever is changed in a document, it is not run."""
    document = seal(scaled(3), ring, PLACE)
    field = data.draw(st.sampled_from(sorted(document)))
    value = document[field]
    if isinstance(value, int):
        changed = data.draw(st.integers().filter(lambda other: other != value))
    else:
        place = data.draw(st.integers(0, len(value) - 1))
        kind = st.binary(max_size=2) if isinstance(value, bytes) else st.text(max_size=2)
        part = data.draw(kind.filter(lambda part: part != value[place : place + 1]))
        changed = value[:place] + part + value[place + 1 :]
    with pytest.raises(UntrustedCodeError):
        unseal({**document, field: changed}, ring, PLACE)
    with pytest.raises(UntrustedCodeError):
        unseal({**document, "another": 1}, ring, PLACE)


def test_another_version_of_python_is_told_apart(ring):
    """The error names both versions and shows the source text."""
    document = resigned(seal(scaled(3), ring, PLACE), ring, python="3.9")
    with pytest.raises(UntrustedCodeError) as caught:
        unseal(document, ring, PLACE)
    message = str(caught.value)
    assert "3.9" in message
    assert PYTHON in message
    assert "module" in message
    assert "return lambda value, offset=1" in message
    assert caught.value.source == document["source"]


def test_what_needs_something_that_is_missing_says_so(ring, monkeypatch, tmp_path):
    """A module that was there when the function was stored is named."""
    (tmp_path / "soon_gone.py").write_text("def double(x): return 2 * x")
    monkeypatch.syspath_prepend(tmp_path)
    import soon_gone  # noqa: PLC0415 - made just now

    document = seal(lambda x: soon_gone.double(x) + 1, ring, PLACE)
    monkeypatch.delitem(sys.modules, "soon_gone")
    (tmp_path / "soon_gone.py").unlink()
    sys.path_importer_cache.clear()
    with pytest.raises(ToolInitialisationError, match="No module named 'soon_gone'") as caught:
        unseal(document, ring, PLACE)
    assert not isinstance(caught.value, UntrustedCodeError)


def test_a_class_is_itself_after_it_was_stored(ring):
    """Storing a function leaves what it uses as it is."""

    class Local(enum.Enum):
        ONE = 1

        def method(self):
            return 1

    before = dict(vars(Local))
    seal(Local.ONE.method, ring, PLACE)
    assert dict(vars(Local)) == before


def test_the_keys_are_those_of_the_context(ring):
    """A context brings its ring; another one has the default ring."""
    assert current_context().keys.path.name == "keys.json"
    with ExecutionContext(keys=ring).active():
        assert current_context().keys is ring
