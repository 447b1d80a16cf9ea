"""Workflows as trees of text, for terminals and for where nothing else is there."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hyperstream.workflow.drawing.layout import Box

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperstream.workflow.drawing.layout import Arrow, Layout, Member


def tree(layout: Layout) -> str:
    """Return a picture as a tree: plates, what is on them, and how each node is computed."""
    made = _made(layout)
    return "\n".join((f"workflow {layout.root.title}", *_branches(layout.root, "", made)))


def _made(layout: Layout) -> dict[str, str]:
    """Return what makes each node, by its key: ``"apply(sqrt): squares"``."""
    members = {member.key: member for member in layout.root.members()}
    into: defaultdict[str, list[Arrow]] = defaultdict(list)
    for arrow in layout.arrows:
        into[arrow.head].append(arrow)

    def said(factor: Member) -> str:
        functions = f"({factor.detail})" if factor.detail else ""
        read = (f"{arrow.label} {members[arrow.tail].title}" for arrow in into[factor.key])
        sources = ", ".join(map(str.strip, read))
        return f"{factor.title}{functions}{f': {sources}' if sources else ''}"

    return {
        key: " and ".join(said(members[arrow.tail]) for arrow in into[key])
        for key, member in members.items()
        if member.kind != "factor"
    }


def _branches(box: Box, indent: str, made: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines below a box."""
    shown = [each for each in box.inside if isinstance(each, Box) or each.key in made]
    for each in shown:
        branch, further = ("└─ ", "   ") if each is shown[-1] else ("├─ ", "│  ")
        if isinstance(each, Box):
            yield f"{indent}{branch}plate {each.title} ({each.detail})"
            yield from _branches(each, indent + further, made)
        else:
            by = f" ← {made[each.key]}" if made[each.key] else ""
            yield f"{indent}{branch}{each.title} [{each.detail}]{by}"
