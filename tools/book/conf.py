# SPDX-License-Identifier: MIT
"""How Sphinx turns the pages into a site: tools/book/main.py starts it."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

project = "Highland"
version = release = (HERE.parent.parent / "VERSION").read_text().strip()
html_title = f"Highland {version}"
extensions = ["myst_parser", "links"]
html_theme = "furo"
html_css_files = ["book.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
# A page that was opened as a file may not read other files, and a summary would need that.
html_show_search_summary = False
html_use_index = True
# Blocks without a language are mostly output of the kernel.
highlight_language = "none"
pygments_style = "friendly"
pygments_dark_style = "monokai"
# Headings can be linked as on GitHub, and main.py marks links to sources.
myst_heading_anchors = 4
myst_url_schemes = ["http", "https", "mailto", "source"]
c_id_attributes = ["__init", "__initdata", "__always_inline", "__must_check", "noreturn"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0a6b4d", "color-brand-content": "#0a6b4d"},
    "dark_css_variables": {"color-brand-primary": "#5fc9a3", "color-brand-content": "#5fc9a3"},
}
