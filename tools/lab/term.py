#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sizes of the kernel that differ from term to term of a course: lib/term.h.

	tools/lab/term.py 7 >term.mk      for the root of a tree
	tools/lab/term.py --flags 7       only the compiler's options

A number always gives the same sizes. Do not change the tables below: trees that were handed out depend on them.
"""

import argparse
import hashlib

# The values of each size, none of which is the usual one in both paging modes.
VALUES = {
    "TERM_MAX_ORDER": (8, 9, 11),
    "TERM_PKMAP_SLOTS": (128, 256, 512),
    "TERM_KMAP_LOCAL_DEPTH": (17, 18, 19, 20, 21, 22, 23, 24),
}


def constants(number):
    """The sizes of a term: their names in lib/term.h, and the values."""
    def pick(name):
        digest = hashlib.sha256(f"{name} {number}".encode()).digest()
        return VALUES[name][int.from_bytes(digest, "big") % len(VALUES[name])]
    return {name: pick(name) for name in VALUES}


def flags(number):
    """The compiler's options for a term."""
    return " ".join(f"-D{name}={value}" for name, value in constants(number).items())


def makefile(number):
    """The text of term.mk, which build.mk and tests/host/Makefile include."""
    return f"# The sizes of term {number}: tools/lab/term.py\nCFLAGS_TERM := {flags(number)}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flags", action="store_true", help="print only the compiler's options")
    parser.add_argument("number", type=int, help="the number of the term")
    args = parser.parse_args()
    print(flags(args.number) if args.flags else makefile(args.number), end="\n" if args.flags else "")


if __name__ == "__main__":
    main()
