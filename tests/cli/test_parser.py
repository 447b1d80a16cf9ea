"""The command line as a whole: help, examples, options of all commands, exit codes."""

from __future__ import annotations

import re
import shlex
from argparse import _SubParsersAction
from pathlib import Path

import pytest

from hyperstream.cli import main
from hyperstream.cli.parser import parser


def parsers():
    """Give the parser of every command, by what is said to get there."""

    def below(words, each):
        yield " ".join(words), each
        for action in each._actions:
            if isinstance(action, _SubParsersAction):
                for name, child in action.choices.items():
                    yield from below([*words, name], child)

    return dict(below(["hyperstream"], parser()))


PARSERS = parsers()
COMMANDS = {words.split()[1] for words in PARSERS if " " in words}
ROOT = Path(__file__).resolve().parents[2]


def examples(each):
    """Give the examples in the help of a command."""
    return re.findall(r"^  (hyperstream .*)$", each.epilog, re.MULTILINE)


@pytest.mark.parametrize("words", PARSERS)
def test_every_help_has_examples_that_are_right(words):
    """Each is a command line that is understood, and is about this command."""
    found = examples(PARSERS[words])
    assert found
    for example in found:
        line = re.split(r" [|>] | {3,}\(", example)[0]
        assert words.split()[-1] in line
        if "COMMAND" not in line:
            assert parser().parse_args(shlex.split(line)[1:]).command in line


@pytest.mark.parametrize("words", PARSERS)
def test_every_help_fits_a_narrow_terminal(words, monkeypatch):
    """No line but an example is wider than 80 characters."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = PARSERS[words].format_help().splitlines()
    assert [line for line in lines if len(line) > 80 and not line.startswith("  hyper")] == []


def test_the_commands_are_those_that_are_promised():
    """None is missing, and no other one is there."""
    ends = [
        words.removeprefix("hyperstream ")
        for words, each in PARSERS.items()
        if not any(isinstance(action, _SubParsersAction) for action in each._actions)
    ]
    assert ends == [
        *("init", "demo", "status"),
        *(f"workflows {action}" for action in ("list", "show", "run", "delete")),
        *(f"plates {action}" for action in ("list", "show")),
        *(
            f"streams {action}"
            for action in ("list", "show", "head", "tail", "export", "purge", "invalidate")
        ),
        *(f"sessions {action}" for action in ("list", "clear")),
        *(f"tools {action}" for action in ("new", "list", "show", "check")),
        *(f"keys {action}" for action in ("list", "new", "export", "import")),
        *(f"engine {action}" for action in ("run", "status")),
        *(f"db {action}" for action in ("status", "stop", "upgrade", "backup", "restore")),
        "completion",
    ]


@pytest.mark.parametrize("before", [True, False])
def test_options_of_all_stand_before_or_after(before):
    """And have their defaults where they are not said."""
    common, words = ["--config", "a.json", "--json"], ["streams", "list"]
    options = parser().parse_args([*common, *words] if before else [*words, *common])
    assert (options.config, options.json) == ("a.json", True)
    options = parser().parse_args(words)
    assert (options.config, options.json) == ("hyperstream_config.json", False)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["streams"], "the following arguments are required: ACTION"),
        (["streams", "head"], "the following arguments are required: STREAM"),
        (["streams", "head", "hall"], "argument STREAM: 'hall' names no channel: write channel:"),
        (["streams", "head", "mongo:a", "-n", "0"], "argument -n: invalid count value: '0'"),
        (["streams", "list", "--tag", "house"], "'house' is not tag=value, such as house=1"),
        (["streams", "head", "mongo:a", "--from", "noon"], "argument --from: 'noon' is no time: "),
        (["streams", "head", "mongo:a", "--to", "+5"], "'+5' is no time: A relative interval must"),
        (["streams", "head", "mongo:a", "--from", "5"], "'5' is no time: '5' is not a time in ISO"),
        (["completion", "tcsh"], "invalid choice: 'tcsh'"),
    ],
)
def test_a_wrong_command_line_is_explained(capsys, words, problem):
    """With exit code 2, and no traceback."""
    with pytest.raises(SystemExit, match="2"):
        main(words)
    said = capsys.readouterr()
    assert said.out == ""
    assert problem in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("page", ["README.md", "docs/command_line.md"])
def test_the_pages_name_commands_that_are_there(page):
    """Those in blocks and those in tables."""
    text = (ROOT / page).read_text()
    lines = re.findall(r"^(hyperstream [^|>\n]*)", text, re.MULTILINE)
    for line in lines:
        assert parser().parse_args(shlex.split(line)[1:])
    for cell in re.findall(r"^\| `(.*?)` \|", text, re.MULTILINE):
        words = re.sub(r"`.*", "", cell.replace("hyperstream ", "")).split()
        if cell.startswith("hyperstream") or words[0] in COMMANDS:
            assert set(words[0].split("\\|")) <= COMMANDS


def test_the_page_names_every_command():
    """With all of its actions."""
    text = (ROOT / "docs/command_line.md").read_text()
    for words in PARSERS:
        for word in words.split()[1:]:
            assert re.search(rf"`(\w+ )?{word}\b", text), words


def test_the_exit_codes_are_in_the_help():
    """Each of them, with what it means."""
    for code in ("0", "1", "2", "130"):
        assert re.search(rf"^  {code}  \w", PARSERS["hyperstream"].epilog, re.MULTILINE)
