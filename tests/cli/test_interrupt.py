"""What the command line does when it is stopped."""

from __future__ import annotations

import pytest

from hyperstream import cli


class Command:
    """A command that ends by an exception."""

    def __init__(self, error):
        self.error = error

    def run(self, options):
        """Raise it."""
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "said"), [(KeyboardInterrupt(), 130, "hyperstream: interrupted\n")]
)
def test_ctrl_c_is_one_line(monkeypatch, capsys, error, code, said):
    """No traceback, and the exit code that shells expect."""
    monkeypatch.setattr(cli, "import_module", lambda name: Command(error))
    assert cli.main(["demo"]) == code
    assert capsys.readouterr().err == said
