"""Run the tutorials: `write` stores what they print, `check` finds out whether they still work.

A tutorial is a Python file in docs/tutorials, with cells in the percent format of Jupytext; the
notebook beside it holds the same cells and what they have printed. Each is run in a temporary copy
of the folder, with an embedded database of its own, so that it begins with nothing and leaves
nothing behind. Wanted are the extras `embedded`, `dev` and `docs`.

    python scripts/tutorials.py write 01 02      # after a change of these two
    python scripts/tutorials.py check            # all: exit code 1 if something is wrong
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from hyperstream.embedded import stop_server

ROOT = Path(__file__).resolve().parent.parent
TUTORIALS = ROOT / "docs" / "tutorials"
# What a tutorial leaves behind where somebody has run it by hand, and what is not to be copied.
LEFT_BEHIND = shutil.ignore_patterns(
    "*.ipynb", ".hyperstream", ".ipynb_checkpoints", "__pycache__", "logs", "output"
)
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
}
CELL_SECONDS = 120
# What stands in the stored notebooks in place of the temporary copy.
SHOWN = "/home/you/hyperstream"
# As in "<Digraph at 0x7f41c22f5d50>".
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    summary, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=["write", "check"])
    parser.add_argument("names", nargs="*", help="which ones: 01, or 01_introduction; else all")
    chosen = parser.parse_args(arguments)
    try:
        sources = find(chosen.names)
    except LookupError as error:
        parser.error(str(error))
    return write(sources) if chosen.action == "write" else check(sources)


def find(names: Iterable[str]) -> list[Path]:
    """Return the sources of the tutorials of these names, or of all."""
    there = sorted(TUTORIALS.glob("[0-9]*.py"))
    found = []
    for name in names:
        stem = Path(name).stem
        matching = [path for path in there if stem in {path.stem, path.stem.partition("_")[0]}]
        if not matching:
            known = ", ".join(path.stem for path in there)
            raise LookupError(f"there is no tutorial {name!r}; there are: {known}")
        found += matching
    return sorted(set(found)) or there


def write(sources: Sequence[Path]) -> int:
    """Run the tutorials, and store those that have come to their end; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        copies = [copy(source, Path(folder)) for source in sources]
        code = execute(copies, Path(folder))
        for source, path in zip(sources, copies, strict=True):
            notebook = nbformat.read(path, nbformat.NO_CONVERT)
            if complete(notebook):
                nbformat.write(tidied(notebook, path.parents[2]), source.with_suffix(".ipynb"))
                say(f"{source.stem}: stored")
            else:
                say(f"{source.stem}: NOT stored, for it has failed")
    return code


def check(sources: Sequence[Path]) -> int:
    """Compare the stored notebooks with their sources, and run the latter; return the exit code."""
    stale = [line for source in sources for line in differences(source)]
    with tempfile.TemporaryDirectory() as folder:
        code = execute([copy(source, Path(folder)) for source in sources], Path(folder))
    for line in stale:
        say(line)
    if stale:
        say("`python scripts/tutorials.py write` stores them anew.")
    return code or int(bool(stale))


def converted(source: Path) -> NotebookNode:
    """Return a source as a notebook that has not been run."""
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(METADATA)
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        # An id that stays the same while the cell does, so that a change of one shows as one.
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        seen[digest] += 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
    return notebook


def differences(source: Path) -> list[str]:
    """Say where the stored notebook of a source does not have its cells."""
    stored = source.with_suffix(".ipynb")
    if not stored.exists():
        return [f"{source.stem}: there is no stored notebook"]
    wanted = [(cell.cell_type, cell.source) for cell in converted(source).cells]
    cells = nbformat.read(stored, nbformat.NO_CONVERT).cells
    found = [(cell.cell_type, cell.source) for cell in cells]
    for number, (mine, theirs) in enumerate(zip(wanted, found, strict=False), start=1):
        if mine != theirs:
            first = mine[1].partition("\n")[0]
            return [f"{source.stem}: cell {number} ({first!r}) is another in the stored notebook"]
    if len(wanted) != len(found):
        return [f"{source.stem}: has {len(wanted)} cells, the stored notebook {len(found)}"]
    return []


def copy(source: Path, folder: Path) -> Path:
    """Copy all that a tutorial may need, and return the path of its notebook there."""
    root = folder / source.stem
    place = root / TUTORIALS.relative_to(ROOT)
    shutil.copytree(TUTORIALS, place, ignore=LEFT_BEHIND)
    (root / "plugins").symlink_to(ROOT / "plugins")
    notebook = place / f"{source.stem}.ipynb"
    nbformat.write(converted(source), notebook)
    return notebook


def execute(notebooks: Sequence[Path], folder: Path) -> int:
    """Run notebooks, each in its folder, and store in them what they print; return the exit code.

    Two are run at a time.
    """
    settings = folder / "pytest.ini"
    settings.write_text("[pytest]\n")
    options = ["--nbmake", "--overwrite", f"--nbmake-timeout={CELL_SECONDS}", "--durations=0"]
    own = ["-c", str(settings), f"--rootdir={folder}", "-p", "no:cacheprovider", "-n", "2"]
    try:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *own, *options, *notebooks],
            check=False,
            cwd=folder,
            env=environment(folder),
        ).returncode
    finally:
        for notebook in notebooks:
            stop_server(notebook.parent / ".hyperstream")


def environment(folder: Path) -> dict[str, str]:
    """Return the environment to run in: this Python, and nothing of this user's.

    The kernel `python3` is this Python, whatever kernels are installed. Keys that sign functions,
    and what IPython and Jupyter keep, go into the folder.
    """
    kernel = folder / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": command, "display_name": "Python 3", "language": "python"})
    )
    own = {
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "jupyter",
        "JUPYTER_DATA_DIR": "jupyter",
        "JUPYTER_PATH": "jupyter",
        "JUPYTER_RUNTIME_DIR": "jupyter",
        "XDG_CONFIG_HOME": "config",
    }
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {
        **{name: value for name, value in os.environ.items() if name != "MPLBACKEND"},
        **{name: str(folder / part) for name, part in own.items()},
        "PATH": programs,  # a tutorial may call `hyperstream`
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "TQDM_DISABLE": "1",
        "TZ": "UTC",
    }


def complete(notebook: NotebookNode) -> bool:
    """Tell whether all cells were run, without an error."""
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kinds = {output.output_type for cell in codes for output in cell.outputs}
    return all(cell.execution_count for cell in codes) and "error" not in kinds


def tidied(notebook: NotebookNode, root: Path) -> NotebookNode:
    """Return a notebook that was run without what differs from run to run for no reason."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k == "tags"})
        if cell.cell_type == "code":
            text = neutral(json.dumps(joined(cell.outputs)), root)
            cell.outputs = nbformat.from_dict(json.loads(text))
    return notebook


def neutral(text: str, root: Path) -> str:
    """Return a text without the temporary copy, the name of this machine, and places in memory."""
    named = rf"\b(process \d+ on ){re.escape(socket.gethostname())}\b"
    return ADDRESS.sub("", re.sub(named, r"\1your-machine", text.replace(str(root), SHOWN)))


def joined(outputs: Iterable[Any]) -> list[Any]:
    """Join pieces of text that were printed one after the other."""
    result: list[Any] = []
    for output in outputs:
        last = result[-1] if result else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            result.append(output)
    return result


def say(line: str) -> None:
    """Tell the user something."""
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
