# SPDX-License-Identifier: MIT
"""An extension of Sphinx: names of code in the text become links, and blocks get what their content needs.

A literal `kmap()` leads to its declaration in the pages of api.py, or else to its definition; a literal
`mm/kmap.c` leads to that source, if just one file of the tree has this name.
"""

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import desc_signature
from sphinx.transforms.post_transforms import SphinxPostTransform

import tree

BOXES = re.compile("[\u2500-\u25ff]")
NARROW = 46  # columns; a block of more is made smaller on a narrow screen


class Links(SphinxPostTransform):
    """Links of literals and to sources."""

    default_priority = 900

    def uri(self, target):
        return self.app.builder.get_relative_uri(self.env.docname, target)

    def source(self, name, line=None):
        """The address of a source's page, or None if it has none."""
        if name not in self.app.book_names["sources"]:
            return None
        up = "../" * self.env.docname.count("/")
        return f"{up}source/{name}.html" + (f"#L{line}" if line else "")

    def leads_to(self, code):
        """Where a literal leads, or None."""
        call = re.fullmatch(r"([A-Za-z_]\w*)\([^)]*\)", code)
        if call:
            page = self.app.book_names["api"].get(call[1])
            if page:
                return f"{self.uri(page)}#c.{call[1]}"
            place = self.app.book_names["definitions"].get(call[1])
            return place and self.source(*place.split(":"))
        path = re.fullmatch(r"([\w./-]+\.\w+|Makefile)(?::(\d+))?", code)
        name = path and tree.find(path[1])
        page = "index" if name == "README.md" else (name or "").removesuffix(".md")
        if page != name and page in self.env.all_docs:
            return self.uri(page)
        return name and self.source(name, path[2])

    def run(self):
        for literal in list(self.document.findall(nodes.literal)):
            if isinstance(literal.parent, (nodes.reference, nodes.title, desc_signature)):
                continue
            uri = self.leads_to(literal.astext())
            if uri:
                link = nodes.reference("", "", refuri=uri, internal=True)
                literal.replace_self(link)
                link += literal
        for link in self.document.findall(nodes.reference):
            if link.get("refuri", "").startswith("source:"):
                link["refuri"] = self.source(link["refuri"].removeprefix("source:"))
                link["internal"] = True


class Blocks(SphinxPostTransform):
    """Drawings without gaps between lines, wide blocks that fit on a phone, tables without an empty head."""

    default_priority = 901

    def run(self):
        for comment in list(self.document.findall(nodes.raw)):
            if re.fullmatch(r"\s*<!--.*?-->\s*", comment.astext(), re.S):
                comment.parent.remove(comment)
        for block in list(self.document.findall(nodes.literal_block)):
            columns = max(map(len, block.astext().split("\n")))
            drawn = bool(BOXES.search(block.astext()))
            if drawn or columns > NARROW:
                around = nodes.container(classes=["drawn"] * drawn + [f"columns-{min(columns, 110)}"])
                block.replace_self(around)
                around += block
        for head in list(self.document.findall(nodes.thead)):
            if not head.astext().strip():
                head.parent.remove(head)


def sized(_app, _page, _template, context, _doctree):
    """columns-73 becomes a number that the style can compute with."""
    if "body" in context:
        context["body"] = re.sub(r'<div class="((?:drawn )?)columns-(\d+) docutils container">',
                                 r'<div class="sized \1" style="--columns: \2">', context["body"])


def setup(app):
    app.book_names = json.loads(Path(app.srcdir, "names.json").read_text())
    app.add_post_transform(Links)
    app.add_post_transform(Blocks)
    app.connect("html-page-context", sized)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
