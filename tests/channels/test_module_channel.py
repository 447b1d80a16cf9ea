"""Channels of Python files."""

from __future__ import annotations

import pickle
import sys
import traceback
from datetime import datetime

import pytest

from hyperstream._time import UTC, use_clock
from hyperstream.channels import ModuleChannel
from hyperstream.channels.module_channel import import_file, package_for
from tests.channels.files import write

NOW = datetime(2020, 1, 1, tzinfo=UTC)

# A file name, and why it is left out.
LEFT_OUT = [
    ("2018-13-01_v0.1.0.py", "is wrong: month must be in 1..12."),
    ("2018-01-01_v0.1.py", "is not of the form v1.0.2."),
    ("2018-01-01.py", "has no version: name it like 2016-10-26_v0.1.0.py."),
    ("20180101_v0.1.0.py", "does not begin with a date"),
    ("october_v0.1.0.py", "does not begin with a date"),
]


@pytest.fixture
def folder(tmp_path):
    """Give a folder with two versions of one module."""
    for date, version in (("2018-01-01", "0.1.0"), ("2018-01-02", "0.2.0")):
        text = f"class Thing:\n    version = {version!r}\n\n\ndef fail():\n    raise KeyError\n"
        write(tmp_path / "thing" / f"{date}_v{version}.py", text)
    write(tmp_path / "thing" / "__init__.py")
    return tmp_path


@pytest.fixture
def channel(folder):
    """Give a channel of that folder."""
    return ModuleChannel("modules", folder, NOW)


def test_the_value_is_a_function_that_imports_the_module(channel):
    """Each version is a module of its own, and always the same one."""
    first, second = channel["thing"].window().values()
    assert (first().Thing.version, second().Thing.version) == ("0.1.0", "0.2.0")
    assert first() is first()
    assert channel["thing"].window().last().value() is second()


def test_nothing_is_imported_before_it_is_asked_for(folder):
    """Listing the files runs none of them."""
    write(folder / "other" / "2018-01-01_v0.1.0.py", "raise SystemExit")
    channel = ModuleChannel("modules", folder, NOW)
    assert len(channel["other"].window().items()) == 1
    assert list(channel.versions["other"]) == ["0.1.0"]


def test_versions_are_listed_in_order_of_date(channel):
    """The files are found by name and version."""
    assert list(channel.versions) == ["thing"]
    assert list(channel.versions["thing"]) == ["0.1.0", "0.2.0"]
    assert channel.versions["thing"]["0.2.0"].timestamp == datetime(2018, 1, 2, tzinfo=UTC)


def test_two_versions_of_one_day_are_both_there(folder):
    """Both are instances, the lower version first."""
    write(folder / "thing" / "2018-01-02_v0.2.1.py", "")
    channel = ModuleChannel("modules", folder, NOW)
    assert list(channel.versions["thing"]) == ["0.1.0", "0.2.0", "0.2.1"]
    assert len(channel["thing"].window().items()) == 3


def test_what_a_module_defines_can_be_pickled(channel):
    """A module is in `sys.modules` under a legal name."""
    module = channel["thing"].window().last().value()
    assert sys.modules[module.__name__] is module
    assert all(part.isidentifier() for part in module.__name__.split("."))
    thing = pickle.loads(pickle.dumps(module.Thing))  # noqa: S301 - just made
    assert thing is module.Thing


def test_a_traceback_shows_the_file(channel, folder):
    """The frames of a module name its file."""
    with pytest.raises(KeyError) as caught:
        channel["thing"].window().last().value().fail()
    last = traceback.extract_tb(caught.tb)[-1]
    assert (last.filename, last.line) == (
        str(folder / "thing" / "2018-01-02_v0.2.0.py"),
        "raise KeyError",
    )


def test_channels_of_different_folders_keep_their_modules_apart(tmp_path):
    """The same channel id, module and version in another folder is another module."""
    modules = []
    for name in ("one", "two"):
        write(tmp_path / name / "thing" / "2018-01-01_v0.1.0.py", f"NAME = {name!r}")
        channel = ModuleChannel("modules", tmp_path / name, NOW)
        modules.append(channel["thing"].window().last().value())
    assert [module.NAME for module in modules] == ["one", "two"]


def test_a_module_imports_its_neighbours(folder):
    """A helper beside it is imported relatively, and is no instance itself."""
    write(folder / "thing" / "helper.py", "ANSWER = 42")
    write(folder / "thing" / "2018-01-03_v0.3.0.py", "from .helper import ANSWER")
    channel = ModuleChannel("modules", folder, NOW)
    assert channel["thing"].window().last().value().ANSWER == 42
    assert channel.failed == {}


def test_a_failed_import_leaves_nothing_behind(tmp_path):
    """After correction of the file, the import works."""
    path = write(tmp_path / "a.py", "1 / 0")
    package = package_for(tmp_path, "test")
    with pytest.raises(ZeroDivisionError):
        import_file(path, package)
    assert f"{package}.a" not in sys.modules
    write(path, "ANSWER = 42")
    assert import_file(path, package).ANSWER == 42


@pytest.mark.parametrize(("name", "reason"), LEFT_OUT)
def test_a_wrong_name_is_left_out(folder, caplog, name, reason):
    """The reason is in `failed` and, once, in the log; the other files are there."""
    wrong = write(folder / "thing" / name)
    channel = ModuleChannel("modules", folder, NOW)
    assert list(channel.failed) == [f"thing/{name}"]
    assert reason in channel.failed[f"thing/{name}"]
    channel.look()
    assert [record.getMessage() for record in caplog.records] == [
        f"Channel modules leaves out thing/{name}: {channel.failed[f'thing/{name}']}"
    ]
    assert list(channel.versions["thing"]) == ["0.1.0", "0.2.0"]
    wrong.unlink()
    channel.look()
    assert channel.failed == {}


def test_a_module_added_later_is_found(channel, folder):
    """It is there after the channel was brought up to date."""
    write(folder / "more" / "2019-01-01_v0.1.0.py")
    write(folder / "thing" / "2017-01-01_v0.0.1.py")
    with use_clock(datetime(2020, 1, 2)):
        channel.update_state(datetime(2020, 1, 2))
        assert list(channel.versions) == ["more", "thing"]
        assert len(channel["more"].window().items()) == 1
        assert len(channel["thing"].window().items()) == 3
