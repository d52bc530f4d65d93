"""Settings of Sphinx for this site. `make docs` builds it into docs/_build/html and fails on a warning."""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / '_ext')]

project = 'mmnas_mae'
author = 'mmnas_mae developers'
copyright = author
release = re.search(r"'(.+)'", (HERE.parent / 'mmnas_mae' / 'version.py').read_text())[1]

extensions = [
    'myst_parser',
    'sphinx.ext.autodoc',
    'sphinx.ext.autosummary',
    'sphinx.ext.napoleon',
    'repository_pages',
    'notebook_pages',
]
exclude_patterns = ['_build', '_ext', '_static', 'evidence/*']
# As GitHub names them, so that a link to a heading works in both places.
myst_heading_anchors = 3

autodoc_typehints = 'signature'
autodoc_preserve_defaults = True
autosummary_generate = False
napoleon_numpy_docstring = False
# Names alone: a signature of twenty keywords is read one below the other.
python_use_unqualified_type_names = True
maximum_signature_line_length = 90

html_theme = 'furo'
html_static_path = ['_static']
html_css_files = ['site.css']
html_title = f'mmnas_mae {release}'
html_copy_source = False
html_show_sphinx = False
