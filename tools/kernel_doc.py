#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the kernel-doc comments of functions in headers: tools/kernel_doc.py [FILE]...

The form is that of Linux's Documentation/doc-guide/kernel-doc.rst. A comment that begins with /** must
be about the function that follows, and name each parameter. Outside of tests/, each prototype must have
a comment; prototypes without a blank line between them share one.
"""

import re
import sys

import text_files

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DIRECTIVE = re.compile(r"^#(?:[^\n]*\\\n)*[^\n]*", re.M)
FUNCTION = re.compile(r"^(?!typedef|struct \w+ \{|enum|return)[A-Za-z_][\w ]*[ *]+(\w+)"
                      r"\(((?:[^;{()]|\([^()]*\))*)\)[^;{]*([;{])", re.M)
DOC = re.compile(r"/\*\*\n \* (\w+)\(\) - .*\*/$", re.S)


def blank(match):
    """Blanks in the place of the match, so that all else keeps its line."""
    return re.sub(r"[^\n]", " ", match[0])


def parameters(text):
    """The names in a list of parameters."""
    for parameter in re.split(r",(?![^(]*\))", text):
        name = re.search(r"\(\*\s*(\w+)\)|(\w+)\s*(?:\[[^\]]*\])?\s*$", parameter)
        if name and parameter.strip() not in ("void", "..."):
            yield name[1] or name[2]


def complaints(path, text):
    """(line, what is wrong) of a header."""
    code = DIRECTIVE.sub(blank, COMMENT.sub(blank, text))
    for function in FUNCTION.finditer(code):
        name, before = function[1], text[:function.start()].rstrip()
        line = text.count("\n", 0, function.start()) + 1
        doc = DOC.match(before[max(before.rfind("/*"), 0):]) if before.endswith("*/") else None
        if not doc:
            apart = "\n\n" in text[len(before):function.start()]
            if function[3] == ";" and apart and path.parts[0] != "tests":
                yield line, f"{name}() has no comment"
            continue
        if doc[1] != name:
            yield line, f"{name}() follows the comment of {doc[1]}()"
        for parameter in parameters(function[2]):
            if not re.search(rf"@{parameter}\b", doc[0]):
                yield line, f"{name}(): the comment does not name @{parameter}"


if __name__ == "__main__":
    sys.exit(text_files.check("kernel-doc", complaints, ("*.h",)))
