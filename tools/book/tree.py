# SPDX-License-Identifier: MIT
"""The files of the tree, the functions that they define, and which of them a text of the book means."""

import functools
import re
import subprocess
from pathlib import Path

# A definition begins in the first column, and its brace is alone in the first column of a later line.
DEFINITION = re.compile(r"^(?!#|typedef|return|static_assert)[A-Za-z_][^;{}()=]*?\b(\w+)\([^;{}]*\)\n\{", re.M)


def files(*globs):
    """The names of the files that match, sorted."""
    out = subprocess.run(["tools/files.sh", *globs], check=True, capture_output=True, text=True).stdout
    return out.splitlines()


@functools.cache
def _by_name():
    found = {}
    for name in files("*"):
        found.setdefault(name.rsplit("/", 1)[-1], []).append(name)
    return found


@functools.cache
def find(name):
    """The file that a text means by this name, which may be the end of a path; None if several or none fit."""
    name = name.removeprefix("./")
    fitting = [path for path in _by_name().get(name.rsplit("/", 1)[-1], []) if f"/{path}".endswith(f"/{name}")]
    if len(fitting) > 1:
        fitting = [path for path in fitting if path == name or not path.startswith(("tests/", "tools/"))]
    return name if name in fitting else fitting[0] if len(fitting) == 1 else None


@functools.cache
def definitions():
    """{function: "path:line"} of all functions of the kernel that are defined once."""
    found = {}
    for name in files("*.c"):
        if not name.startswith("tests/"):
            text = Path(name).read_text()
            for match in DEFINITION.finditer(text):
                found.setdefault(match[1], []).append(f"{name}:{text.count(chr(10), 0, match.start(1)) + 1}")
    return {function: places[0] for function, places in found.items() if len(places) == 1}
