"""How Sphinx builds the documentation: `sphinx-build -W --keep-going docs build/docs`."""

from __future__ import annotations

import proteingraph

project = "proteingraph"
author = copyright = "proteingraph contributors"
version = release = proteingraph.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
]
html_theme = "furo"
html_title = f"proteingraph {release}"
exclude_patterns = ["_build"]

myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3

# A name in single backquotes is code, as it is in the comments of the sources.
default_role = "code"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_attr_annotations = False  # docstrings say types with shapes and units
napoleon_custom_sections = ["Shapes"]
autodoc_default_options = {"members": True, "imported-members": True}
autodoc_member_order = "groupwise"
autosummary_generate = False  # tables alone: what they link to is documented room by room

# Every reference to the package must be found. Those to other projects would need a network.
nitpicky = True
nitpick_ignore_regex = [(r"py:.*", r"(?!proteingraph\.).*")]
nitpick_ignore = [("py:class", "proteingraph.pretrain.config.T")]  # a type variable
