"""The files of a data directory."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hyperstream.embedded import ServerInfo, default_data_directory
from hyperstream.embedded.directory import DataDirectory
from hyperstream.utils.errors import EmbeddedServerError

FORK = """
import os, sys
from hyperstream.embedded.directory import DataDirectory
directory = DataDirectory(sys.argv[1])
directory.create()
with directory.lock() as descriptor:
    child = os.fork()
    if child == 0:
        try:
            os.fstat(descriptor)
        except OSError:
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert directory.is_owned()
assert not directory.is_owned()
"""


def test_the_default_is_beside_the_configuration_file(tmp_path):
    """With a configuration file, the data are beside it."""
    path = tmp_path / "hyperstream_config.json"
    assert default_data_directory(path) == tmp_path / ".hyperstream"


@pytest.mark.parametrize("data_home", ["", "relative"])
def test_the_default_without_a_file_is_in_the_home_directory(monkeypatch, data_home):
    """A data home that is not absolute does not count."""
    monkeypatch.setenv("XDG_DATA_HOME", data_home)
    monkeypatch.setenv("HOME", "/home/ann")
    assert default_data_directory(None) == Path("/home/ann/.local/share/hyperstream")


def test_the_default_follows_the_data_home(monkeypatch):
    """XDG_DATA_HOME says where the data of a user are."""
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/ann")
    assert default_data_directory(None) == Path("/srv/ann/hyperstream")


def test_the_password_is_not_shown():
    """What is printed of a server has no password."""
    assert "secret" not in repr(ServerInfo("127.0.0.1", 20123, "hyperstream", "secret", 1))


def test_one_lock_excludes_the_other(tmp_path):
    """The lock has one holder, in the same process too."""
    first, second = DataDirectory(tmp_path), DataDirectory(tmp_path)
    with first.lock() as descriptor, second.lock() as other:
        assert descriptor is not None
        assert other is None
    with second.lock() as descriptor:
        assert descriptor is not None


def test_asking_does_not_look_like_a_server(tmp_path):
    """While one asks whether there is a server, another that asks finds none."""
    directory = DataDirectory(tmp_path)
    with directory.lock(fcntl.LOCK_SH):
        assert not directory.is_owned()
    with directory.lock():
        assert directory.is_owned()


def test_a_lock_file_that_was_removed_does_not_count(tmp_path):
    """Who locks a file that is no longer in the directory has not got the lock."""
    directory = DataDirectory(tmp_path)
    with directory.lock():
        stale = os.open(directory.lock_file, os.O_RDWR)
        directory.lock_file.unlink()
    with directory.lock() as descriptor:
        assert descriptor is not None
        assert not directory._acquire(stale, fcntl.LOCK_SH)
    os.close(stale)


def test_a_forked_child_does_not_keep_the_lock(tmp_path):
    """A child that is forked meanwhile has no part in the lock."""
    subprocess.run([sys.executable, "-c", FORK, str(tmp_path / "new")], check=True)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"port": 1}', '{"port": "x", "password": "y"}'])
def test_a_damaged_file_says_nothing(tmp_path, text):
    """A server.json that is not understood is as good as none."""
    directory = DataDirectory(tmp_path)
    assert directory.server() is None
    directory.lock_file.write_text("4711\n")
    directory.server_file.write_text(text)
    assert directory.server() is None


def test_the_process_of_a_server_is_the_one_that_holds_the_lock(tmp_path):
    """The address outlives a server; its process number does not."""
    directory = DataDirectory(tmp_path)
    directory.server_file.write_text('{"port": 20123, "password": "x"}')
    directory.lock_file.write_text("4711\n")
    assert directory.server() == ServerInfo("127.0.0.1", 20123, "hyperstream", "x", 4711)
    directory.lock_file.write_text("")
    assert directory.server() is None


def test_the_log_is_read_from_where_it_was(tmp_path):
    """An error shows the last lines that a new server wrote, not an older one's."""
    directory = DataDirectory(tmp_path)
    assert directory.log_size() == 0
    directory.log_file.write_text("old\n")
    size = directory.log_size()
    assert directory.last_log_lines(size) == " nothing"
    directory.log_file.write_text("old\none\ntwo\nthree\n")
    assert directory.last_log_lines(size, 2) == "\n    two\n    three"


def test_nothing_is_owned_where_nothing_is(tmp_path):
    """Asking about a directory that is not there creates nothing."""
    assert not DataDirectory(tmp_path / "none").is_owned()
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_directory_is_named(tmp_path):
    """The error names the path and the remedy."""
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(EmbeddedServerError, match=f'(?s){path}.*File exists.*another.*"path"'):
        DataDirectory(path).create()
