#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that no line is wider than a screen: tools/width.py [FILE]...

A line of C, assembly or a page has at most 100 columns; of Python, make, sh and gdb 120, since their
commands are longer. A tab reaches to the next multiple of 8. A line with a web address may be wider, and
in a page also a row of a table and a sample. clang-format wraps a banner that is too wide, and so breaks it.
"""

import re
import sys

import text_files


def complaints(path, text):
    """(line, what is wrong) of a file."""
    limit = 100 if path.suffix in (".c", ".h", ".asm", ".ld", ".js", ".mjs", ".md") else 120
    may_be_wide = re.compile(r"https?://|^[|!]|^    |^<!-- sample" if path.suffix == ".md" else r"https?://")
    for number, line in enumerate(text.splitlines(), 1):
        width = len(line.expandtabs(8))
        if width > limit and not may_be_wide.search(line):
            yield number, f"{width} columns, expected at most {limit}"
        if re.match(r" \* -{5}", line):
            yield number, "a banner in two lines, expected one line of 100 columns"


if __name__ == "__main__":
    sys.exit(text_files.check("width", complaints))
