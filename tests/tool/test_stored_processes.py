"""What one process stores of parameters, and another one loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import bson
import pytest

from hyperstream.execution import ExecutionContext
from hyperstream.utils.keys import KeyRing
from tests.tool.storing import first, loaded

ROOT = Path(__file__).resolve().parents[2]


def travel(*arguments, **environment):
    """Run the program that stores and loads; return what it prints, or its error."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("travel.py")), *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), **environment},
    )
    assert (done.returncode == 0) == bool(done.stdout), done.stderr
    return done.stdout or done.stderr


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The file that one process has stored, its ring, and what that process said."""
    folder = tmp_path_factory.mktemp("travel")
    file, keys = folder / "tool.bson", folder / "keys.json"
    return file, keys, travel("store", file, keys)


def test_another_process_with_the_same_keys_loads_and_calls(stored):
    """Functions of `__main__`, lambdas and closures give the same, and count as the same."""
    file, keys, said = stored
    assert travel("load", file, keys, PYTHONHASHSEED="5") == said


def test_a_process_without_the_definitions_loads_and_calls(stored):
    """What `__main__` defined is taken along: this process has another one."""
    file, keys, said = stored
    with ExecutionContext(keys=KeyRing(keys)).active():
        found = loaded(bson.decode(file.read_bytes()))
    assert found["main"](4) == 12
    assert found["closure"](4) == 73
    assert found["partial"](4) == 29
    assert found["method"](4) == 48
    assert found["mapping"]["a.b"][0](4) == -4
    assert next(iter(found["member"])).value == "m"
    assert said.startswith("[[12.0, 5.0, 73.0, 29.0, 48, 60, -4, 12, 3,")


def test_another_process_with_other_keys_refuses(stored, tmp_path):
    """It says which parameter, and what to do, and makes no keys of its own."""
    said = travel("load", stored[0], tmp_path / "keys.json")
    assert said.startswith("UntrustedCodeError: Parameter 'main' of tool anything")
    assert "hyperstream keys import" in said
    assert not (tmp_path / "keys.json").exists()


def test_another_process_with_imported_keys_loads(stored, tmp_path):
    """A team hands its keys on in a file."""
    file, keys, said = stored
    KeyRing(keys).export_to(tmp_path / "team.keys")
    KeyRing(tmp_path / "keys.json").import_from(tmp_path / "team.keys")
    assert travel("load", file, tmp_path / "keys.json") == said


def test_another_process_refuses_what_was_changed(stored, tmp_path):
    """One byte of the code is enough."""
    file, keys, _ = stored
    found = bson.decode(file.read_bytes())
    fields = first(found)["value"]["value"]
    fields["code"] = fields["code"].replace(b"__main__", b"__mean__")
    changed = tmp_path / "changed.bson"
    changed.write_bytes(bson.encode(found))
    said = travel("load", changed, keys)
    assert said.startswith("UntrustedCodeError: Parameter 'main' of tool anything")
    assert "was changed since" in said


def test_a_key_that_was_replaced_still_checks(stored):
    """A new key signs, the old one is still known."""
    file, keys, said = stored
    KeyRing(keys).new_key()
    assert travel("load", file, keys) == said
