#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds the book as a site: tools/book/main.py [--work FOLDER] SITE

Sphinx makes the pages, with MyST for Markdown and the theme Furo (tools/book/conf.py). It reads a copy of the
tree's Markdown, in which README.md is the first page, and the pages that api.py writes about the headers. Each
source that a page names becomes a page, too (sources.py). A warning is an error.

The site needs no server and no other host: a reader may open SITE/index.html as a file.
"""

import argparse
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import api  # noqa: E402  pylint: disable=wrong-import-position
import sources  # noqa: E402  pylint: disable=wrong-import-position
import theme  # noqa: E402  pylint: disable=wrong-import-position
import tree  # noqa: E402  pylint: disable=wrong-import-position

FIRST = "README.md"
ENVIRONMENT = "doctrees/environment.pickle"  # by which Sphinx knows which pages it has read
LINK = re.compile(r"(?<=\]\()([^)#\s:]+)(#[^)\s]*)?(?=\))")
CODE = re.compile(r"`+([^`\n]+)`+")


def pages():
    """The names of the Markdown files that are pages."""
    return [name for name in tree.files("*.md") if re.match(r"docs/|labs/|[^/]*$", name)]


def parts(names):
    """(title, pages) of each part of the book, and the pages beside them; stops if a page is in no part."""
    order = tomllib.loads((HERE / "order.toml").read_text())["part"]
    left = set(names) - {FIRST} | {"api/index"}
    out = []
    for part in order:
        found = []
        for pattern in part["pages"]:
            matching = sorted((name for name in left if fnmatch.fnmatchcase(name, pattern)), key=_rank)
            found += [name for name in matching if name.count("/") == pattern.count("/")]
            left -= set(found)
        out.append((part["title"], found))
    # The hints of a lab have links from its own page.
    beside = sorted(name for name in left if name.startswith("labs/"))
    if left - set(beside):
        sys.exit(f"tools/book/order.toml: no part has {', '.join(sorted(left - set(beside)))}")
    return out, beside


def _rank(name):
    """The labs in the order of their numbers, everything else by name."""
    table = Path(name).with_name("lab.toml")
    return (tomllib.loads(table.read_text()).get("number", 99) if table.exists() else 0, name)


def mentions(texts):
    """{function: the pages, without .md, that name it}."""
    found = {}
    for name, text in texts.items():
        for code in CODE.findall(text):
            for function in re.findall(r"\b([A-Za-z_]\w*)\(", code):
                found.setdefault(function, set()).add("index" if name == FIRST else name.removesuffix(".md"))
    return found


def staged(name, text, copied):
    """A page as Sphinx gets it: links to sources have the scheme source:, which links.py resolves."""
    def link(match):
        target = os.path.normpath(Path(name).parent / match[1])
        if target == FIRST:
            return os.path.relpath("index.md", Path(name).parent) + (match[2] or "")
        if target in copied or not Path(target).is_file():
            return match[0]
        return f"source:{target}"
    return LINK.sub(link, text)


def toctrees(order):
    """The directives that make the navigation."""
    return "".join("\n```{toctree}\n:hidden:\n:caption: " + title + "\n\n" +
                   "\n".join("/" + name.removesuffix(".md") for name in names) + "\n```\n"
                   for title, names in order if names)


def write(path, content):
    """Writes a file unless it has this content: Sphinx reads only the files that are newer than their results."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def remove_others(folder, kept):
    """Removes the files of a folder, except for those of these names."""
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in kept:
            path.unlink()


def stage(folder):
    """Writes all that Sphinx reads into a folder; gives the names of the sources that become pages."""
    names = pages()
    texts = {name: Path(name).read_text() for name in names}
    pictures = [name for name in tree.files("*.svg", "*.png") if name.startswith(("docs/", "labs/"))]
    order, beside = parts(names)
    copied = {*names, *pictures}
    made, known = api.pages(mentions(texts))
    for name, text in texts.items():
        made["index.md" if name == FIRST else name] = \
            ("---\norphan: true\n---\n" if name in beside else "") + staged(name, text, copied)
    made["index.md"] += toctrees(order)
    shown = sources.named(made) | {place.split(":")[0] for place in tree.definitions().values()}
    made["names.json"] = json.dumps({"api": known, "definitions": tree.definitions(), "sources": sorted(shown)},
                                    sort_keys=True)
    remove_others(folder, {*made, *pictures})
    for name, text in made.items():
        write(folder / name, text.encode())
    for name in pictures:
        write(folder / name, Path(name).read_bytes())
    return shown


def sort_index(path):
    """Sorts the titles in the index for searching; Sphinx has them in the order in which its processes ended."""
    begin, end = "Search.setIndex(", ")"
    text = path.read_text()
    index = json.loads(text.removeprefix(begin).removesuffix(end))
    for part in ("alltitles", "indexentries"):
        index[part] = {title: sorted(places) for title, places in sorted(index.get(part, {}).items())}
    path.write_text(begin + json.dumps(index, separators=(",", ":")) + end)


def whole(work, site):
    """The options that make Sphinx write all pages, if these tools or the names that are links changed."""
    last = work / ENVIRONMENT
    changed = max(path.stat().st_mtime for path in (*HERE.iterdir(), work / "pages/names.json"))
    return () if last.exists() and site.exists() and last.stat().st_mtime > changed else ("-E", "-a")


def build(work, site):
    """Has Sphinx build the site from the pages in the folder work; the process, with its complaints."""
    # A student's tree has one lab of many, so some links lead nowhere there.
    strict = () if Path(".lab").exists() else ("-W", "--keep-going")
    return subprocess.run([sys.executable, "-m", "sphinx", "-q", *strict, "-j", "auto", "-c", HERE,
                           *whole(work, site), "-d", work / "doctrees", work / "pages", site],
                          stderr=subprocess.PIPE, text=True, check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--work", default="build/book", help="where to keep what the next run can use")
    parser.add_argument("site", type=Path)
    options = parser.parse_args()
    work = Path(options.work)
    work.mkdir(parents=True, exist_ok=True)
    shown = stage(work / "pages")
    done = build(work, options.site)
    sys.stderr.write(done.stderr)
    if done.returncode:
        # Sphinx would not read the pages again, and so not repeat its complaints.
        (work / ENVIRONMENT).unlink(missing_ok=True)
        return done.returncode
    pages_made = {path.relative_to(work / "pages").with_suffix(".html").as_posix()
                  for path in (work / "pages").rglob("*") if path.suffix in (".md", ".rst")}
    for folder in ("api", "docs", "labs"):
        remove_others(options.site / folder, {name.removeprefix(f"{folder}/") for name in pages_made})
    theme.mend(options.site / "_static")
    shutil.copy(HERE / "book.css", options.site / "_static")
    sort_index(options.site / "searchindex.js")
    sources.write(shown, options.site)
    for unused in (".buildinfo", "objects.inv"):
        (options.site / unused).unlink(missing_ok=True)
    shutil.rmtree(options.site / "_sources", ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
