#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that what docs/*.md, README.md and CONTRIBUTING.md name is in the tree.

Looked at are links, and between backticks: paths and names of files, `functions()`, tests
(`suite.test`), `crash names` and `make targets`; and in blocks the commands behind the kernel's
prompt. A page that names functions of another kernel lists them:

    <!-- not here: vm_map_ram devm_kmalloc -->

An abbreviation in the text must be in docs/glossary.md.

Two lists must be complete: each page of docs/ is in tools/book/order.toml, and each suite of tests/kernel/ is in
docs/testing.md, under the heading "The suites".
"""

import fnmatch
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import prose

FILE = re.compile(r"[\w.*-]*(?:/[\w.*-]+)*\.(?:c|h|asm|py|sh|md|toml|csv|cfg|svg|ld|gdb|txt|mk|mjs|js|json)")
# In capitals, and no abbreviations that need an explanation: names, and what C programmers know.
NAMES = set("AMD BSD DEC DIY ECMA GNU GRUB INT3 JOS LWN MIT NULL OK PC RAM README UTF VT100".split())
TEST = re.compile(r"([a-z]\w*)\.([a-z*][\w*]*)")


class Tree:
    """The names that a page may use."""

    def __init__(self, top=Path(".")):
        lines = subprocess.run([Path(__file__).with_name("files.sh"), "*"], cwd=top, check=True, capture_output=True,
                               text=True).stdout.splitlines()
        self.top, self.files = top, lines
        sources = [name for name in lines if re.search(r"\.(c|h|asm|sh|gdb|mk)$|Makefile$|tools/.*py$", name)]
        text = "\n".join((top / name).read_text() for name in sources)
        self.words = set(re.findall(r"[A-Za-z_][\w-]*", text))
        self.tests = [f"{suite}.{test}" for suite, test in
                      re.findall(r"\b(?:KTEST|TEST)\w*\((\w+), (\w+)", text)]
        self.crashes = set(re.findall(r"(?:\b\w*CRASH\w*\(|\{ *)\"([\w-]+)\"", text))
        self.glossary = set(re.findall(r"\w+", (top / "docs/glossary.md").read_text()))
        self.commands = set(re.findall(r"\bPROMPT_COMMAND\w*\(\s*\"([\w-]+)\"", text))
        rules = "".join((top / name).read_text() for name in ("Makefile", "user/build.mk"))
        self.targets = set(re.findall(r"^([\w-]+):", rules, re.M))

    def has_file(self, name):
        """Whether a path of the tree, or the end of one, matches."""
        name = name.removeprefix("../")
        return any(fnmatch.fnmatchcase(f"/{path}", f"*/{name}") for path in self.files) or name.startswith("build/")

    def complaint(self, code, foreign):
        """The fault of a text between backticks, or None."""
        words = code.split()
        for word in words:
            word = word.strip(",;:()")
            if FILE.fullmatch(word) and not word.startswith("/") and not self.has_file(word):
                return f"there is no file {word}"
        call = re.match(r"([A-Za-z_]\w*)\([^)]*\)", code)
        if call and call[1] not in self.words and call[1] not in foreign:
            return f"there is no function {call[1]}()"
        test = TEST.fullmatch(code)
        if test and not FILE.fullmatch(code) and test[2] != "ko" and not fnmatch.filter(self.tests, code):
            return f"there is no test {code}"
        if len(words) == 2 and words[0] == "crash" and re.fullmatch("[a-z0-9-]+", words[1]) \
                and words[1] not in self.crashes:
            return f"there is no `{code}`"
        if words[:1] == ["make"] and len(words) > 1 and re.fullmatch("[a-z-]+", words[1]) \
                and words[1] not in self.targets:
            return f"there is no target {words[1]}"
        return None


def anchors(text):
    """The places of a page that a link can name: its headings, as GitHub writes them."""
    return [re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ +(.+)$", text, re.M)]


def complaints(tree, path, text):
    """(line, what is wrong) of a page."""
    foreign = set(" ".join(re.findall(r"<!-- not here: ([^>]*) -->", text)).split())
    for name in sorted(foreign & tree.words):
        yield 1, f"{name} is `not here`, and is here"
    for match in re.finditer(r"(?m)^    highland> ([^\s;]+)", text):
        if match[1] not in tree.commands:
            yield text.count("\n", 0, match.start()) + 1, f"there is no command {match[1]}"
    words = prose.prose_of(path, text)
    for match in re.finditer(r"\b[A-Z][A-Z0-9]+(?=s?\b)(?![_(]|\.md)", words):
        if match[0] not in tree.glossary | NAMES:
            yield words.count("\n", 0, match.start()) + 1, f"{match[0]} is not in docs/glossary.md"
    outside = re.sub(r"(?m)^    .*$", "", text)
    for match in re.finditer(r"(?s)`([^`\n]*(?:\n[^`\n]+)?)`|\]\(([^)#\s]*)(#[^)\s]*)?\)", outside):
        line = outside.count("\n", 0, match.start()) + 1
        if match[1] is not None:
            wrong = tree.complaint(match[1], foreign)
        elif re.match("https?:", match[2]):
            wrong = None
        else:
            page = tree.top / path.parent / match[2] if match[2] else tree.top / path
            wrong = f"the link leads to {match[2]}, which is not there" if not page.exists() else \
                f"{match[2]} has no heading {match[3]}" if match[3] and \
                match[3][1:] not in anchors(page.read_text()) else None
        if wrong:
            yield line, wrong


def unlisted(order, names, text, suites):
    """The gaps of two lists, the order of the book and the table of suites in a page, and names that are gone."""
    patterns = [pattern for part in tomllib.loads(order)["part"] for pattern in part["pages"]]
    for name in names:
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            yield f"tools/book/order.toml: no part has {name}"
    section = re.search(r"(?ms)^### The suites$(.*?)(?=^#|\Z)", text)
    cells = re.findall(r"(?m)^\| (`[^|]*) \|", section[1] if section else "")
    listed = set(re.findall(r"`(\w+)`", " ".join(cells)))
    yield from (f"docs/testing.md: the table of suites lacks {name}" for name in sorted(suites - listed))
    yield from (f"docs/testing.md: there is no suite {name}" for name in sorted(listed - suites))


def pages(top=Path(".")):
    """The pages of the book, README.md and CONTRIBUTING.md among them."""
    return sorted([*(path.relative_to(top) for path in (top / "docs").glob("*.md")), Path("README.md"),
                   Path("CONTRIBUTING.md")])


def main():
    tree = Tree()
    found = [f"{path}:{line}: {what}" for path in pages() for line, what in complaints(tree, path, path.read_text())]
    suites = {suite for path in Path("tests/kernel").glob("*.c")
              for suite in re.findall(r"^KTEST\w*\((\w+),", path.read_text(), re.M)}
    found += unlisted(Path("tools/book/order.toml").read_text(),
                      [str(path) for path in pages() if path.name != "README.md"],
                      Path("docs/testing.md").read_text(), suites)
    print(*found, f"references: {len(found)} lead nowhere, in {len(pages())} pages", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
