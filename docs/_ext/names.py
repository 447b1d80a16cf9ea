"""Links from docstrings: only what looks like a class or module leads to one, if it is there.

Sphinx would take each word of a parameter's type for a name, and lead from "path" or "(start, end)"
to some attribute that is called so. The default role, `name`, links by the same rule.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.nodes import Node, system_message
from sphinx.addnodes import desc_signature, pending_xref
from sphinx.application import Sphinx
from sphinx.domains.python import PyXRefRole
from sphinx.util.docutils import SphinxRole

LINKED = re.compile(r"[A-Z]\w*(\.\w+)*|hyperstream(\.\w+)+")


class NameRole(SphinxRole):
    """The role."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Return a reference, or the name as it is."""
        if LINKED.fullmatch(self.text):
            reference = PyXRefRole()
            return reference(
                "py:obj", self.rawtext, self.text, self.lineno, self.inliner, self.options
            )
        return [nodes.literal(self.rawtext, self.text)], []


def unlink(_: Sphinx, doctree: nodes.document) -> None:
    """Leave the other words of types as they are; signatures are written in full."""
    signed = {id(each) for sign in doctree.findall(desc_signature) for each in sign.findall()}
    for reference in list(doctree.findall(pending_xref)):
        named = reference["refdomain"] == "py" and reference["reftype"] in {"class", "obj"}
        if named and id(reference) not in signed and not LINKED.fullmatch(reference["reftarget"]):
            reference.replace_self(nodes.Text(reference["reftarget"]))


def without_object(_: Sphinx, doctree: nodes.document) -> None:
    """Leave out that a class derives from `object`."""
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if paragraph.astext() == "Bases: object":
            paragraph.parent.remove(paragraph)


def with_attributes(_: Sphinx, doctree: nodes.document) -> None:
    """Call the attributes of a class so: Sphinx says variables."""
    for name in doctree.findall(nodes.field_name):
        if name.astext() == "Variables":
            name.children = [nodes.Text("Attributes")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the role and the rule known."""
    app.connect("doctree-read", unlink)
    app.connect("doctree-read", without_object)
    app.connect("doctree-read", with_attributes)
    app.add_role("name", NameRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
