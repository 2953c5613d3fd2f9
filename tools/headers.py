#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the kernel includes no header but its own and the compiler's freestanding ones.

	tools/headers.py BUILD COMPILER...

The compiler noted in the .d file beside each object which headers it read, with its own among them. A
header of the tree has a relative path, one of the compiler is in the compiler's directory and is named in
HEADERS; any other is one of a C library, which a machine that builds the kernel need not have.
"""

import os
import pathlib
import re
import subprocess
import sys

# Headers of every freestanding compiler (ISO C11, 4 paragraph 6), without <limits.h>, which needs the
# C library's: lib/limits.h has its place. stdint-gcc.h and __*.h are parts of others.
HEADERS = re.compile(r"(float|iso646|stdalign|stdarg|stdbool|stddef|stdint|stdnoreturn|stdint-gcc|__\w+)\.h")


def read(text):
    """(target, [prerequisites]) of a .d file's first rule; blanks in names are written as '\\ '."""
    rule = text.replace("\\\n", " ").split("\n", 1)[0]
    words = [word.replace("\\ ", " ") for word in re.findall(r"(?:\\ |\S)+", rule)]
    return words[0].rstrip(":"), words[1:]


def foreign(paths, own):
    """Those of `paths` that are neither in the tree nor in `own`, the directory of the compiler's headers."""
    for path in paths:
        real = pathlib.Path(os.path.realpath(path))
        if os.path.isabs(path) or path.startswith(".."):
            if real.parent != own or not HEADERS.fullmatch(real.name):
                yield path


def includer(header, paths):
    """The first of `paths`, files of the tree, that has a line that includes `header`."""
    for path in paths:
        names = re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)', pathlib.Path(path).read_text(), re.M)
        if any(header.endswith(f"/{name}") for name in names):
            return path
    return paths[0]


def check(build, own):
    """The number of objects, and for each file of the tree the foreign header that it includes."""
    objects, found = 0, {}
    for part in ("pae", "nopae", "image"):
        for path in sorted((build / part).rglob("*.d")):
            target, headers = read(path.read_text())
            if not pathlib.Path(target).exists():
                continue  # of a source that is no more
            objects += 1
            others = list(foreign(headers, own))
            if others:  # the first is what the tree includes; the rest are what that one includes
                found[includer(others[0], [path for path in headers if path not in others])] = others[0]
    return objects, found


def main():
    build, compiler = pathlib.Path(sys.argv[1]), sys.argv[2:]
    own = subprocess.run([*compiler, "-print-file-name=include"], check=True, capture_output=True,
                         text=True).stdout.strip()
    objects, found = check(build, pathlib.Path(os.path.realpath(own)))
    if not objects:
        sys.exit(f"headers: {build} has no objects: run make first")
    for path, header in found.items():
        print(f"headers: {path} includes {header}, expected a header of the tree or one that every freestanding "
              f"compiler has")
    print(f"headers: {len(found)} from outside of the tree and the compiler, in {objects} objects")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
