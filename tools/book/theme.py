# SPDX-License-Identifier: MIT
"""Mends the theme Furo as Debian packages it, so that it works without a server and in the dark.

Debian builds its styles with another compiler and does not bundle its script. Then a module is imported, which
no page opened as a file may do; a style is loaded from the root of a web server; and the rule is lost that
follows the system's choice of light and dark. Each mend looks for its fault, and leaves a whole theme alone.
"""

import re
from pathlib import Path

NORMALIZE = Path("/usr/share/javascript/normalize.css/normalize.css")


def _script(folder):
    script = folder / "furo.js"
    text = script.read_text()
    found = re.match(r'import (\w+) from "\./([\w.-]+)";\n', text)
    if found:
        module = folder / found[2]
        script.write_text(module.read_text() + "\n" + text[found.end():])
        module.unlink()


def _style(folder):
    style = folder / "furo.css"
    text = style.read_text()
    found = re.match(r"@import url\((/javascript/[^)]*)\);\n", text)
    if found:
        text = NORMALIZE.read_text() + text[found.end():]
    dark = re.search(r'@media not print \{\s*body\[data-theme="dark"\] (\{[^}]*\})', text)
    if dark and "prefers-color-scheme" not in text:
        text = text[:dark.start()] + "@media screen and (prefers-color-scheme: dark) {\n" \
            f'  body:not([data-theme="light"]) {dark[1]} }}\n\n' + text[dark.start():]
    style.write_text(text)


def mend(static):
    """Mends the theme in the folder _static of a site that Sphinx has written."""
    _script(static / "scripts")
    _style(static / "styles")
