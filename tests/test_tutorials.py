"""The stored notebooks of the tutorials are whole, and are those of their sources."""

from __future__ import annotations

import importlib.util
import json
import re
import socket
from pathlib import Path

import jupytext
import nbformat
import pytest

from hyperstream.cli.check_file import check

ROOT = Path(__file__).resolve().parent.parent
TUTORIALS = ROOT / "docs" / "tutorials"
SOURCES = sorted(TUTORIALS.glob("[0-9]*.py"))
TOOLS = sorted((TUTORIALS / "plugins").glob("*/tools/*/[0-9]*.py"))
# Folders of machines, but for the one that stands for the reader's.
PATHS = re.compile(r"/(?:home/(?!you/)|tmp/|root/|Users/|var/|usr/|opt/)|site-packages|[A-Z]:\\\\")
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def stem(path):
    """Name a tutorial as the reader of a failure knows it."""
    return path.stem


@pytest.fixture
def script(monkeypatch, tmp_path):
    """The script that runs tutorials, for those in a folder of its own."""
    path = ROOT / "scripts" / "tutorials.py"
    specification = importlib.util.spec_from_file_location("scripts_tutorials", path)
    made = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(made)
    (tmp_path / "docs" / "tutorials").mkdir(parents=True)
    monkeypatch.setattr(made, "ROOT", tmp_path)
    monkeypatch.setattr(made, "TUTORIALS", tmp_path / "docs" / "tutorials")
    return made


def stored(source):
    """Give the stored notebook of a source."""
    return nbformat.read(source.with_suffix(".ipynb"), nbformat.NO_CONVERT)


def code_cells(source):
    """Give the cells of the stored notebook that are code."""
    return [cell for cell in stored(source).cells if cell.cell_type == "code"]


def printed(source):
    """Give what the stored notebook shows, as text, without pictures in binary form."""
    return "\n".join(
        text if isinstance(text, str) else json.dumps(text)
        for cell in code_cells(source)
        for output in cell.outputs
        for kind, text in [*output.get("data", {}).items(), ("text", output.get("text", ""))]
        if kind not in {"image/png", "image/jpeg"}
    )


def test_every_tutorial_has_a_source_and_a_notebook():
    """There are no notebooks without a source, and numbers count up from 01."""
    names = [source.stem for source in SOURCES]
    assert sorted(path.stem for path in TUTORIALS.glob("*.ipynb")) == names
    assert [name[:3] for name in names] == [f"{n:02}_" for n in range(1, len(names) + 1)]


@pytest.mark.parametrize("source", SOURCES, ids=stem)
def test_the_cells_are_those_of_the_source(source):
    """Kind and content of each cell, in their order."""
    wanted = [(cell.cell_type, cell.source) for cell in jupytext.read(source).cells]
    assert [(cell.cell_type, cell.source) for cell in stored(source).cells] == wanted


@pytest.mark.parametrize("source", SOURCES, ids=stem)
def test_all_cells_were_run_in_order(source):
    """None is left out, none has ended with an error, and there is a picture."""
    cells = code_cells(source)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output.output_type for cell in cells for output in cell.outputs}
    assert "error" not in kinds
    shown = {kind for cell in cells for output in cell.outputs for kind in output.get("data", {})}
    assert shown & {"image/png", "image/svg+xml"}


@pytest.mark.parametrize("source", SOURCES, ids=stem)
def test_nothing_tells_of_the_machine(source):
    """No folder, no name of the machine and no address in memory is shown."""
    text = printed(source)
    assert PATHS.findall(text) == []
    assert ADDRESS.findall(text) == []
    assert str(ROOT) not in text
    assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", text)


@pytest.mark.parametrize("source", SOURCES, ids=stem)
def test_the_notebook_says_only_what_it_must(source):
    """Its metadata name Python, and cells have tags at most."""
    notebook = stored(source)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert "version" not in notebook.metadata.language_info
    assert {key for cell in notebook.cells for key in cell.metadata} <= {"tags"}


@pytest.mark.parametrize("source", SOURCES, ids=stem)
def test_a_tutorial_begins_with_its_title_and_ends_with_where_to_go(source):
    """The first cell has the one title, the last one leads on."""
    cells = stored(source).cells
    titles = re.findall(
        r"^# .+", "\n".join(c.source for c in cells if c.cell_type == "markdown"), re.MULTILINE
    )
    assert cells[0].source.startswith(titles[0])
    assert len(titles) == 1
    assert "Where to go next" in cells[-1].source


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_the_tools_of_tutorials_do_what_is_asked_of_every_tool(tool):
    """As `hyperstream tools check` says; what reads the world may do without an example."""
    broken = [duty for duty in check(tool) if duty.kept is False and duty.what != "examples"]
    assert broken == []


def test_a_name_means_a_tutorial(script):
    """Its number will do; without a name, all are meant."""
    sources = [script.TUTORIALS / f"{name}.py" for name in ("01_one", "02_two")]
    for source in sources:
        source.write_text("# %%\n1\n")
    assert script.find([]) == sources
    assert script.find(["02"]) == script.find(["docs/tutorials/02_two.py"]) == sources[1:]
    with pytest.raises(SystemExit):
        script.main(["check", "03"])


def test_the_script_sees_what_differs(script):
    """Another cell, a cell too few, or no notebook at all."""
    source = script.TUTORIALS / "01_one.py"
    source.write_text("# %% [markdown]\n# # One\n\n# %%\n1\n")
    assert script.differences(source) == ["01_one: there is no stored notebook"]
    nbformat.write(script.converted(source), source.with_suffix(".ipynb"))
    assert script.differences(source) == []
    source.write_text("# %% [markdown]\n# # One\n\n# %%\n2\n")
    assert script.differences(source) == ["01_one: cell 2 ('2') is another in the stored notebook"]
    source.write_text("# %% [markdown]\n# # One\n")
    assert script.differences(source) == ["01_one: has 1 cells, the stored notebook 2"]


@pytest.mark.slow
def test_the_script_stores_what_comes_to_its_end(script, capfd):
    """It runs each in a folder of its own, which shows as that of any user."""
    good, bad = (script.TUTORIALS / name for name in ("01_good.py", "02_bad.py"))
    good.write_text(
        "# %%\nfrom pathlib import Path\n\nprint(Path('left').write_text('x'))\nPath.cwd()\n"
    )
    bad.write_text("# %%\n1 / 0\n")
    assert script.main(["write"]) == 1
    assert sorted(path.name for path in script.TUTORIALS.iterdir()) == [
        "01_good.ipynb",
        "01_good.py",
        "02_bad.py",
    ]
    [cell] = nbformat.read(good.with_suffix(".ipynb"), nbformat.NO_CONVERT).cells
    printed, shown = cell.outputs
    assert printed.text == "1\n"
    assert shown.data["text/plain"] == "PosixPath('/home/you/hyperstream/docs/tutorials')"
    assert "ZeroDivisionError" in capfd.readouterr().out
    assert script.main(["check", "01"]) == 0
    assert script.main(["check"]) == 1
