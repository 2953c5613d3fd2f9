# SPDX-License-Identifier: MIT
"""Takes functions out of sources, and puts stubs in their place.

clang-format keeps one form for C: a definition begins at column 0, and its first "}" at column 0 ends it. So a
function is found by its name alone, and a change of any other line of the file moves nothing. In Python, a
function ends before the next line that is indented no deeper than its "def".
"""

import re
import textwrap

from table import LabError


def _text_of_panic(lab, stub):
    return f"lab {lab.name}, step {stub.step}: {stub.function}() in {stub.file} is yours to write"


def _as_comment(text):
    """A comment of C from plain text."""
    if text.lstrip().startswith("/*"):
        return text.strip("\n").split("\n")
    lines = textwrap.wrap(" ".join(text.split()), 96)
    return [f"/* {lines[0]} */"] if len(lines) == 1 else ["/*", *(f" * {line}" for line in lines), " */"]


def _as_docstring(text, indent):
    """A docstring of Python from plain text."""
    lines = textwrap.wrap(" ".join(text.split()).strip('"'), 116 - len(indent) - 6)
    return [indent + '"""' + f"\n{indent}".join(lines) + '"""']


# --- C -----------------------------------------------------------------------------------------------------


def _c_definitions(lines, function):
    """(first line, line of the "{", line of the "}") of each definition of a function."""
    head = re.compile(rf"^[A-Za-z_].*\b{re.escape(function)}\(")
    for first, line in enumerate(lines):
        if not head.match(line) or line.startswith("#"):
            continue
        opening = first
        while opening < len(lines) and lines[opening] != "{" and not lines[opening].rstrip().endswith(";"):
            opening += 1
        if opening < len(lines) and lines[opening] == "{" and "}" in lines[opening:]:
            yield first, opening, lines.index("}", opening)


def _c_comment(lines, first):
    """The line where the comment in front of a function begins; `first` if there is none."""
    if first == 0 or not lines[first - 1].rstrip().endswith("*/"):
        return first
    at = first - 1
    while at > 0 and not lines[at].lstrip().startswith("/*"):
        at -= 1
    return at


def _c_stub(lab, stub, lines, place):
    first, opening, end = place
    if stub.body is not None:
        body = stub.body.strip("\n").split("\n")
    else:
        body = [f'\tpanic("{_text_of_panic(lab, stub)}");']
    start = _c_comment(lines, first)
    before = lines[start:first] if stub.comment is None else _as_comment(stub.comment)
    return lines[:start] + before + lines[first:opening + 1] + body + lines[end:]


def _with_panic(text):
    """The file with the header that declares panic()."""
    if "#include <kernel/panic.h>" in text or "panic(" not in text:
        return text
    return re.sub(r"^#include ", "#include <kernel/panic.h>\n#include ", text, count=1, flags=re.M)


# --- Python ------------------------------------------------------------------------------------------------


def _python_definitions(lines, function):
    """(line of "def", first line of the body, line behind the body) of each definition."""
    for first, line in enumerate(lines):
        head = re.match(rf"( *)def {re.escape(function)}\(", line)
        if not head:
            continue
        opening = first
        while not lines[opening].rstrip().endswith(":"):
            opening += 1
        end = body = opening + 1
        for at in range(body, len(lines)):
            if lines[at].strip():
                if len(lines[at]) - len(lines[at].lstrip()) <= len(head[1]):
                    break
                end = at + 1
        yield first, body, end


def _docstring_end(lines, body):
    """The line behind the docstring that begins the body; `body` if there is none."""
    quotes = lines[body].strip()[:3]
    if quotes != '"""':
        return body
    at = body
    while not lines[at].rstrip().endswith('"""') or (at == body and lines[at].strip() == '"""'):
        at += 1
    return at + 1


def _python_stub(lab, stub, lines, place):
    first, body, end = place
    indent = " " * (len(lines[first]) - len(lines[first].lstrip()) + 4)
    start = _docstring_end(lines, body)
    if stub.comment is not None:
        docstring = _as_docstring(stub.comment, indent)
        lines = lines[:body] + docstring + lines[start:]
        start, end = body + len(docstring), end + body + len(docstring) - start
    if stub.body is not None:
        new = stub.body.strip("\n").split("\n")
    else:
        new = [f'{indent}raise NotImplementedError("{_text_of_panic(lab, stub)}")']
    return lines[:start] + new + lines[end:]


# --- both --------------------------------------------------------------------------------------------------


def definitions(text, path, function):
    """The places where a file defines a function."""
    find = _python_definitions if path.endswith(".py") else _c_definitions
    return list(find(text.split("\n"), function))


def apply(lab, stub, text):
    """The text of a file with the stub in place of the function."""
    found = definitions(text, stub.file, stub.function)
    if len(found) != 1:
        raise LabError(f"labs/{lab.name}/lab.toml: {stub.file} defines {stub.function}() "
                       f"{len(found)} times, expected once")
    put = _python_stub if stub.file.endswith(".py") else _c_stub
    text = "\n".join(put(lab, stub, text.split("\n"), found[0]))
    return text if stub.file.endswith(".py") or stub.body is not None else _with_panic(text)
