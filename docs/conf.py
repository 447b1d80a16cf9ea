"""How Sphinx makes the documentation: ``make docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from hyperstream import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "HyperStream"
author = "The HyperStream developers"
copyright = author  # noqa: A001 - the name that Sphinx reads
release = version = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "names",
    "repository",
    "tool_tables",
]
exclude_patterns = ["tutorials/plugins", "tutorials/data"]
# Notebooks are executed by `make tutorials`, and shown here as they are stored.
nb_execution_mode = "off"
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

# Each signature on lines that can be read, types as short as they can be.
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True
add_module_names = False
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_inherit_docstrings = False
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
default_role = "name"

html_theme = "furo"
html_title = f"HyperStream {release}"
html_static_path = ["_static"]
html_css_files = ["hyperstream.css"]
html_copy_source = False
html_show_copyright = False
