#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that no line is wider than a screen: tools/width.py [FILE]...

A line of C, assembly or a page has at most 100 columns; of Python, make, sh and gdb 120, since their
commands are longer. A tab reaches to the next multiple of 8. A line with a web address may be wider, and
in a page also a row of a table and a sample.
"""

import re
import subprocess
import sys
from pathlib import Path

GLOBS = ("*.c", "*.h", "*.asm", "*.ld", "*.py", "*.sh", "*.gdb", "*.mk", "Makefile", "*.md")


def complaints(path, text):
    """(line, what is wrong) of a file."""
    limit = 100 if path.suffix in (".c", ".h", ".asm", ".ld", ".md") else 120
    may_be_wide = re.compile(r"https?://|^[|!]|^    |^<!-- sample" if path.suffix == ".md" else r"https?://")
    for number, line in enumerate(text.splitlines(), 1):
        width = len(line.expandtabs(8))
        if width > limit and not may_be_wide.search(line):
            yield number, f"{width} columns, expected at most {limit}"


if __name__ == "__main__":
    files = sys.argv[1:] or subprocess.run(["tools/files.sh", *GLOBS], check=True, capture_output=True,
                                           text=True).stdout.splitlines()
    found = [f"{name}:{line}: {what}" for name in files
             for line, what in complaints(Path(name), Path(name).read_text())]
    print(*found, f"width: {len(found)} lines are too wide, {len(files)} files", sep="\n")
    sys.exit(bool(found))
