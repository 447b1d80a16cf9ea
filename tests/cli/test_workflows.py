"""The commands on workflows."""

from __future__ import annotations

import json
import re
from functools import partial

from bson import ObjectId

HOUR = ("--from", "2020-01-01T00:00Z", "--to", "2020-01-01T01:00Z")


def test_workflows_are_listed(command, squares, fill):
    """With their sizes; one that is damaged is listed with the reason."""
    with fill() as hs:
        bad = {"_id": ObjectId(), "workflow_id": "bad", "nodes": [1]}
        hs.client.db.workflow_definitions.insert_one(bad)
    lines = command("workflows", "list").lines
    assert lines[0] == "WORKFLOW  ONLINE  NODES  FACTORS  NAME"
    assert lines[1].startswith("bad       -           -        -  not usable: Workflow bad cannot")
    assert lines[2] == "squares   no          2        2  Squares"
    assert command.json("workflows", "list")[1] == {
        "id": "squares",
        "online": False,
        "nodes": 2,
        "factors": 2,
        "name": "Squares",
        "damage": None,
    }


def test_no_workflows_are_an_empty_list(command):
    """That is no failure."""
    assert command.json("workflows", "list") == []


def test_a_workflow_is_shown(command, squares):
    """Nodes, factors with their tools, and that it can be loaded."""
    lines = command("workflows", "show", squares).lines
    assert lines[:9] == [
        "workflow     squares",
        "name         Squares",
        "description  Of minutes",
        "owner        ann",
        "online       no",
        "monitor      no",
        "requested    -",
        "usable       yes",
        "nodes        mongo:ticks",
    ]
    assert lines[10].startswith("factors      nothing -> ticks by clock(first=")
    assert lines[11].startswith(
        '             ticks -> minutes by apply(func="tests.cli.parts:square_of_minute"'
    )
    found = command.json("workflows", "show", squares)
    assert found["factors"][0]["parameters"] == {"first": "2020-01-01T00:00:00.000Z", "stride": 60}


def test_functions_inside_of_parameters_are_shown(command, fill):
    """By their names, or as signed, and never as the code that is stored."""
    key = partial(max, [{(len, "a"): lambda: 1}], key={abs})
    with fill() as hs, hs.create_workflow("inside", "Inside", "ann", "") as workflow:
        nodes = [workflow.create_node(name, "mongo") for name in "ab"]
        workflow.create_factor(hs.tools.apply(func=key), nodes[:1], nodes[1])
        hs.workflow_manager.commit_workflow("inside")
    (factor,) = command.json("workflows", "show", "inside")["factors"]
    assert factor["parameters"]["func"] == {
        "partial": "builtins:max",
        "args": [[{'["builtins:len", "a"]': "a signed function"}]],
        "keywords": {"key": ["builtins:abs"]},
    }


def test_a_workflow_is_shown_as_a_graph(command, squares):
    """As a tree, and in the languages of Mermaid and Graphviz."""
    assert command("workflows", "show", squares, "--graph", "tree").lines == [
        "workflow squares",
        "├─ ticks [mongo] ← clock",
        "└─ minutes [mongo] ← apply(square_of_minute): ticks",
    ]
    assert command("workflows", "show", squares, "--graph", "mermaid").lines[0] == "flowchart TB"
    assert command("workflows", "show", squares, "--graph", "dot").lines[0] == "digraph squares {"
    found = command.json("workflows", "show", squares, "--graph", "tree")
    assert found["id"] == squares
    assert found["tree"].startswith("workflow squares\n")


def test_a_workflow_that_is_not_there_has_no_graph(command, squares):
    """The name is in the error."""
    said = command("workflows", "show", "sqares", "--graph", "tree")
    assert (said.code, said.out) == (1, "")
    assert "sqares" in said.err


def test_a_workflow_that_cannot_be_loaded_says_why(command, squares, fill):
    """The rest of it is shown all the same."""
    with fill() as hs:
        change = {"$set": {"factors.0.tool.name": "cluck"}}
        hs.client.db.workflow_definitions.update_one({}, change)
    said = command("workflows", "show", squares, "--json")
    found = json.loads(said.out)
    assert said.code == 0
    assert "There is no tool cluck" in found["problem"]
    assert found["factors"][0]["tool"] == "cluck"


def test_a_workflow_is_run(command, squares):
    """What is missing is computed, once."""
    data = command.json("workflows", "run", squares, *HOUR)
    assert data.pop("seconds") >= 0
    assert data == {
        "workflow": "squares",
        "interval": ["2020-01-01T00:00:00.000Z", "2020-01-01T01:00:00.000Z"],
        "calls": 2,
        "instances": 120,
    }
    (line,) = command("workflows", "run", squares, *HOUR).lines
    assert line.endswith("01:00:00.000Z]: nothing was missing.")
    assert command.json("streams", "tail", "mongo:minutes", "-n", "1")[0]["value"] == 0
    (line,) = command(
        "workflows", "run", squares, "--from", "2020-01-01", "--to", "2020-01-02"
    ).lines
    assert re.search(r": 2760 instances in 2 calls of tools, in \d+\.\d s\.$", line)


def test_a_run_leaves_a_history_unless_it_is_not_wanted(command, squares):
    """In a session."""
    command("workflows", "run", squares, *HOUR, "--no-history")
    assert command.json("sessions", "list") == []
    command("workflows", "run", squares, *HOUR)
    (session,) = command.json("sessions", "list")
    assert not session["active"]


def test_a_run_wants_an_interval(command, squares):
    """Its begin, at least."""
    for words in ([], ["--to", "2020-01-01"]):
        said = command("workflows", "run", squares, *words)
        assert (said.code, said.out) == (2, "")
        assert "Say over which interval: --from" in said.err


def test_a_run_that_fails_says_why(command, fill):
    """In one line, and what was computed stays."""
    with fill() as hs, hs.create_workflow("bad", "Bad", "ann", "") as workflow:
        ticks, bad = (workflow.create_node(name, "mongo") for name in ("ticks", "bad"))
        workflow.create_factor(hs.tools.clock(stride=60), None, ticks)
        workflow.create_factor(hs.tools.component(key="a"), [ticks], bad)
        hs.workflow_manager.commit_workflow("bad")
    said = command("workflows", "run", "bad", *HOUR)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("hyperstream: Workflow bad: a call of a tool failed over ")
    assert said.err.count("\n") == 1
    assert len(command.json("streams", "head", "mongo:ticks", "-n", "99")) == 60


def test_a_workflow_is_deleted(command, squares):
    """After --yes; its streams stay."""
    said = command("workflows", "delete", squares)
    assert (said.code, said.out) == (2, "")
    assert command("workflows", "delete", squares, "--yes").lines == [
        "Workflow squares is deleted; its streams stay."
    ]
    assert command.json("workflows", "list") == []
    assert len(command.json("streams", "list", "--name", "minutes")) == 1


def test_a_workflow_that_is_not_there_is_told(command, squares):
    """With what may have been meant."""
    for words in (["show"], ["run", *HOUR], ["delete", "--yes"]):
        said = command("workflows", words[0], "square", *words[1:])
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith("hyperstream: There is no workflow 'square': did you mean ")
