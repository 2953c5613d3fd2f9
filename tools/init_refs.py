#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that nothing that stays refers to what is freed after boot.

Code and data of the sections .init.* are given away by free_initmem(). A reference to them from any
other section would be a call of free memory some time later, so there must be none, but from the
sections that are read at boot only, or that are there to describe. References are the relocations of
the objects; run it after a build.
"""

import pathlib
import re
import subprocess
import sys

# Boot parameters are parsed at boot; a table of parameters outlives its functions, but not their use.
MAY_REFER = re.compile(r"\.init\.|\.debug|\.entry$|boot_params$|\.eh_frame|\.note|\.comment")
# Names for linker.ld's borders of the sections, which are addresses and no contents.
BORDERS = re.compile(r"(init_(text|data|bss)|kernel|bss)_(start|end)$")


def readelf(*args):
    return subprocess.run(["readelf", "-W", *args], check=True, capture_output=True,
                          text=True).stdout


def sections(obj):
    """Number to name."""
    found = re.findall(r"^\s*\[\s*(\d+)\]\s+(\S+)", readelf("-S", obj), re.M)
    return dict(found)


def symbols(obj):
    """(name, section) of what an object defines."""
    names = sections(obj)
    for line in readelf("-s", obj).splitlines():
        parts = line.split()
        if len(parts) == 8 and parts[6] in names:
            yield parts[7], names[parts[6]]


def references(obj):
    """(from section, symbol) of every relocation."""
    section = None
    for line in readelf("-r", obj).splitlines():
        header = re.match(r"Relocation section '\.rela?([^']+)'", line)
        if header:
            section = header[1]
        parts = line.split()
        if len(parts) >= 5 and parts[2].startswith("R_386"):
            yield section, parts[4]


def check(mode):
    objects = sorted(str(p) for p in pathlib.Path("build", mode).rglob("*.o"))
    if not objects:
        sys.exit(f"init_refs: build/{mode} has no objects: run make first")
    of_init = {name for obj in objects for name, section in symbols(obj)
               if section.startswith(".init.")}
    bad = 0
    for obj in objects:
        local = dict(symbols(obj))
        for section, name in references(obj):
            home = local.get(name, "")
            is_init = name.startswith(".init.") or home.startswith(".init.") or \
                (not home and name in of_init)
            if not is_init or MAY_REFER.search(section) or BORDERS.search(name):
                continue
            print(f"{obj}: {section} refers to {name}, which is freed after boot")
            bad += 1
    return bad


def main():
    bad = sum(check(mode) for mode in ("pae", "nopae"))
    print(f"init: {bad} references to what is freed after boot")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
