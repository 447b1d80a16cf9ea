"""The command `python -m hyperstream.embedded`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hyperstream.embedded.__main__ import main


def test_status_and_stop_without_a_server(data, capsys):
    """The exit status tells that there is none; nothing is created."""
    for command in ("status", "stop"):
        assert main([command, "--path", str(data)]) == 3
        assert capsys.readouterr().out == f"No server is running on {data}.\n"
    assert not data.exists()


def test_status_and_stop_with_a_server(data, driver, capsys):
    """The status names process and address; stopping waits for the end."""
    server = driver.ensure(data)
    path = ["--path", str(data)]
    assert main(["status", *path]) == 0
    status = f"Process {server.pid} serves {data} at 127.0.0.1:{server.port}.\n"
    assert capsys.readouterr().out == status
    assert main(["stop", *path]) == 0
    assert capsys.readouterr().out == f"The server of {data} has ended.\n"


def test_an_error_is_one_sentence(tmp_path, capsys):
    """A path that cannot be one is said without a traceback."""
    (tmp_path / "owner.lock").mkdir()
    with pytest.raises(SystemExit, match="1"):
        main(["status", "--path", str(tmp_path)])
    assert capsys.readouterr().err.startswith(f"The data directory {tmp_path}")


def test_it_runs_as_a_module(data):
    """The documented form works."""
    command = [sys.executable, "-m", "hyperstream.embedded", "status", "--path", str(data)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (3, "")
