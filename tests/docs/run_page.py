"""Run the blocks of one page: ``python run_page.py PAGE < steps.json``, in an empty folder.

A step is ``[kind, code, line]``. Python goes on where the block before has ended, a file is
written, a command is run by the shell, and an output is what the block before has to have printed.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

from hyperstream import HyperStream


def python(code: str, line: int, page: str, names: dict) -> str:
    """Run Python; tracebacks name page and line."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile("\n" * (line - 1) + code, page, "exec"), names)  # noqa: S102 - our own pages
    return printed.getvalue()


def console(code: str) -> str:
    """Run commands, up to the first that fails."""
    return subprocess.run(
        ["/bin/bash", "-euc", code], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def main(page: str) -> None:
    """Run all steps, up to the first that is wrong."""
    names = {"__name__": "__main__"}
    printed = ""
    for kind, code, line in json.load(sys.stdin):
        if kind == "python":
            printed = python(code, line, page, names)
        elif kind == "console":
            printed = console(code)
        elif kind == "output":
            assert printed == code, f"{page}, line {line}: printed was\n{printed}"
        else:
            path = Path(kind)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code)
    HyperStream.reset()


if __name__ == "__main__":
    main(sys.argv[1])
