#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the kernel-doc comments of functions in headers: tools/kernel_doc.py [FILE]...

The form is that of Linux's Documentation/doc-guide/kernel-doc.rst. A comment that begins with /** must
be about the function that follows, and name each parameter. It has a line "Context:" (may the function
sleep, be called in interrupts, with which locks), and "Return:" if there is a result. Outside of tests/
and user/ each function must have a comment. One comment may describe several functions: "f(), g() - what
they do". Programs for the host (tests/host/) and for ring 3 (user/, tests/user/) have no contexts.
"""

import re
import sys

import text_files

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DIRECTIVE = re.compile(r"^#(?:[^\n]*\\\n)*[^\n]*", re.M)
FUNCTION = re.compile(r"^(?!typedef|struct \w+ \{|enum(?: \w+)? \{|return)([A-Za-z_][\w ]*[ *]+)(\w+)"
                      r"\(((?:[^;{()]|\([^()]*\))*)\)[^;{]*[;{]", re.M)
DOC = re.compile(r"/\*\*\n \* (\w+\(\)(?:,\s(?:\* )?\w+\(\))*) - (?:(?!\*/).)*\*/\n", re.S)


def blank(match):
    """Blanks in the place of the match, so that all else keeps its line."""
    return re.sub(r"[^\n]", " ", match[0])


def parameters(text):
    """The names in a list of parameters."""
    for parameter in re.split(r",(?![^(]*\))", text):
        name = re.search(r"\(\*\s*(\w+)\)|(\w+)\s*(?:\[[^\]]*\])?\s*$", parameter)
        if name and parameter.strip() not in ("void", "..."):
            yield name[1] or name[2]


def functions(text):
    """(type, name, list of parameters, where it begins) of each function of a header."""
    code = DIRECTIVE.sub(blank, COMMENT.sub(blank, text))
    return ((*found.groups(), found.start()) for found in FUNCTION.finditer(code))


def complaints(path, text):
    """(line, what is wrong) of a header."""
    docs = list(DOC.finditer(text))
    by_name = {name: doc[0] for doc in docs for name in re.findall(r"(\w+)\(\)", doc[1])}
    for kind, name, list_, start in functions(text):
        line = text.count("\n", 0, start) + 1
        above = next((doc[1] for doc in docs if doc.end() == start), f"{name}()")
        if f"{name}()" not in above.replace(",", "").split():
            yield line, f"{name}() follows the comment of {above}"
        elif name not in by_name:
            if path.parts[0] not in ("tests", "user"):
                yield line, f"{name}() has no comment"
            continue
        doc = by_name.get(name, "")
        for parameter in parameters(list_):
            if not re.search(rf"@{parameter}\b", doc):
                yield line, f"{name}(): the comment does not name @{parameter}"
        in_kernel = path.parts[0] != "user" and path.parts[:2] not in (("tests", "host"), ("tests", "user"))
        needed = {"Context": in_kernel, "Return": not re.search(r"\bvoid $", kind)}
        for part in needed:
            if needed[part] and not re.search(rf"^ \* {part}: ", doc, re.M):
                yield line, f"{name}(): the comment has no \"{part}:\""


if __name__ == "__main__":
    sys.exit(text_files.check("kernel-doc", complaints, ("*.h",)))
