"""Links lead somewhere."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import FENCED, PAGES, name, prose

LINK = re.compile(r"\]\(<?([^)\s>]*)>?\)")


def anchors(text):
    """Give the anchors that the headings of a page have, as code hosts and MyST make them."""
    plain = FENCED.sub("", text).replace("`", "")
    headings = re.findall(r"^#+ +(.+?) *$", plain, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_link_leads_somewhere(page):
    """A link to a file of the project, or a place in it, leads to what is there."""
    dead = []
    for target in LINK.findall(prose(page.read_text())):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if "://" in target:
            continue
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            dead.append(target)
    assert dead == []


def test_links_outside_are_few_and_secure():
    """A link to another site is by https: whoever adds one looks at it, for no test goes there."""
    links = {link for page in PAGES for link in LINK.findall(prose(page.read_text()))}
    assert [link for link in links if "://" in link and not link.startswith("https://")] == []
