# SPDX-License-Identifier: MIT
"""A page for each source that the book names: its text with numbers and colours, and nothing else."""

import html
import os
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

import tree

LANGUAGES = {"c": "c", "h": "c", "asm": "nasm", "py": "python", "sh": "bash", "toml": "toml", "json": "json",
             "mk": "make", "js": "javascript", "mjs": "javascript", "css": "css", "html": "html", "yml": "yaml"}
NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)*\.\w+|\bMakefile\b")
NOT_SHOWN = (".md", ".svg", ".png")
LIGHT, DARK = HtmlFormatter(style="friendly"), HtmlFormatter(style="monokai")

# The theme keeps the reader's choice of light and dark under this name.
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{up}_static/source.css">
<script>try {{ document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto"; }} catch {{}}</script>
</head><body><header><a href="{up}index.html">Highland</a> <h1>{name}</h1></header>
{body}
</body></html>
"""


def named(texts):
    """The files that these texts name, as far as they are texts."""
    words = {word for text in texts.values() for word in NAME.findall(text)}
    return {path for path in map(tree.find, words) if path and not path.endswith(NOT_SHOWN)}


def _page(name, site):
    suffix = "mk" if Path(name).name == "Makefile" else Path(name).suffix[1:]
    lexer = get_lexer_by_name(LANGUAGES.get(suffix, "text"), stripnl=False, tabsize=8)
    formatter = HtmlFormatter(linenos="inline", linespans="L", anchorlinenos=True, lineanchors="L")
    body = highlight(Path(name).read_text(), lexer, formatter)
    body = re.sub(r'id="L-(\d+)" name="L-\d+"', r'id="L\1"', body).replace('href="#L-', 'href="#L')
    body = re.sub(r'<span id="L-\d+">', "<span>", body)
    up = os.path.relpath(site, (site / "source" / name).parent) + "/"
    path = site / "source" / f"{name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PAGE.format(name=html.escape(name), up=up, body=body))


def write(names, site):
    """Writes the pages of these files into the folder source/ of the site."""
    for old in (site / "source").rglob("*.html"):
        if str(old.relative_to(site / "source")).removesuffix(".html") not in names:
            old.unlink()
    with ProcessPoolExecutor() as pool:
        list(pool.map(_page, sorted(names), [site] * len(names), chunksize=16))
    dark = DARK.get_style_defs(":root[data-theme=dark] .highlight")
    auto = DARK.get_style_defs(":root:not([data-theme=light]) .highlight")
    style = (Path(__file__).parent / "source.css").read_text()
    (site / "_static/source.css").write_text(
        f"{style}{LIGHT.get_style_defs('.highlight')}\n{dark}\n@media (prefers-color-scheme: dark) {{\n{auto}\n}}\n")
